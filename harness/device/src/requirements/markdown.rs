//! the nodes and the requirements, as a page of Markdown.

use std::fmt::Write;

use super::{DECISIONS, Evidence, REQUIREMENTS, Requirement};
use crate::csp::{Node, PROVIDERS};

/// The page `HOTSPOT.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# HotSpot: nodes and requirements\n\n\
         Generated from the tables in `src/csp` and `src/requirements`; a test compares it with them.\n\n\
         ## Nodes\n",
    );
    for provider in PROVIDERS {
        let part = if provider.is_complete() {
            "All nodes."
        } else {
            "The nodes of its public page; others are kept unchecked, with a warning."
        };
        let capability = provider.capability().name();
        let name = provider.name();
        push(
            &mut page,
            format_args!("\n### {name}\n\n{part} Access needs `{capability}`.\n\n"),
        );
        page.push_str("| node | presence | value | default | needs | takes effect |\n");
        page.push_str("|---|---|---|---|---|---|\n");
        for node in provider.nodes() {
            node_row(&mut page, node);
        }
        page.push('\n');
        for node in provider.nodes() {
            // Summaries are no quotations.
            let (begin, end) = match provider.is_complete() {
                true => ("“", "”"),
                false => ("", ""),
            };
            let sentence = cell(node.sentence);
            push(
                &mut page,
                format_args!("- **{}**: {begin}{sentence}{end}\n", node.name),
            );
        }
    }
    page.push_str(
        "\n## Requirements\n\n\
         Tests are named by their path in `ics_device`, those of the harness with their crate, its rules by their id.\n",
    );
    let mut topic = "";
    for requirement in REQUIREMENTS {
        if requirement.topic != topic {
            topic = requirement.topic;
            push(
                &mut page,
                format_args!(
                    "\n### {topic}: requirements\n\n| requirement | evidence |\n|---|---|\n"
                ),
            );
        }
        requirement_row(&mut page, requirement);
    }
    page.push_str("\n## Decisions where no public source says more\n\n");
    page.push_str("| decision | evidence |\n|---|---|\n");
    for decision in DECISIONS {
        requirement_row(&mut page, decision);
    }
    page
}

fn requirement_row(page: &mut String, requirement: &Requirement) {
    let list = |names: &[&str], before: &str| {
        let names = names.iter().map(|name| format!("{before}`{name}`"));
        names.collect::<Vec<_>>().join("<br>")
    };
    let evidence = match requirement.evidence {
        Evidence::Tests(tests) => list(tests, ""),
        Evidence::Rules(rules) => list(rules, "rule "),
        Evidence::Nothing(why) => format!("none needed: {why}"),
    };
    push(
        page,
        format_args!("| {} | {evidence} |\n", cell(requirement.text)),
    );
}

fn node_row(page: &mut String, node: &Node) {
    push(
        page,
        format_args!(
            "| {} | {} | {} | {} | {} | {} |\n",
            node.name,
            node.presence.describe(),
            cell(&node.value_type.describe()),
            node.default.unwrap_or("none"),
            node.depends.unwrap_or(""),
            node.effective.describe(),
        ),
    );
}

/// Text that a table or a list can hold.
fn cell(text: &str) -> String {
    text.replace('<', "&lt;").replace('|', "\\|")
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a String takes every text");
}

//! The reader's table: every node and every sentence, as a page of Markdown.

use std::fmt::Write;

use super::{DECISIONS, SENTENCES, Sentence, Shown};
use crate::csp::{Node, PROVIDERS};

/// The page `HOTSPOT.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# HotSpot, node by node and sentence by sentence\n\n\
         Made from the tables in `src/csp` and `src/sentences`; a test compares it.\n\n\
         ## Nodes\n",
    );
    for provider in PROVIDERS {
        let part = if provider.is_complete() {
            "All nodes."
        } else {
            "The nodes that HotSpot needs; others are kept unchecked, with a warning."
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
            row(&mut page, node);
        }
        page.push('\n');
        for node in provider.nodes() {
            push(
                &mut page,
                format_args!("- **{}**: “{}”\n", node.name, cell(node.sentence)),
            );
        }
    }
    page.push_str(
        "\n## Sentences\n\n\
         Tests are named by their path in `ics_device`, those of the harness with their crate, its rules by their id.\n",
    );
    let mut topic = "";
    for sentence in SENTENCES {
        if sentence.topic != topic {
            topic = sentence.topic;
            push(
                &mut page,
                format_args!("\n### {topic}: what is said\n\n| sentence | shown by |\n|---|---|\n"),
            );
        }
        said(&mut page, sentence);
    }
    page.push_str("\n## What no public source says and is decided here\n\n");
    page.push_str("| decision | shown by |\n|---|---|\n");
    for decision in DECISIONS {
        said(&mut page, decision);
    }
    page
}

fn said(page: &mut String, sentence: &Sentence) {
    let list = |names: &[&str], before: &str| {
        let names = names.iter().map(|name| format!("{before}`{name}`"));
        names.collect::<Vec<_>>().join("<br>")
    };
    let shown = match sentence.shown {
        Shown::Tests(tests) => list(tests, ""),
        Shown::Rules(rules) => list(rules, "rule "),
        Shown::Nothing(why) => format!("nothing to show: {why}"),
    };
    push(
        page,
        format_args!("| {} | {shown} |\n", cell(sentence.text)),
    );
}

fn row(page: &mut String, node: &Node) {
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

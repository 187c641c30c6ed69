//! `rules`: the contract, as a list, as a page, or for machines.

use clap::Args;
use serde::Serialize;

use super::{ExitStatus, Failure, print, print_json};
use crate::rules::{self, Level, Rule};
use crate::terminal::style::{HEADING, ITEM};

const EXAMPLES: &str = "\
Examples:
  ics-harness rules
  ics-harness rules --json
  ics-harness rules --markdown > CONTRACT.md";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RulesArgs {
    /// For machines.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// As CONTRACT.md has it.
    #[arg(long)]
    markdown: bool,
}

/// A rule as machines read it.
#[derive(Serialize)]
struct Line {
    id: &'static str,
    level: Level,
    title: &'static str,
    clause: &'static str,
    expected: &'static str,
    help: &'static str,
}

pub(super) fn run(args: &RulesArgs) -> Result<ExitStatus, Failure> {
    let all: Vec<&'static Rule> = rules::all().collect();
    if args.markdown {
        print(&rules::contract())?;
    } else if args.json {
        let lines: Vec<Line> = all
            .iter()
            .map(|rule| Line {
                id: rule.id,
                level: rule.level,
                title: rule.title,
                clause: rule.clause,
                expected: rule.expected,
                help: rule.help,
            })
            .collect();
        print_json(&lines)?;
    } else {
        list(&all)?;
    }
    Ok(ExitStatus::Success)
}

/// Lists rules, a line each, under their groups.
pub(super) fn list(rules: &[&'static Rule]) -> Result<(), Failure> {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut group = "";
    for rule in rules {
        if rule.group() != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            group = rule.group();
            text.push_str(&format!("{gap}{HEADING}{group}{HEADING:#}\n"));
        }
        text.push_str(&format!(
            "  {ITEM}{:<width$}{ITEM:#}  {:<6}  {}\n",
            rule.id,
            rule.level.word(),
            rule.title
        ));
    }
    text.push_str(&format!(
        "\n{} rules. `ics-harness explain RULE` tells the whole story of one.\n",
        rules.len()
    ));
    print(&text)
}

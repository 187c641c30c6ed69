//! `rules`: the contract as a list, as Markdown, or as JSON.

use clap::Args;
use serde::Serialize;

use super::{ExitStatus, Failure, print, print_json};
use crate::rules::{self, Level, Rule};
use crate::terminal::style::{HEADING, ITEM};

const EXAMPLES: &str = "\
Examples:
  ics-harness rules
  ics-harness rules --json
  ics-harness rules --markdown > CONTRACT.md

Levels: `must` (the specification says so, or the device would be harmed), `should` (good
practice; counts with `check --strict`), `may` (advice; never counts).
Exit codes: 0 listed; 2 usage; 3 harness error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RulesArgs {
    /// Print one JSON document instead of a list.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown instead of a list: the text of CONTRACT.md.
    #[arg(long)]
    markdown: bool,
}

/// A rule in JSON.
#[derive(Serialize)]
struct RuleEntry {
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
        let entries: Vec<RuleEntry> = all
            .iter()
            .map(|rule| RuleEntry {
                id: rule.id,
                level: rule.level,
                title: rule.title,
                clause: rule.clause,
                expected: rule.expected,
                help: rule.help,
            })
            .collect();
        print_json(&entries)?;
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
            rule.level.name(),
            rule.title
        ));
    }
    text.push_str(&format!(
        "\n{} rules. `ics-harness explain RULE` explains one in detail.\n",
        rules.len()
    ));
    print(&text)
}

//! `rules`: the contract, as a list, as a page, or for machines.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::Serialize;

use super::{Ending, Failure, print};
use crate::rules::{self, Level, Rule};

const GROUP: Style = AnsiColor::Green.on_default().bold();
const ID: Style = AnsiColor::Cyan.on_default();

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

pub(super) fn run(args: &RulesArgs) -> Result<Ending, Failure> {
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
        let text = serde_json::to_string_pretty(&lines).map_err(Failure::harness)?;
        print(&format!("{text}\n"))?;
    } else {
        list(&all)?;
    }
    Ok(Ending::Well)
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
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{gap}{GROUP}{group}{GROUP:#}");
        }
        let _ = writeln!(
            text,
            "  {ID}{:<width$}{ID:#}  {:<6}  {}",
            rule.id,
            rule.level.word(),
            rule.title
        );
    }
    let _ = writeln!(
        text,
        "\n{} rules. `ics-harness explain RULE` tells the whole story of one.",
        rules.len()
    );
    print(&text)
}

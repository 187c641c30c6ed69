//! `provision nodes`: the nodes that documents can set.

use clap::Args;
use ics_device::csp::{Layout, Node, PROVIDERS, Provider};
use serde::Serialize;

use super::super::{print, print_json};
use super::{ExitStatus, Failure};
use crate::terminal::style::{DIM, NAME};

const EXAMPLES: &str = "\
Examples:
  ics-harness provision nodes
  ics-harness provision nodes --json
  ics-harness provision nodes --markdown > nodes.md

Exit codes: 0 listed; 2 usage; 3 the harness could not do its work.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NodesArgs {
    /// Print one JSON document.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print a Markdown table.
    #[arg(long)]
    markdown: bool,
}

/// A node as machines read it.
#[derive(Serialize)]
struct Line {
    path: String,
    presence: String,
    value: String,
    default: Option<&'static str>,
    depends: Option<&'static str>,
    takes_effect: &'static str,
    sentence: &'static str,
}

pub(super) fn run(args: &NodesArgs) -> Result<ExitStatus, Failure> {
    let lines: Vec<Line> = PROVIDERS
        .iter()
        .flat_map(|provider| provider.nodes().iter().map(|node| line(*provider, node)))
        .collect();
    if args.json {
        print_json(&lines)?;
    } else if args.markdown {
        print(&markdown(&lines))?;
    } else {
        print(&list(&lines))?;
    }
    Ok(ExitStatus::Success)
}

fn line(provider: &dyn Provider, node: &Node) -> Line {
    let entry = match provider.layout() {
        Layout::Flat => "",
        Layout::Entries => "NAME/",
    };
    Line {
        path: format!("{}/{entry}{}", provider.name(), node.name),
        presence: node.presence.describe(),
        value: node.value_type.describe(),
        default: node.default,
        depends: node.depends,
        takes_effect: node.effective.describe(),
        sentence: node.sentence,
    }
}

fn list(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&format!("{NAME}{}{NAME:#}\n", line.path));
        text.push_str(&format!("  {}\n", line.sentence));
        text.push_str(&format!("  {DIM}{}; {}", line.presence, line.value));
        if let Some(default) = line.default {
            text.push_str(&format!("; default {default}"));
        }
        if let Some(depends) = line.depends {
            text.push_str(&format!("; needs {depends}"));
        }
        text.push_str(&format!("; takes effect {}{DIM:#}\n\n", line.takes_effect));
    }
    text
}

fn markdown(lines: &[Line]) -> String {
    let mut text = String::from(
        "| node | | value | default | needs | takes effect | the specification's sentence |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for line in lines {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            line.path,
            line.presence,
            line.value.replace('|', "\\|"),
            line.default.unwrap_or(""),
            line.depends.unwrap_or(""),
            line.takes_effect,
            line.sentence
        ));
    }
    text
}

//! `provision show`: a document as a tree.

use std::path::PathBuf;

use clap::Args;
use ics_device::csp::{self, Access, Group, Node, PROVIDERS, Presence, Provider, Settings};
use ics_device::document::Role;
use ics_device::printable::Printable;
use ics_device::state::State;

use super::super::document::{Input, encoding_name};
use super::waiting;
use super::{ExitStatus, Failure};
use crate::terminal::eprint;
use crate::terminal::style::{DIM, NAME, STRONG};

const EXAMPLES: &str = "\
Examples:
  ics-harness provision show hotspot.xml
  ics-harness provision show fewer-users.xml --state my-device    what this device would have

Exit codes: 0 it is shown; 1 the document was refused; 2 usage, or no such device;
3 the harness could not do its work.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShowArgs {
    /// A document: XML, WBXML or a push message; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show the result for this device instead of a new one.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
}

pub(super) fn run(args: &ShowArgs) -> Result<ExitStatus, Failure> {
    let device = match &args.state {
        Some(folder) => super::peek(folder)?,
        None => State::default(),
    };
    let before = device.settings;
    let mut input = Input::read(&args.file)?;
    let mut reading = input.open(Role::Request);
    let mut after = None;
    if let Some(document) = &reading.document {
        let access = Access::foundation();
        after = csp::apply(&before, document, &access, &mut reading.faults).settings;
    }
    eprint(&input.render(&reading.faults));
    eprint(&waiting::describe(&device.pending, &before));
    let Some(after) = after else {
        eprint("nothing is shown of a document that is refused\n");
        return Ok(ExitStatus::Failed);
    };
    let mut text = format!(
        "{} ({})\n",
        Printable(&input.name),
        encoding_name(reading.encoding)
    );
    for provider in PROVIDERS {
        // Every device has the nodes of HotSpot; entries are there once made.
        if after.group(provider.name()).is_some() || provider.layout() == csp::Layout::Flat {
            tree(&mut text, *provider, &before, &after);
        }
    }
    super::super::print(&text)?;
    Ok(ExitStatus::Success)
}

fn tree(text: &mut String, provider: &dyn Provider, before: &Settings, after: &Settings) {
    let name = provider.name();
    text.push_str(&format!("{NAME}{name}{NAME:#}\n"));
    let empty = Group::default();
    let had = before.group(name).unwrap_or(&empty);
    let has = after.group(name).unwrap_or(&empty);
    if provider.layout() == csp::Layout::Flat {
        nodes(text, "", provider.nodes(), had, has);
        return;
    }
    let count = has.groups.len();
    for (index, (entry, group)) in has.groups.iter().enumerate() {
        let (branch, indent) = if index + 1 == count {
            ("└─", "   ")
        } else {
            ("├─", "│  ")
        };
        text.push_str(&format!("{branch} {NAME}{}{NAME:#}\n", Printable(entry)));
        let had = had.groups.get(entry).unwrap_or(&empty);
        nodes(text, indent, provider.nodes(), had, group);
    }
}

/// The known nodes in the order of the table, then what else there is.
fn nodes(text: &mut String, indent: &str, known: &[Node], had: &Group, has: &Group) {
    let shown: Vec<&Node> = known
        .iter()
        .filter(|node| node.presence != Presence::Obsolete)
        .collect();
    let others: Vec<(&String, &String)> = has
        .parms
        .iter()
        .filter(|(name, _)| known.iter().all(|node| node.name != name.as_str()))
        .collect();
    let width = shown.iter().map(|node| node.name.len()).max().unwrap_or(0);
    let total = shown.len() + others.len();
    let branch = |index| {
        if index + 1 == total {
            "└─"
        } else {
            "├─"
        }
    };
    for (index, node) in shown.iter().enumerate() {
        let value = has.parms.get(node.name);
        text.push_str(&format!("{indent}{} {:width$}  ", branch(index), node.name));
        let said = node.display_or_default(value.map(String::as_str));
        let style = if value.is_some() { STRONG } else { DIM };
        text.push_str(&format!("{style}{said}{style:#}"));
        let takes = node.effective.describe();
        match (had.parms.get(node.name), value) {
            (old, new) if old == new => {}
            (None, _) => text.push_str(&format!("  {DIM}{takes}{DIM:#}")),
            (Some(old), _) => {
                text.push_str(&format!("  {DIM}was {}; {takes}{DIM:#}", node.display(old)))
            }
        }
        text.push('\n');
    }
    for (index, (name, value)) in others.iter().enumerate() {
        text.push_str(&format!(
            "{indent}{} {:width$}  {STRONG}{}{STRONG:#}  {DIM}not known here{DIM:#}\n",
            branch(shown.len() + index),
            Printable(name).to_string(),
            Printable(value)
        ));
    }
}

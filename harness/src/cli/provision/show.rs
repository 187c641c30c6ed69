//! `provision show`: a document as a tree.

use std::path::PathBuf;

use clap::Args;
use ics_device::csp::{
    self, Access, Group, Node, PROVIDERS, Presence, Provider, Settings, other_provider,
    provider_named,
};
use ics_device::document::names::count;
use ics_device::document::{Diagnostics, Document, Element, Reading, Role};
use ics_device::printable::Printable;
use ics_device::state::State;

use super::super::document::Input;
use super::waiting;
use super::{ExitStatus, Failure, ProvidersArgs, forms};
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
    /// A document: XML, WBXML, a push message or an OEM's form; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The section of an OEM's form, by its name; without it the one for all devices, else the only variant.
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Show the result for this device instead of a new one.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    #[command(flatten)]
    providers: ProvidersArgs,
}

pub(super) fn run(args: &ShowArgs) -> Result<ExitStatus, Failure> {
    let device = match &args.state {
        Some(folder) => super::peek(folder)?,
        None => State::default(),
    };
    let before = device.settings.clone();
    let mut input = Input::read(&args.file)?;
    let mut reading = forms::open(&mut input, Role::Request, args.variant.as_deref())?;
    if let Some(document) = &reading.document {
        args.providers.check(document, &mut reading.faults);
    }
    let outcome = reading.apply(&mut device.clone());
    let after = outcome.and_then(|outcome| outcome.settings);
    eprint(&reading.describe_others(&input));
    eprint(&input.render(&reading.faults));
    eprint(&waiting::describe(&device.pending, &before));
    let Some(after) = after else {
        eprint("nothing is shown of a document that is refused\n");
        return Ok(ExitStatus::Failed);
    };
    let mut text = format!("{} ({})\n", Printable(&input.name), reading.from);
    trees(&mut text, reading.document.as_ref(), &before, &after);
    super::super::print(&text)?;
    Ok(ExitStatus::Success)
}

/// What a new device would have after a document, unless it refuses it, and all faults.
pub(super) fn tree_of(reading: &Reading) -> (Option<String>, Diagnostics) {
    let mut faults = reading.faults.clone();
    let mut device = State::default();
    let before = device.settings.clone();
    let document = reading.document.as_ref();
    let outcome = document.map(|one| device.apply(one, &Access::full(), &mut faults));
    let after = outcome.and_then(|outcome| outcome.settings);
    let text = after.map(|after| {
        let mut text = String::new();
        trees(&mut text, document, &before, &after);
        text
    });
    (text, faults)
}

/// What a device has of each provider, and what the document has for others.
fn trees(text: &mut String, document: Option<&Document>, before: &Settings, after: &Settings) {
    for provider in PROVIDERS {
        // Every device has the nodes of HotSpot; entries are there once made.
        if after.group(provider.name()).is_some() || provider.layout() == csp::Layout::Flat {
            tree(text, *provider, before, after);
        }
    }
    for element in document.iter().flat_map(|one| &one.children) {
        others(text, element);
    }
}

/// What is for another provider: its name, and how much it is.
fn others(text: &mut String, element: &Element) {
    let name = element.name.value.as_str();
    if provider_named(name).is_some() {
        return;
    }
    let purpose = match other_provider(name) {
        Some(other) => other
            .purpose
            .map_or(String::new(), |purpose| format!("{purpose}; ")),
        None => "no known provider; ".to_owned(),
    };
    text.push_str(&format!(
        "{NAME}{}{NAME:#}\n└─ {DIM}{purpose}{}, kept unread{DIM:#}\n",
        Printable(name),
        count(within(element), "element")
    ));
}

/// How many elements stand in this one.
fn within(element: &Element) -> usize {
    element.children.iter().map(|one| 1 + within(one)).sum()
}

fn tree(text: &mut String, provider: &dyn Provider, before: &Settings, after: &Settings) {
    let name = provider.name();
    text.push_str(&format!("{NAME}{name}{NAME:#}\n"));
    let empty = Group::default();
    let had = before.group(name).unwrap_or(&empty);
    let has = after.group(name).unwrap_or(&empty);
    if provider.layout() == csp::Layout::Flat {
        nodes(text, "", provider, had, has);
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
        nodes(text, indent, provider, had, group);
    }
}

/// The known nodes in the order of the table, then what else there is.
fn nodes(text: &mut String, indent: &str, provider: &dyn Provider, had: &Group, has: &Group) {
    let mut rows: Vec<(&str, Option<&Node>)> = Vec::new();
    for node in provider.nodes() {
        // One with a part that varies stands for those that are set.
        let set = has.parms.keys();
        let of_node = |name: &&String| provider.node(name).is_some_and(|one| one.name == node.name);
        let set: Vec<_> = set.filter(of_node).collect();
        match node.presence {
            Presence::Obsolete => {}
            _ if provider.named(node.name).is_none() => {
                rows.extend(set.iter().map(|name| (name.as_str(), Some(node))));
            }
            _ => rows.push((node.name, Some(node))),
        }
    }
    let unknown = has
        .parms
        .keys()
        .filter(|name| provider.node(name).is_none());
    rows.extend(unknown.map(|name| (name.as_str(), None)));
    let known = rows.iter().filter(|(_, node)| node.is_some());
    let width = known.map(|(name, _)| name.len()).max().unwrap_or(0);
    for (index, (name, node)) in rows.iter().enumerate() {
        let branch = match index + 1 == rows.len() {
            true => "└─",
            false => "├─",
        };
        let value = has.parms.get(*name).map(String::as_str);
        let Some(node) = node else {
            text.push_str(&format!(
                "{indent}{branch} {:width$}  {STRONG}{}{STRONG:#}  {DIM}not known here{DIM:#}\n",
                Printable(name).to_string(),
                Printable(value.unwrap_or_default())
            ));
            continue;
        };
        text.push_str(&format!("{indent}{branch} {name:width$}  "));
        let said = node.display_or_default(value);
        let said = Printable(&said);
        let style = if value.is_some() { STRONG } else { DIM };
        text.push_str(&format!("{style}{said}{style:#}"));
        let takes = node.effective.describe();
        match (had.parms.get(*name).map(String::as_str), value) {
            (old, new) if old == new => {}
            (None, _) => text.push_str(&format!("  {DIM}{takes}{DIM:#}")),
            (Some(old), _) => {
                let old = node.display(old);
                text.push_str(&format!("  {DIM}was {}; {takes}{DIM:#}", Printable(old)))
            }
        }
        text.push('\n');
    }
}

//! `provision query`: queries to a device.

use std::path::PathBuf;

use clap::Args;
use ics_device::csp::{self, Access, Layout, PROVIDERS, provider_named};
use ics_device::document::{Diagnostics, Document, Element, ElementTag, Located, Role, xml};
use ics_device::state::Folder;

use super::super::document::Input;
use super::super::output::{keep_apart, put};
use super::waiting;
use super::{ExitStatus, Failure};
use crate::terminal::eprint;

const EXAMPLES: &str = "\
Examples:
  ics-harness provision query --state my-device      everything
  ics-harness provision query HotSpot/MaxUsers --state my-device
  ics-harness provision query CM_CellularEntries --one-level --state my-device
  ics-harness provision query --document sample-plugins/documents/query.xml --state my-device

Exit codes: 0 it is answered; 1 the query was refused; 2 usage, or no such device;
3 the harness could not do its work.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct QueryArgs {
    /// The path to query: `HotSpot`, `HotSpot/MaxUsers`, `CM_CellularEntries/NAME` [default: everything].
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// A document with the queries.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    document: Option<PathBuf>,
    /// The device's folder.
    #[arg(long, value_name = "FOLDER")]
    state: PathBuf,
    /// Of a characteristic, only its direct children.
    #[arg(long, conflicts_with = "document")]
    one_level: bool,
    /// Write the response to FILE.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &QueryArgs) -> Result<ExitStatus, Failure> {
    keep_apart(args.document.as_slice(), args.output.as_deref())?;
    keep_apart(&Folder::files(&args.state), args.output.as_deref())?;
    let state = super::peek(&args.state)?;
    let (document, mut input, mut faults) = match &args.document {
        Some(path) => {
            let mut input = Input::read(path)?;
            let reading = input.open(Role::Request);
            let Some(document) = reading.document else {
                eprint(&input.render(&reading.faults));
                return Ok(ExitStatus::Failed);
            };
            if let Some(other) = document.children.iter().find_map(changes) {
                return Err(Failure::Usage(format!(
                    "{} has a {} of `{}`, which is no query; `provision apply` changes things",
                    input.name,
                    other.tag.name(),
                    other.name.value
                )));
            }
            (document, Some(input), reading.faults)
        }
        None => (questions(args)?, None, Diagnostics::new()),
    };
    let outcome = csp::apply(&state.settings, &document, &Access::full(), &mut faults);
    if let Some(input) = input.as_mut() {
        eprint(&input.render(&faults));
    }
    eprint(&waiting::describe(&state.pending, &state.settings));
    let answer = xml::write(&outcome.response).map_err(Failure::harness)?;
    put(answer.as_bytes(), args.output.as_deref(), true)?;
    Ok(if faults.refuse() {
        ExitStatus::Failed
    } else {
        ExitStatus::Success
    })
}

/// The first element that would change something.
fn changes(element: &Element) -> Option<&Element> {
    match element.tag {
        ElementTag::CharacteristicQuery | ElementTag::ParmQuery => None,
        // An empty one makes an entry.
        ElementTag::Characteristic if element.children.is_empty() => Some(element),
        ElementTag::Characteristic => element.children.iter().find_map(changes),
        _ => Some(element),
    }
}

fn questions(args: &QueryArgs) -> Result<Document, Failure> {
    let all: Vec<String> = PROVIDERS.iter().map(|one| one.name().to_owned()).collect();
    let paths = if args.paths.is_empty() {
        &all
    } else {
        &args.paths
    };
    let children = paths
        .iter()
        .map(|path| question(path, args.one_level))
        .collect::<Result<_, _>>()?;
    Ok(Document {
        children,
        ..Document::default()
    })
}

/// `Provider`, `Provider/Node`, `Provider/Entry` or `Provider/Entry/Node`.
fn question(path: &str, one_level: bool) -> Result<Element, Failure> {
    let parts: Vec<&str> = path.split('/').collect();
    let layout = provider_named(parts[0]).map_or(Layout::Flat, |one| one.layout());
    let group = |name: &str| Element {
        recursive: one_level.then(|| Located::from(false)),
        ..Element::new(ElementTag::CharacteristicQuery, name)
    };
    let parm = |name: &str| Element::new(ElementTag::ParmQuery, name);
    let within = |name: &str, child| Element::characteristic(name, vec![child]);
    match (parts.as_slice(), layout) {
        ([provider], _) => Ok(group(provider)),
        ([provider, node], Layout::Flat) => Ok(within(provider, parm(node))),
        ([provider, entry], Layout::Entries) => Ok(within(provider, group(entry))),
        ([provider, entry, node], Layout::Entries) => {
            Ok(within(provider, within(entry, parm(node))))
        }
        ([provider, entry, inner, node], Layout::Entries) => {
            Ok(within(provider, within(entry, within(inner, parm(node)))))
        }
        _ => Err(Failure::Usage(format!(
            "`{path}` has too many parts; write HotSpot, HotSpot/MaxUsers or CM_CellularEntries/NAME/Version"
        ))),
    }
}

//! `provision apply`: documents applied to a device's folder.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::super::supply::open_image;
use super::input::{Input, put, tell};
use super::push::SecretArgs;
use super::{Ending, Failure};
use crate::device::csp::Access;
use crate::device::document::push::Push;
use crate::device::document::{Form, Reading, Role, read, xml};
use crate::device::service::{Effect, Moment};
use crate::device::simulation::words_of_change;
use crate::device::state::{Folder, State};

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Documents, applied one after the other: XML, WBXML or push messages; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The device's folder; a new device if it is not there.
    #[arg(long, value_name = "FOLDER")]
    state: PathBuf,
    /// The folder that stands for the device's drive C: the files that documents name are looked for in it.
    #[arg(long, value_name = "DIR")]
    image: Option<PathBuf>,
    /// Apply them as an application without the capability ID_CAP_CSP_FOUNDATION would.
    #[arg(long)]
    without_capability: bool,
    /// Write what the device answers to FILE.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    secrets: SecretArgs,
}

pub(super) fn run(args: &ApplyArgs) -> Result<Ending, Failure> {
    let access = if args.without_capability {
        Access::none()
    } else {
        Access::foundation()
    };
    let image = open_image(args.image.as_deref())?;
    let mut inputs = Vec::new();
    for path in &args.files {
        inputs.push(Input::read(path)?);
    }
    let mut folder = Folder::open(&args.state).map_err(Failure::usage)?;
    let mut state = folder.load().map_err(Failure::usage)?;
    let mut ending = Ending::Well;
    let mut answers = String::new();
    for mut input in inputs {
        let Some(mut reading) = open(&mut input, args)? else {
            ending = Ending::Broken;
            continue;
        };
        let outcome = match &reading.document {
            Some(document) => {
                let before = state.clone();
                let outcome = state.apply(document, &access, &mut reading.faults);
                if let Some(image) = &image {
                    super::check::look_into(image, document, &mut reading.faults);
                }
                Some((before, outcome))
            }
            None => None,
        };
        tell(&input.render(&reading.faults));
        let Some((before, outcome)) = outcome else {
            ending = Ending::Broken;
            tell(&format!("{}: refused; no answer\n", input.name));
            continue;
        };
        if outcome.settings.is_some() {
            let effects = take_in(&before, &mut state)?;
            folder.store(&state).map_err(Failure::harness)?;
            tell(&words(&input.name, &outcome.changes, &effects));
        } else {
            ending = Ending::Broken;
            tell(&format!(
                "{}: refused; nothing of it is stored\n",
                input.name
            ));
        }
        answers.push_str(&xml::write(&outcome.response).map_err(Failure::harness)?);
    }
    put(answers.as_bytes(), args.output.as_deref(), true)?;
    Ok(ending)
}

/// Reads a document. A push has to be proven; nothing if it is not.
fn open(input: &mut Input, args: &ApplyArgs) -> Result<Option<Reading>, Failure> {
    if Form::of(&input.bytes) != Form::Push {
        return Ok(Some(read(&input.bytes, Role::Request)));
    }
    let push = match Push::parse(&input.bytes) {
        Ok(push) => push,
        Err(_) => return Ok(Some(input.open(Role::Request))),
    };
    match push.open(&args.secrets.read()?, Role::Request) {
        Ok(reading) => {
            input.bytes = push.body;
            Ok(Some(reading))
        }
        Err(refusal) => {
            tell(&format!(
                "{}: refused: {refusal}; nothing of it is stored\n",
                input.name
            ));
            Ok(None)
        }
    }
}

/// Has the service, which is off, take in what the document changed.
fn take_in(before: &State, state: &mut State) -> Result<Vec<Effect>, Failure> {
    let mut service = before.service().map_err(Failure::usage)?;
    let mut effects = Vec::new();
    let events = state.events_after(&before.settings);
    for event in events.map_err(Failure::harness)? {
        service.handle(Moment::default(), event, &mut effects);
    }
    state.service = service.snapshot();
    Ok(effects)
}

fn words(name: &str, changes: &[crate::device::csp::Change], effects: &[Effect]) -> String {
    let mut text = format!("{name}: applied\n");
    for change in changes {
        let _ = writeln!(
            text,
            "  {}, {}",
            words_of_change(change),
            change.takes.describe()
        );
    }
    if changes.is_empty() {
        text.push_str("  it changes nothing\n");
    }
    for effect in effects {
        text.push_str(match effect {
            Effect::AddScreen => "  Settings has the Internet sharing screen now\n",
            Effect::RemoveScreen => "  Settings has no Internet sharing screen any more\n",
            _ => continue,
        });
    }
    text
}

//! `provision apply`: documents applied to a device's folder.

use std::path::{Path, PathBuf};

use clap::Args;
use ics_device::csp::Access;
use ics_device::document::push::{Push, Secrets};
use ics_device::document::{Encoding, Reading, Role, read, xml};
use ics_device::printable::Printable;
use ics_device::service::{Effect, Moment};
use ics_device::state::{Folder, State};

use super::super::document::Input;
use super::super::output::{Output, keep_apart};
use super::super::plugin_source::open_image;
use super::push::SecretArgs;
use super::targets::{make_folder_of, plan};
use super::{ExitStatus, Failure, ProvidersArgs, describe_changes};
use crate::terminal::eprint;

const EXAMPLES: &str = "\
Examples:
  ics-harness provision apply hotspot.xml --state my-device              what the device answers
  ics-harness provision apply hotspot.push --pin 1234 --state my-device
  ics-harness provision apply hotspot.xml fewer-users.xml --state my-device --output answers

Exit codes: 0 all are applied; 1 one was refused; 2 usage, and nothing is applied;
3 the harness could not do its work.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ApplyArgs {
    /// Documents, applied one after the other: XML, WBXML or push messages; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The device's folder; created if it does not exist.
    #[arg(long, value_name = "FOLDER")]
    state: PathBuf,
    /// The folder with the contents of the device's drive C, where the files that documents name are looked up.
    #[arg(long, value_name = "DIR")]
    image: Option<PathBuf>,
    /// Apply them without any capability: HotSpot needs ID_CAP_CSP_FOUNDATION, CM_CellularEntries ID_CAP_NETWORKING_ADMIN.
    #[arg(long)]
    without_capability: bool,
    /// Write the response to FILE; for several documents a folder, where each response has its document's name with the extension response.xml.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    providers: ProvidersArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

pub(super) fn run(args: &ApplyArgs) -> Result<ExitStatus, Failure> {
    let access = if args.without_capability {
        Access::none()
    } else {
        Access::full()
    };
    // Everything that can be wrong with the arguments is reported before the first
    // document changes the device: its answer would be lost.
    let secrets = args.secrets.read()?;
    let targets = plan(&args.files, args.output.as_deref(), "response.xml")?;
    for target in targets.iter().flatten() {
        keep_out_of(&args.state, target)?;
    }
    let image = open_image(args.image.as_deref())?;
    let mut inputs = Vec::new();
    for path in &args.files {
        inputs.push(Input::read(path)?);
    }
    let (mut home, mut state) = Home::open(&args.state)?;
    make_folder_of(&targets)?;
    let mut outputs = Vec::new();
    for target in &targets {
        outputs.push(Output::open(target.as_deref())?);
    }
    let mut status = ExitStatus::Success;
    for (mut input, output) in inputs.into_iter().zip(outputs) {
        let Some(mut reading) = open(&mut input, args, &secrets) else {
            status = ExitStatus::Failed;
            continue;
        };
        let outcome = match &reading.document {
            Some(document) => {
                let before = state.clone();
                args.providers.check(document, &mut reading.faults);
                let outcome = state.apply(document, &access, &mut reading.faults);
                if let Some(image) = &image {
                    super::check::look_into(image, document, &mut reading.faults);
                }
                Some((before, outcome))
            }
            None => None,
        };
        eprint(&input.render(&reading.faults));
        let Some((before, outcome)) = outcome else {
            status = ExitStatus::Failed;
            eprint(&format!("{}: refused; no answer\n", Printable(&input.name)));
            continue;
        };
        if outcome.settings.is_some() {
            let effects = take_in(&before, &mut state)?;
            home.store(&state)?;
            eprint(&summarise(&input.name, &outcome.changes, &effects));
        } else {
            status = ExitStatus::Failed;
            eprint(&format!(
                "{}: refused; nothing of it is stored\n",
                Printable(&input.name)
            ));
        }
        let answer = xml::write(&outcome.response).map_err(Failure::harness)?;
        output.put(answer.as_bytes(), true)?;
    }
    Ok(status)
}

/// A device's folder. A new one is made once there is something to keep in it: a
/// document that is refused leaves none behind.
struct Home<'a> {
    path: &'a Path,
    folder: Option<Folder>,
}

impl<'a> Home<'a> {
    fn open(path: &'a Path) -> Result<(Self, State), Failure> {
        if !path.exists() {
            return Ok((Self { path, folder: None }, State::default()));
        }
        let folder = Folder::open(path).map_err(Failure::usage)?;
        let state = folder.load().map_err(Failure::usage)?;
        let folder = Some(folder);
        Ok((Self { path, folder }, state))
    }

    fn store(&mut self, state: &State) -> Result<(), Failure> {
        let folder = match &mut self.folder {
            Some(folder) => folder,
            none => {
                let folder = Folder::open(self.path).map_err(Failure::usage)?;
                // What is stored was made of a new device.
                if folder.load().map_err(Failure::usage)? != State::default() {
                    return Err(Failure::Usage(format!(
                        "another process has made a device in {} meanwhile; apply the documents again",
                        self.path.display()
                    )));
                }
                none.insert(folder)
            }
        };
        folder.store(state).map_err(Failure::harness)
    }
}

/// Refuses an output that would replace the device or its folder.
fn keep_out_of(state: &Path, answer: &Path) -> Result<(), Failure> {
    keep_apart(&Folder::files(state), Some(answer))?;
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if whole(state).components().eq(whole(answer).components()) {
        return Err(Failure::Usage(format!(
            "{} is the device's folder, and the answer would take its place; name another file",
            answer.display()
        )));
    }
    Ok(())
}

/// Reads a document. A push has to be authenticated; none if it is not.
fn open(input: &mut Input, args: &ApplyArgs, secrets: &Secrets) -> Option<Reading> {
    if Encoding::of(&input.bytes) != Encoding::Push {
        return Some(read(&input.bytes, Role::Request));
    }
    let push = match Push::parse(&input.bytes) {
        Ok(push) => push,
        Err(_) => return Some(input.open(Role::Request)),
    };
    match push.open(secrets, Role::Request) {
        Ok(reading) => {
            input.bytes = push.body;
            Some(reading)
        }
        Err(refusal) => {
            eprint(&format!(
                "{}: refused: {}; nothing of it is stored\n",
                Printable(&input.name),
                args.secrets.describe(refusal)
            ));
            None
        }
    }
}

/// Lets the service, which is off, handle what the document changed.
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

fn summarise(name: &str, changes: &[ics_device::csp::Change], effects: &[Effect]) -> String {
    let mut text = format!("{}: applied\n", Printable(name));
    text.push_str(&describe_changes(changes));
    for effect in effects {
        text.push_str(match effect {
            Effect::AddScreen => "  Settings has the Internet sharing screen now\n",
            Effect::RemoveScreen => "  Settings has no Internet sharing screen any more\n",
            _ => continue,
        });
    }
    text
}

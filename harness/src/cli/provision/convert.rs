//! `provision encode` and `provision decode`: XML to WBXML and back.

use std::path::{Path, PathBuf};

use clap::Args;
use ics_device::document::{Document, Role, wbxml, xml};
use ics_device::printable::Printable;

use super::super::document::Input;
use super::super::output::put;
use super::targets::{make_folder_of, plan};
use super::{ExitStatus, Failure};
use crate::terminal::eprint;

const ENCODE_EXAMPLES: &str = "\
Examples:
  ics-harness provision encode hotspot.xml --output hotspot.wbxml
  ics-harness provision encode *.xml --output encoded    into the folder, with the extension wbxml

Exit codes: 0 all were written; 1 one was refused; 2 usage, or one cannot be read;
3 one cannot be written.";

const DECODE_EXAMPLES: &str = "\
Examples:
  ics-harness provision decode hotspot.wbxml             what it says, as text
  ics-harness provision decode hotspot.push              the document in a push, unauthenticated
  ics-harness provision decode *.wbxml --output decoded  into the folder, with the extension xml

Exit codes: 0 all were written; 1 one was refused; 2 usage, or one cannot be read;
3 one cannot be written.";

#[derive(Debug, Args)]
#[command(after_help = ENCODE_EXAMPLES)]
pub(crate) struct EncodeArgs {
    /// Documents: XML, WBXML or push messages; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The file to write; for several documents a folder, where each keeps its name with the extension wbxml.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = DECODE_EXAMPLES)]
pub(crate) struct DecodeArgs {
    /// Documents: WBXML, push messages or XML; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The file to write; for several documents a folder, where each keeps its name with the extension xml.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn encode(args: &EncodeArgs) -> Result<ExitStatus, Failure> {
    let write = |document: &Document| wbxml::encode(document).map_err(|error| error.to_string());
    convert(&args.files, args.output.as_deref(), "wbxml", false, &write)
}

pub(super) fn decode(args: &DecodeArgs) -> Result<ExitStatus, Failure> {
    let write = |document: &Document| {
        let text = xml::write(document).map_err(|error| error.to_string())?;
        Ok(text.into_bytes())
    };
    convert(&args.files, args.output.as_deref(), "xml", true, &write)
}

fn convert(
    files: &[PathBuf],
    output: Option<&Path>,
    status: &str,
    is_text: bool,
    write: &dyn Fn(&Document) -> Result<Vec<u8>, String>,
) -> Result<ExitStatus, Failure> {
    let targets = plan(files, output, status)?;
    make_folder_of(&targets)?;
    let mut outcome = ExitStatus::Success;
    for (path, target) in files.iter().zip(targets) {
        let mut input = match Input::read(path) {
            Ok(input) => input,
            Err(unread) => {
                eprint(&unread.in_one_line());
                outcome = outcome.max(ExitStatus::InputUnreadable);
                continue;
            }
        };
        // What a device answered can be converted as well.
        let reading = input.open(Role::Response);
        if !reading.faults.is_empty() {
            eprint(&input.render(&reading.faults));
        }
        let Some(document) = reading.accepted() else {
            outcome = outcome.max(ExitStatus::Failed);
            continue;
        };
        let bytes = match write(document) {
            Ok(bytes) => bytes,
            Err(words) => {
                eprint(&format!(
                    "{}: {}\n",
                    Printable(&input.name),
                    Printable(words)
                ));
                outcome = outcome.max(ExitStatus::Failed);
                continue;
            }
        };
        put(&bytes, target.as_deref(), is_text)?;
    }
    Ok(outcome)
}

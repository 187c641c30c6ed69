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

Exit codes: 0 all were written; 1 one has faults, and what could be read of it is written;
2 usage, or one cannot be read; 3 one cannot be written.";

#[derive(Debug, Args)]
#[command(after_help = ENCODE_EXAMPLES)]
pub(crate) struct EncodeArgs {
    /// Documents: XML, WBXML or push messages; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Use the tokens that Microsoft adds (code pages 200 to 204), which Windows Mobile 5 and later read; nothing says that later devices do.
    #[arg(long)]
    microsoft: bool,
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
    let write = |document: &Document| {
        let written = match args.microsoft {
            true => wbxml::encode_for_microsoft(document),
            false => wbxml::encode(document),
        };
        written.map_err(|error| error.to_string())
    };
    let conversion = Conversion {
        extension: "wbxml",
        is_text: false,
        of_refused: false,
        write: &write,
    };
    conversion.of(&args.files, args.output.as_deref())
}

pub(super) fn decode(args: &DecodeArgs) -> Result<ExitStatus, Failure> {
    let write = |document: &Document| {
        let text = xml::write(document).map_err(|error| error.to_string())?;
        Ok(text.into_bytes())
    };
    let conversion = Conversion {
        extension: "xml",
        is_text: true,
        of_refused: true,
        write: &write,
    };
    conversion.of(&args.files, args.output.as_deref())
}

struct Conversion<'a> {
    extension: &'a str,
    is_text: bool,
    /// Whether what could be read of a document with faults is written as well.
    of_refused: bool,
    write: &'a dyn Fn(&Document) -> Result<Vec<u8>, String>,
}

impl Conversion<'_> {
    fn of(&self, files: &[PathBuf], output: Option<&Path>) -> Result<ExitStatus, Failure> {
        let targets = plan(files, output, self.extension)?;
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
            outcome = outcome.max(self.of_one(&mut input, target.as_deref())?);
        }
        Ok(outcome)
    }

    fn of_one(&self, input: &mut Input, target: Option<&Path>) -> Result<ExitStatus, Failure> {
        // What a device answered can be converted as well.
        let reading = input.open(Role::Response);
        if !reading.faults.is_empty() {
            eprint(&input.render(&reading.faults));
        }
        let name = Printable(&input.name);
        let is_refused = reading.faults.refuse();
        let Some(document) = reading.document.filter(|_| !is_refused || self.of_refused) else {
            return Ok(ExitStatus::Failed);
        };
        let bytes = match (self.write)(&document) {
            Ok(bytes) => bytes,
            Err(words) => {
                eprint(&format!("{name}: {}\n", Printable(words)));
                return Ok(ExitStatus::Failed);
            }
        };
        if is_refused {
            let found = reading.faults.counts();
            eprint(&format!("{name}: {found}; this is what could be read\n"));
        }
        put(&bytes, target, self.is_text)?;
        Ok(match is_refused {
            true => ExitStatus::Failed,
            false => ExitStatus::Success,
        })
    }
}

//! `provision encode` and `provision decode`: XML to WBXML and back.

use std::path::{Path, PathBuf};

use clap::Args;

use super::input::{Input, put, tell};
use super::{Ending, Failure};
use crate::device::document::{Document, Role, wbxml, xml};

#[derive(Debug, Args)]
pub(crate) struct EncodeArgs {
    /// Documents: XML, WBXML or push messages; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The file to write; for several documents the folder, where each keeps its name with the ending wbxml.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// Documents: WBXML, push messages or XML; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The file to write; for several documents the folder, where each keeps its name with the ending xml.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn encode(args: &EncodeArgs) -> Result<Ending, Failure> {
    let write = |document: &Document| wbxml::encode(document).map_err(|error| error.to_string());
    convert(&args.files, args.output.as_deref(), "wbxml", false, &write)
}

pub(super) fn decode(args: &DecodeArgs) -> Result<Ending, Failure> {
    let write = |document: &Document| {
        let text = xml::write(document).map_err(|error| error.to_string())?;
        Ok(text.into_bytes())
    };
    convert(&args.files, args.output.as_deref(), "xml", true, &write)
}

fn convert(
    files: &[PathBuf],
    output: Option<&Path>,
    ending: &str,
    is_text: bool,
    write: &dyn Fn(&Document) -> Result<Vec<u8>, String>,
) -> Result<Ending, Failure> {
    let folder = match (files, output) {
        ([_], Some(output)) if output.is_dir() => Some(output),
        ([_], _) => None,
        (_, Some(output)) => {
            std::fs::create_dir_all(output).map_err(|error| {
                Failure::Usage(format!(
                    "cannot make the folder {}: {error}",
                    output.display()
                ))
            })?;
            Some(output)
        }
        (_, None) => {
            return Err(Failure::Usage(
                "several documents go into a folder; name it with --output".to_owned(),
            ));
        }
    };
    let mut outcome = Ending::Well;
    for path in files {
        let mut input = Input::read(path)?;
        // What a device answered can be converted as well.
        let reading = input.open(Role::Response);
        if !reading.faults.is_empty() {
            tell(&input.render(&reading.faults));
        }
        let Some(document) = reading.accepted() else {
            outcome = Ending::Broken;
            continue;
        };
        let bytes = match write(document) {
            Ok(bytes) => bytes,
            Err(words) => {
                tell(&format!("{}: {words}\n", input.name));
                outcome = Ending::Broken;
                continue;
            }
        };
        let target = folder.map(|folder| {
            let name = Path::new(path.file_name().unwrap_or(path.as_os_str()));
            folder.join(name.with_extension(ending))
        });
        put(&bytes, target.as_deref().or(output), is_text)?;
    }
    Ok(outcome)
}

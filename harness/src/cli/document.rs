//! Documents as they come from files, and their faults as they are shown.

use std::io::Read;
use std::path::Path;

use clap::Args;
use ics_device::csp;
use ics_device::document::limits::MAX_BYTES;
use ics_device::document::push::Push;
use ics_device::document::{
    Colour, Diagnostics, Document, Encoding, Reading, Rendered, Role, Source, read, sms,
};
use ics_device::printable::Utf8;
use ics_device::simulation::ProvisioningFile;

use super::{Failure, error_line};

/// A file's bytes and the name that it was asked for by.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// The bytes; for a push, those of the document in it once it was opened.
    pub(crate) bytes: Vec<u8>,
    /// Whether it is the document in a push by now.
    pub(crate) in_push: bool,
}

/// A file that cannot be read, and why.
#[derive(Debug)]
pub(crate) struct Unread(String);

impl Unread {
    /// With what to name instead.
    pub(crate) fn wanting(&self, what: &str) -> String {
        format!("{}; name a provisioning document: {what}", self.0)
    }

    /// With the short messages that `provision sms` takes.
    pub(crate) fn wanting_messages(&self) -> String {
        format!("{}; name a file with short messages", self.0)
    }

    /// With all that `provision` takes.
    pub(crate) fn reason(&self) -> String {
        self.wanting("XML, WBXML or a push")
    }

    /// As one line, among others.
    pub(crate) fn in_one_line(&self) -> String {
        error_line(&self.reason())
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        Self::Usage(unread.reason())
    }
}

impl Input {
    /// Reads a file, or standard input for `-`. What is longer than any document
    /// is read just so far that it is refused.
    pub(crate) fn read(path: &Path) -> Result<Self, Unread> {
        let name = Utf8(path.as_os_str().as_encoded_bytes()).to_string();
        let most = MAX_BYTES as u64 + 1;
        let mut bytes = Vec::new();
        let outcome = if name == "-" {
            std::io::stdin().lock().take(most).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(path).and_then(|file| {
                // One read for what is there, and one that finds the end.
                let length = file
                    .metadata()
                    .map_or(0, |metadata| metadata.len().min(most));
                bytes.reserve_exact(usize::try_from(length).unwrap_or(0) + 1);
                file.take(most).read_to_end(&mut bytes)
            })
        };
        match outcome {
            Ok(_) => Ok(Self {
                name,
                bytes,
                in_push: false,
            }),
            Err(error) => Err(Unread(format!("cannot read {name}: {error}"))),
        }
    }

    /// Reads the document, out of its push if it is in one. Who sent the push is
    /// not asked.
    pub(crate) fn open(&mut self, role: Role) -> Reading {
        if Encoding::of(&self.bytes) != Encoding::Push {
            return read(&self.bytes, role);
        }
        match Push::parse(&self.bytes) {
            Ok(push) => {
                self.enter(push);
                Reading {
                    encoding: Encoding::Push,
                    ..read(&self.bytes, role)
                }
            }
            Err(fault) => {
                let mut faults = Diagnostics::new();
                faults.push(fault);
                Reading {
                    encoding: Encoding::Push,
                    document: None,
                    faults,
                }
            }
        }
    }

    /// From now on it is the document in its push, where the places of faults are.
    pub(crate) fn enter(&mut self, push: Push) {
        self.bytes = push.body;
        self.in_push = true;
    }

    /// The faults as text with colours.
    pub(crate) fn render(&self, faults: &Diagnostics) -> String {
        let within = if self.in_push {
            " (the document in the push)"
        } else {
            ""
        };
        let name = format!("{}{within}", self.name);
        let source = Source::new(&name, &self.bytes);
        Rendered::new(faults, &source, Colour::Always).to_string()
    }
}

/// The document that a device has at the beginning, from a file.
pub(crate) fn provisioning_file(path: &Path) -> Result<ProvisioningFile, Failure> {
    let read = Input::read(path);
    let Input { name, bytes, .. } =
        read.map_err(|unread| Failure::Usage(unread.wanting("XML or WBXML")))?;
    refuse_push(&bytes).map_err(|why| Failure::Usage(format!("{name} {why}")))?;
    Ok(ProvisioningFile { name, bytes })
}

/// A document that a command names.
///
/// # Errors
/// It cannot be read, or is a push: of the kind `Other`.
pub(crate) fn load(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = read_bounded(path)?;
    refuse_push(&bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}

/// A push message that a command names, or the short messages that hold it.
///
/// # Errors
/// It cannot be read, or is neither: of the kind `Other`.
pub(crate) fn load_push(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = read_bounded(path)?;
    if Encoding::of(&bytes) == Encoding::Push {
        return Ok(bytes);
    }
    let joined = sms::join(&[sms::parse(&bytes).0]);
    match <[sms::Message; 1]>::try_from(joined.messages) {
        Ok([only]) => Ok(only.bytes),
        Err(several) if several.is_empty() => Err(std::io::Error::other(
            "holds no whole push message: `ics-harness provision sign` makes one, and `ics-harness provision sms` says what is missing",
        )),
        Err(several) => Err(std::io::Error::other(format!(
            "holds {} messages: `ics-harness provision sms` writes each into a file",
            several.len()
        ))),
    }
}

/// A file's bytes. What is longer than any document is read just so far that it is refused.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Says why a push message is not accepted, if this is one.
fn refuse_push(bytes: &[u8]) -> Result<(), &'static str> {
    match Encoding::of(bytes) {
        Encoding::Push => Err(
            "is a push message: a device receives it with `push FILE`, and `ics-harness provision decode` writes the document that is in it",
        ),
        Encoding::Xml | Encoding::Wbxml => Ok(()),
    }
}

/// What a encoding is called.
pub(crate) fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Xml => "XML",
        Encoding::Wbxml => "WBXML",
        Encoding::Push => "push",
    }
}

/// Whether documents may hold what is for other providers than those that are checked.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ProvidersArgs {
    /// Refuse documents that hold settings of other providers than HotSpot and CM_CellularEntries; they are kept unread otherwise.
    #[arg(long)]
    pub(crate) strict_providers: bool,
}

impl ProvidersArgs {
    /// Reports other providers where they are refused. Called before the document is
    /// checked or applied.
    pub(crate) fn check(self, document: &Document, faults: &mut Diagnostics) {
        if self.strict_providers {
            csp::refuse_other_providers(document, faults);
        }
    }
}

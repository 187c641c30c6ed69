//! The log of a device's day, as people read it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anstyle::Style;

use super::Failure;
use super::document::Input;
use crate::terminal::style::{self, BAD, DIM, GOOD, WARN};
use ics_device::document::Encoding;
use ics_device::document::limits::MAX_BYTES;
use ics_device::printable::Printable;
use ics_device::service::{Answer, Moment};
use ics_device::simulation::{Actor, Clock, LogEntry, ProvisioningFile, Record};

/// Columns of the actor.
const ACTOR: usize = 8;

/// Makes lines of entries. A time is said once.
pub(super) struct Lines {
    width: usize,
    last: String,
}

impl Lines {
    /// For a log that goes up to this moment.
    pub(super) fn until(end: Moment) -> Self {
        let midnight = Moment::seconds(24 * 60 * 60);
        let last = Moment(end.0.saturating_sub(1));
        let width = if end <= midnight {
            8
        } else {
            Clock(last).to_string().len()
        };
        Self {
            width,
            last: String::new(),
        }
    }

    /// One entry, as one line or more.
    pub(super) fn entry(&mut self, entry: &LogEntry) -> String {
        let width = self.width;
        let clock = Clock(entry.at).to_string();
        let time = if self.last == clock { "" } else { &clock };
        let actor = style(entry.actor);
        let word = entry.actor.name();
        let head = format!("{DIM}{time:>width$}{DIM:#}  {actor}{word:<ACTOR$}{actor:#}  ");
        let indent = " ".repeat(width + ACTOR + 4);
        self.last = clock;
        let mut text = String::new();
        match &entry.record {
            Record::Message { lines, missing } => {
                for (index, line) in lines.iter().enumerate() {
                    let before = if index == 0 { &head } else { &indent };
                    let line = Printable(line);
                    text.push_str(&format!("{before}{WARN}┃{WARN:#} {line}\n"));
                }
                if let Some(missing) = missing {
                    let missing = Printable(missing);
                    text.push_str(&format!(
                        "{indent}{DIM}without MOHelpMessage {missing}{DIM:#}\n"
                    ));
                }
            }
            record => {
                let style = emphasis(record);
                let words = Printable(&entry.text);
                text.push_str(&format!("{head}{style}{words}{style:#}\n"));
            }
        }
        if let Record::Document { changes, .. } = &entry.record {
            for change in changes {
                let change = Printable(change);
                text.push_str(&format!("{indent}{DIM}{change}{DIM:#}\n"));
            }
        }
        text
    }
}

/// The document that a device has at the beginning, from a file.
pub(super) fn document(path: &Path) -> Result<ProvisioningFile, Failure> {
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
pub(super) fn load(path: &Path) -> std::io::Result<Vec<u8>> {
    // What is longer than any document is read just so far that it is refused.
    let most = MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    refuse_push(&bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}

/// Says why a push message is not accepted, if this is one.
fn refuse_push(bytes: &[u8]) -> Result<(), &'static str> {
    match Encoding::of(bytes) {
        Encoding::Push => Err(
            "is a push message, whose sender a simulated device cannot verify: `ics-harness provision verify` does, and `ics-harness provision decode` writes the document that is in it",
        ),
        Encoding::Xml | Encoding::Wbxml => Ok(()),
    }
}

fn style(actor: Actor) -> Style {
    match actor {
        Actor::User => style::USER,
        Actor::Client => style::CLIENT,
        Actor::Server | Actor::Network | Actor::Operator => style::OUTSIDE,
        Actor::Plugin | Actor::Service => style::STRONG,
        Actor::Message | Actor::Timeline => style::STAGE,
    }
}

fn emphasis(record: &Record) -> Style {
    match record {
        Record::Sharing { .. } => GOOD,
        Record::Answered { answer, .. } => match answer {
            Answer::Success => GOOD,
            Answer::Failed => BAD,
            Answer::Unavailable => WARN,
        },
        Record::Stopped { .. } | Record::NotStarted { .. } => BAD,
        Record::Document { applied: false, .. } | Record::Expected { met: false } => BAD,
        Record::Refused { .. } | Record::Disconnected { .. } => WARN,
        _ => Style::new(),
    }
}

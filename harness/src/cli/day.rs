//! The log of a device's day, as people read it.

use std::path::Path;

use anstyle::Style;

use super::Failure;
use super::document::Input;
use crate::terminal::style::{self, BAD, DIM, GOOD, WARN};
use ics_device::document::Form;
use ics_device::printable::Printable;
use ics_device::service::{Answer, Moment};
use ics_device::simulation::{Actor, Clock, Entry, Paper, Record};

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
    pub(super) fn entry(&mut self, entry: &Entry) -> String {
        let width = self.width;
        let clock = Clock(entry.at).to_string();
        let time = if self.last == clock { "" } else { &clock };
        let actor = style(entry.actor);
        let word = entry.actor.word();
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

/// A document for a device, from a file. A push is not taken: somebody has to
/// prove who sent it first.
pub(super) fn paper(path: &Path) -> Result<Paper, Failure> {
    let read = Input::read(path);
    let Input { name, bytes, .. } =
        read.map_err(|unread| Failure::Usage(unread.wanting("XML or WBXML")))?;
    refuse_push(&bytes).map_err(|why| Failure::Usage(format!("{name} {why}")))?;
    Ok(Paper { name, bytes })
}

/// Says why a push is not taken, if this is one.
pub(super) fn refuse_push(bytes: &[u8]) -> Result<(), &'static str> {
    match Form::of(bytes) {
        Form::Push => Err(
            "is a push message, and here nobody can prove who sent it: `ics-harness provision verify` does, and `ics-harness provision decode` writes the document that is in it",
        ),
        Form::Xml | Form::Wbxml => Ok(()),
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

//! The log of a device's day, as people read it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use ics_device::document::Form;
use ics_device::service::{Answer, Moment};
use ics_device::simulation::{Actor, Clock, Entry, Paper, Record};

use super::Failure;
use super::provision::input::Input;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

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
        // Writing to a String cannot fail.
        match &entry.record {
            Record::Message { lines, missing } => {
                for (index, line) in lines.iter().enumerate() {
                    let before = if index == 0 { &head } else { &indent };
                    let line = visible(line);
                    let _ = writeln!(text, "{before}{WARN}┃{WARN:#} {line}");
                }
                if let Some(missing) = missing {
                    let missing = visible(missing);
                    let _ = writeln!(text, "{indent}{DIM}without MOHelpMessage {missing}{DIM:#}");
                }
            }
            record => {
                let style = emphasis(record);
                let words = visible(&entry.text);
                let _ = writeln!(text, "{head}{style}{words}{style:#}");
            }
        }
        if let Record::Document { changes, .. } = &entry.record {
            for change in changes {
                let change = visible(change);
                let _ = writeln!(text, "{indent}{DIM}{change}{DIM:#}");
            }
        }
        text
    }
}

/// A text from a document or a library, with what would move the terminal's
/// cursor or change its colours written out.
fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if letter.is_control() {
            plain.extend(letter.escape_default());
        } else {
            plain.push(letter);
        }
    }
    Cow::Owned(plain)
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
    let colour = match actor {
        Actor::User => AnsiColor::Cyan,
        Actor::Client => AnsiColor::Blue,
        Actor::Server => AnsiColor::Magenta,
        Actor::Network | Actor::Operator => AnsiColor::Magenta,
        Actor::Plugin | Actor::Service => return Style::new().bold(),
        Actor::Message | Actor::Timeline => AnsiColor::Yellow,
    };
    colour.on_default()
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

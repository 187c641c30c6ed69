//! The log of a simulated device, as people read it.

use anstyle::Style;
use ics_device::printable::Printable;
use ics_device::service::{Answer, Moment};
use ics_device::simulation::{Actor, Clock, LogEntry, Record};

use crate::terminal::style::{self, BAD, DIM, GOOD, WARN};

/// Columns of the actor.
const ACTOR: usize = 8;

/// Formats entries as lines. A repeated time is left out.
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
        Record::Withheld { .. } | Record::NotFound { .. } => WARN,
        _ => Style::new(),
    }
}

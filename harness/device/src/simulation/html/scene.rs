//! Converts a log to what can be drawn: intervals, steps and marks. It is built
//! entry by entry and keeps only what is drawn.

use std::borrow::Cow;
use std::time::Duration;

use super::few::{Drawn, Few};
use crate::service::{Answer, Client, Link, Moment, Stopped, Via};
use crate::simulation::log_text::name_of;
use crate::simulation::{Clock, LogEntry, Record, Timeline, format_duration};

/// The most rows of the log and cards of messages that are written out.
const MOST_ROWS: usize = 2000;
const MOST_CARDS: usize = 48;
/// Messages after this one are not numbered: a mark has no room for it.
const MOST_NUMBERS: usize = 999;

/// Something that held from one moment to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch<T> {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) what: T,
}

/// How many clients there were from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) at: Moment,
    pub(super) wifi: usize,
    pub(super) bluetooth: usize,
}

/// Something at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) at: Moment,
    pub(super) glyph: Cow<'static, str>,
    pub(super) class: &'static str,
    pub(super) words: String,
    /// How many it stands for.
    pub(super) count: usize,
}

impl Mark {
    /// A mark that stands for itself.
    pub(super) fn new(
        at: Moment,
        glyph: impl Into<Cow<'static, str>>,
        class: &'static str,
        words: String,
    ) -> Self {
        Self {
            at,
            glyph: glyph.into(),
            class,
            words,
            count: 1,
        }
    }

    fn of(entry: &LogEntry, glyph: &'static str, class: &'static str) -> Self {
        let words = format!("{} {} {}", Clock(entry.at), entry.actor.name(), entry.text);
        Self::new(entry.at, glyph, class, words)
    }
    pub(super) fn title(&self) -> Cow<'_, str> {
        match self.count {
            1 => Cow::Borrowed(&self.words),
            count => Cow::Owned(format!(
                "{}, and {} more like it here",
                self.words,
                count - 1
            )),
        }
    }
}

impl Drawn for Mark {
    fn from(&self) -> Moment {
        self.at
    }

    fn to(&self) -> Moment {
        self.at
    }

    fn absorb(&mut self, other: &Self) -> bool {
        let same = self.class == other.class && self.glyph == other.glyph;
        if same {
            self.count += other.count;
        }
        same
    }
}

impl<T: Clone> Drawn for Stretch<T> {
    fn from(&self) -> Moment {
        self.from
    }

    fn to(&self) -> Moment {
        self.to
    }

    fn absorb(&mut self, other: &Self) -> bool {
        self.to = other.to;
        self.what = other.what.clone();
        true
    }
}

impl Drawn for Step {
    fn from(&self) -> Moment {
        self.at
    }

    fn to(&self) -> Moment {
        self.at
    }

    fn absorb(&mut self, other: &Self) -> bool {
        *self = Self {
            at: self.at,
            ..*other
        };
        true
    }
}

/// A message as the user saw it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) at: Moment,
    pub(super) lines: Vec<String>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) at: Moment,
    pub(super) actor: &'static str,
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// How one connection was.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) stretches: Few<Stretch<Link>>,
    /// How it is now, and since when.
    now: Option<(Moment, Link)>,
}

/// What the marks of events stand for.
pub(super) const SIGNS: [(&str, &str); 9] = [
    ("▶", "on"),
    ("■", "off"),
    ("↻", "restart"),
    ("✉", "document"),
    ("⊘", "document refused"),
    ("⇄", "another SIM or operator"),
    ("⌖", "another network"),
    ("⚙", "Settings"),
    ("!", "not as expected"),
];

/// All that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) marks: Few<Mark>,
    pub(super) servers: Few<Stretch<String>>,
    server: Option<(Moment, String)>,
    pub(super) connections: Vec<Line>,
    pub(super) checks: Few<Mark>,
    /// The check that has no answer yet.
    check: Option<Mark>,
    /// How many came to SUCCESS, FAILED and UNAVAILABLE.
    answers: [usize; 3],
    /// Why each ended; empty if the timeline ended first.
    pub(super) sharing: Few<Stretch<Option<&'static str>>>,
    since: Option<Moment>,
    /// How long sharing was on, all in all.
    pub(super) shared: Duration,
    pub(super) crowd: Few<Step>,
    clients: Vec<Client>,
    /// How many clients there were at most.
    pub(super) most_clients: usize,
    pub(super) turned_away: Few<Mark>,
    /// The first messages, whole.
    pub(super) messages: Vec<Shown>,
    pub(super) message_marks: Few<Mark>,
    /// The first lines of the log.
    pub(super) rows: Vec<Row>,
    /// How many lines it has.
    pub(super) entries: usize,
    /// For the connections that come later.
    no_stretches: Few<Stretch<Link>>,
}

impl Scene {
    /// Nothing has happened yet.
    pub(super) fn of(timeline: &Timeline) -> Self {
        Self {
            from: timeline.start.at,
            to: timeline.end,
            marks: Few::of(timeline),
            servers: Few::of(timeline),
            server: None,
            connections: Vec::new(),
            checks: Few::of(timeline),
            check: None,
            answers: [0; 3],
            sharing: Few::of(timeline),
            since: None,
            shared: Duration::ZERO,
            crowd: Few::of(timeline),
            clients: Vec::new(),
            most_clients: 0,
            turned_away: Few::of(timeline),
            messages: Vec::new(),
            message_marks: Few::of(timeline),
            rows: Vec::new(),
            entries: 0,
            no_stretches: Few::of(timeline),
        }
    }

    /// Adds the next entry.
    pub(super) fn take(&mut self, entry: &LogEntry) {
        self.note(entry);
        let at = entry.at;
        match &entry.record {
            Record::Server { scenario } => self.serve(at, Some(scenario.clone())),
            Record::Connection { connection, link } => self.connect(at, connection, *link),
            Record::Asked { .. } => {
                self.end_check();
                let words = format!("{} {}", Clock(at), entry.text);
                self.check = Some(Mark::new(at, "–", "event", words));
            }
            Record::Answered {
                answer, seconds, ..
            } => {
                self.answers[*answer as usize] += 1;
                if let Some(check) = &mut self.check {
                    (check.glyph, check.class) = match answer {
                        Answer::Success => ("✓".into(), "good"),
                        Answer::Failed => ("✕".into(), "bad"),
                        Answer::Unavailable => ("?".into(), "warn"),
                    };
                    let (answer, took) = (name_of(*answer), format_duration(*seconds));
                    check.words.push_str(&format!(": {answer} after {took}"));
                }
                self.end_check();
            }
            Record::Abandoned { .. } => self.end_check(),
            Record::Sharing { .. } => self.since = Some(at),
            Record::Stopped { because } => {
                self.share(at, Some(*because));
                self.clients.clear();
                self.count(at);
            }
            Record::Admitted { client } => {
                self.clients.retain(|one| one.id != client.id);
                self.clients.push(*client);
                self.count(at);
            }
            Record::Left { client } | Record::Disconnected { client, .. } => {
                self.clients.retain(|one| one.id != client.id);
                self.count(at);
            }
            Record::Refused { .. } => self.turned_away.push(Mark::of(entry, "▾", "away")),
            Record::Message { lines, .. } => self.add_message(at, lines),
            Record::TurnedOn => self.mark(entry, "▶"),
            Record::TurnedOff => self.mark(entry, "■"),
            Record::Restarted { .. } | Record::Started => self.mark(entry, "↻"),
            Record::Document { applied: true, .. } => self.mark(entry, "✉"),
            Record::Document { applied: false, .. } => self.mark(entry, "⊘"),
            Record::SimChanged => self.mark(entry, "⇄"),
            Record::Roams { .. } => self.mark(entry, "⌖"),
            Record::SettingsOpened | Record::SettingsClosed => self.mark(entry, "⚙"),
            Record::Expected { met: false } => self.mark(entry, "!"),
            Record::Expected { met: true }
            | Record::Screen { .. }
            | Record::NetworkNamed { .. }
            | Record::Configured { .. }
            | Record::Waits { .. }
            | Record::TookEffect { .. }
            | Record::TooFew { .. }
            | Record::Withheld { .. }
            | Record::NotFound { .. }
            | Record::NotStarted { .. } => {}
        }
    }

    /// Ends all open intervals at this moment.
    pub(super) fn end(&mut self, until: Moment) {
        self.to = self.to.min(until).max(self.from);
        let to = self.to;
        self.end_check();
        self.serve(to, None);
        for index in 0..self.connections.len() {
            let name = self.connections[index].name.clone();
            self.connect(to, &name, None);
        }
        self.share(to, None);
        self.count(to);
    }

    fn mark(&mut self, entry: &LogEntry, glyph: &'static str) {
        debug_assert!(SIGNS.iter().any(|(sign, _)| *sign == glyph), "{glyph}");
        self.marks.push(Mark::of(entry, glyph, "event"));
    }

    fn note(&mut self, entry: &LogEntry) {
        self.entries += 1;
        if self.rows.len() < MOST_ROWS {
            self.rows.push(Row {
                at: entry.at,
                actor: entry.actor.name(),
                class: class_of(&entry.record),
                text: entry.text.clone(),
            });
        }
    }

    fn add_message(&mut self, at: Moment, lines: &[String]) {
        let glyph = match self.message_marks.count + 1 {
            number @ ..=MOST_NUMBERS => Cow::Owned(number.to_string()),
            _ => "…".into(),
        };
        let words = format!("{} {}", Clock(at), lines.join(" "));
        self.message_marks.push(Mark::new(at, glyph, "told", words));
        if self.messages.len() < MOST_CARDS {
            self.messages.push(Shown {
                at,
                lines: lines.to_vec(),
            });
        }
    }

    fn end_check(&mut self) {
        if let Some(check) = self.check.take() {
            self.checks.push(check);
        }
    }

    /// Each stretch lasts until another begins.
    fn serve(&mut self, at: Moment, scenario: Option<String>) {
        if let Some((from, what)) = self.server.take() {
            self.servers.push(Stretch { from, to: at, what });
        }
        self.server = scenario.map(|scenario| (at, scenario));
    }

    fn connect(&mut self, at: Moment, name: &str, link: Option<Link>) {
        let known = self.connections.iter().position(|one| one.name == name);
        let index = known.unwrap_or_else(|| {
            self.connections.push(Line {
                name: name.to_owned(),
                stretches: self.no_stretches.clone(),
                now: None,
            });
            self.connections.len() - 1
        });
        let line = &mut self.connections[index];
        if let Some((from, what)) = line.now.take() {
            line.stretches.push(Stretch { from, to: at, what });
        }
        line.now = link.map(|link| (at, link));
    }

    fn share(&mut self, to: Moment, because: Option<Stopped>) {
        if let Some(from) = self.since.take() {
            self.shared += to.since(from);
            let what = because.map(shortly);
            self.sharing.push(Stretch { from, to, what });
        }
    }

    fn count(&mut self, at: Moment) {
        let over = |via| self.clients.iter().filter(|one| one.via == via).count();
        let step = Step {
            at,
            wifi: over(Via::WiFi),
            bluetooth: over(Via::Bluetooth),
        };
        self.most_clients = self.most_clients.max(self.clients.len());
        // Of the counts of one moment the last one is drawn.
        match self.crowd.last_mut() {
            Some(last) if last.at == at => *last = step,
            _ => self.crowd.push(step),
        }
    }

    /// How many checks came to this answer.
    pub(super) fn answers(&self, answer: Answer) -> usize {
        self.answers[answer as usize]
    }
}

/// How a line of the log stands out.
fn class_of(record: &Record) -> &'static str {
    match record {
        Record::Sharing { .. } => "good",
        Record::Answered { answer, .. } => match answer {
            Answer::Success => "good",
            Answer::Failed => "bad",
            Answer::Unavailable => "warn",
        },
        Record::Stopped { .. } | Record::NotStarted { .. } => "bad",
        Record::Expected { met: false } | Record::Document { applied: false, .. } => "bad",
        Record::Refused { .. } | Record::Disconnected { .. } => "warn",
        Record::Withheld { .. } | Record::NotFound { .. } => "warn",
        Record::Message { .. } => "told",
        _ => "",
    }
}

/// Why sharing ended, in few words.
fn shortly(because: Stopped) -> &'static str {
    match because {
        Stopped::TurnedOff => "turned off",
        Stopped::Disabled => "disabled by a document",
        Stopped::NotEntitled => "the check says no",
        Stopped::CheckUnavailable => "no answer to the check",
        Stopped::NoLibrary => "no EntitlementDll",
        Stopped::NoClients => "no clients left",
        Stopped::NoConnection => "no connection",
        Stopped::SimChanged => "another SIM",
        Stopped::Restarted(_) => "a restart",
    }
}

//! From a log to what can be drawn: stretches of time, steps and marks.

use super::Story;
use crate::device::service::{Answer, Client, Link, Moment, Stopped, Via};
use crate::device::simulation::log::name_of;
use crate::device::simulation::{Clock, Entry, Record, words_of_span};

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

/// A check; without an answer if it was no longer wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Check {
    pub(super) at: Moment,
    pub(super) answer: Option<Answer>,
    pub(super) words: String,
}

/// Something at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) at: Moment,
    pub(super) glyph: &'static str,
    pub(super) words: String,
}

/// A message as the user saw it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) at: Moment,
    pub(super) lines: Vec<String>,
}

/// All that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) marks: Vec<Mark>,
    pub(super) servers: Vec<Stretch<String>>,
    pub(super) connections: Vec<(String, Vec<Stretch<Link>>)>,
    pub(super) checks: Vec<Check>,
    /// Why each ended, in words; nothing if the day did.
    pub(super) sharing: Vec<Stretch<Option<&'static str>>>,
    pub(super) crowd: Vec<Step>,
    pub(super) turned_away: Vec<Mark>,
    pub(super) messages: Vec<Shown>,
}

impl Scene {
    /// Reads a log.
    pub(super) fn of(story: &Story<'_>) -> Self {
        let timeline = story.timeline;
        let mut scene = Self {
            from: timeline.start.at,
            to: timeline.end,
            marks: Vec::new(),
            servers: Vec::new(),
            connections: Vec::new(),
            checks: Vec::new(),
            sharing: Vec::new(),
            crowd: Vec::new(),
            turned_away: Vec::new(),
            messages: Vec::new(),
        };
        let mut clients: Vec<Client> = Vec::new();
        let mut open = None;
        for entry in story.entries {
            scene.take(entry, &mut clients, &mut open);
        }
        if let Some(from) = open {
            scene.share(from, scene.to, None);
        }
        scene.count(scene.to, &clients);
        scene
    }

    fn take(&mut self, entry: &Entry, clients: &mut Vec<Client>, open: &mut Option<Moment>) {
        let at = entry.at;
        match &entry.record {
            Record::Server { world } => self.serve(at, world),
            Record::Connection { connection, link } => self.connect(at, connection, *link),
            Record::Asked { .. } => self.checks.push(Check {
                at,
                answer: None,
                words: format!("{} {}", Clock(at), entry.text),
            }),
            Record::Answered {
                answer, seconds, ..
            } => {
                if let Some(check) = self.checks.last_mut() {
                    check.answer = Some(*answer);
                    check.words = format!(
                        "{} {}: {} after {}",
                        Clock(check.at),
                        check.words.split_once(' ').map_or("", |(_, words)| words),
                        name_of(*answer),
                        words_of_span(*seconds)
                    );
                }
            }
            Record::Sharing { .. } => *open = Some(at),
            Record::Stopped { because } => {
                if let Some(from) = open.take() {
                    self.share(from, at, Some(*because));
                }
                clients.clear();
                self.count(at, clients);
            }
            Record::Admitted { client } => {
                clients.retain(|one| one.id != client.id);
                clients.push(*client);
                self.count(at, clients);
            }
            Record::Left { client } | Record::Disconnected { client, .. } => {
                clients.retain(|one| one.id != client.id);
                self.count(at, clients);
            }
            Record::Refused { .. } => self.turned_away.push(mark(entry, "▾")),
            Record::Message { lines, .. } => self.messages.push(Shown {
                at,
                lines: lines.clone(),
            }),
            Record::TurnedOn => self.marks.push(mark(entry, "▶")),
            Record::TurnedOff => self.marks.push(mark(entry, "■")),
            Record::Restarted { .. } => self.marks.push(mark(entry, "↻")),
            Record::Document { applied: true, .. } => self.marks.push(mark(entry, "✉")),
            Record::Document { applied: false, .. } => self.marks.push(mark(entry, "⊘")),
            Record::SimChanged => self.marks.push(mark(entry, "⇄")),
            Record::SettingsOpened | Record::SettingsClosed => {
                self.marks.push(mark(entry, "⚙"));
            }
            Record::Expected { met: false } => self.marks.push(mark(entry, "!")),
            Record::Expected { met: true }
            | Record::Screen { .. }
            | Record::Configured { .. }
            | Record::Waits { .. }
            | Record::TookEffect { .. }
            | Record::Abandoned { .. }
            | Record::NotStarted { .. } => {}
        }
    }

    /// Each stretch lasts to the end until another begins.
    fn serve(&mut self, at: Moment, world: &str) {
        if let Some(last) = self.servers.last_mut() {
            last.to = at;
        }
        self.servers.push(Stretch {
            from: at,
            to: self.to,
            what: world.to_owned(),
        });
    }

    fn connect(&mut self, at: Moment, name: &str, link: Option<Link>) {
        let known = self.connections.iter().position(|(one, _)| one == name);
        let index = known.unwrap_or_else(|| {
            self.connections.push((name.to_owned(), Vec::new()));
            self.connections.len() - 1
        });
        let stretches = &mut self.connections[index].1;
        if let Some(last) = stretches.last_mut() {
            last.to = last.to.min(at);
        }
        stretches.extend(link.map(|what| Stretch {
            from: at,
            to: self.to,
            what,
        }));
    }

    fn share(&mut self, from: Moment, to: Moment, because: Option<Stopped>) {
        self.sharing.push(Stretch {
            from,
            to,
            what: because.map(shortly),
        });
    }

    fn count(&mut self, at: Moment, clients: &[Client]) {
        let over = |via| clients.iter().filter(|one| one.via == via).count();
        let step = Step {
            at,
            wifi: over(Via::WiFi),
            bluetooth: over(Via::Bluetooth),
        };
        // Of the counts of one moment the last one is drawn.
        match self.crowd.last_mut() {
            Some(last) if last.at == at => *last = step,
            _ => self.crowd.push(step),
        }
    }

    /// How many clients there were at most.
    pub(super) fn most_clients(&self) -> usize {
        let counts = self.crowd.iter().map(|step| step.wifi + step.bluetooth);
        counts.max().unwrap_or(0)
    }

    /// How many checks came to this answer.
    pub(super) fn answers(&self, answer: Answer) -> usize {
        let same = |check: &&Check| check.answer == Some(answer);
        self.checks.iter().filter(same).count()
    }

    /// How long sharing was on, all in all.
    pub(super) fn shared(&self) -> std::time::Duration {
        self.sharing.iter().map(|one| one.to.since(one.from)).sum()
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

fn mark(entry: &Entry, glyph: &'static str) -> Mark {
    Mark {
        at: entry.at,
        glyph,
        words: format!("{} {} {}", Clock(entry.at), entry.actor.word(), entry.text),
    }
}

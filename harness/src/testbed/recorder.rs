//! Records the events of one scenario.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::mask::Masking;
use super::tally::Tally;
use super::transcript::{Event, Handshake, Transcript, TranscriptEntry};
use crate::clock::shared_seconds;

/// The number of entries from the beginning that are kept. A plugin can cause millions in one call,
/// each with some KiB of excerpts.
const FIRST_ENTRIES: usize = 1000;

/// The number of entries from the end that are kept.
const LAST_ENTRIES: usize = 250;

/// The longest text of an event in bytes. Names, hosts and targets are the plugin's, and can be as long as it likes.
const MAX_TEXT: usize = 512;

/// How many versions and how many protocols of a ClientHello are kept.
const MAX_OFFERS: usize = 8;

/// Receives each entry as it is recorded.
type Listener = Box<dyn FnMut(&TranscriptEntry) + Send>;

/// The transcript of a running scenario, shared by its tasks.
#[derive(Clone)]
pub(crate) struct Recorder {
    log: Arc<Mutex<Log>>,
    traffic: Traffic,
}

/// Whose traffic a recorder records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Traffic {
    /// Traffic with the operator's server.
    Server,
    /// Traffic with hosts that the plugin does not ask: a fault of the scenario does not affect it, and so it shows
    /// nothing of what the plugin does about the fault.
    OtherHosts,
    /// Traffic with the host that has the list of revoked certificates: the test bed's certificates lead the system there,
    /// and no rule is about it. Only that the list was fetched is recorded.
    TestAuthority,
}

struct Log {
    masking: Masking,
    started: Instant,
    /// The same moment by the clock that all processes of the system share.
    began: Option<f64>,
    phase: usize,
    connections: usize,
    first: Vec<TranscriptEntry>,
    last: VecDeque<TranscriptEntry>,
    /// How many entries between the first and the last were not kept.
    left_out: usize,
    /// Counts of all entries.
    tally: Tally,
    listener: Option<Listener>,
}

impl Recorder {
    /// An empty transcript whose time starts now.
    pub(crate) fn new(masking: Masking) -> Self {
        let log = Log {
            masking,
            started: Instant::now(),
            began: shared_seconds(),
            phase: 0,
            connections: 0,
            first: Vec::new(),
            last: VecDeque::new(),
            left_out: 0,
            tally: Tally::default(),
            listener: None,
        };
        Self {
            log: Arc::new(Mutex::new(log)),
            traffic: Traffic::Server,
        }
    }

    /// A recorder for the same transcript, of traffic with hosts that the plugin does not ask.
    pub(crate) fn of_other_hosts(&self) -> Self {
        Self {
            log: Arc::clone(&self.log),
            traffic: Traffic::OtherHosts,
        }
    }

    /// A recorder for the same transcript, of traffic with the host that has the list of revoked certificates.
    pub(crate) fn of_test_authority(&self) -> Self {
        Self {
            log: Arc::clone(&self.log),
            traffic: Traffic::TestAuthority,
        }
    }

    pub(crate) fn record(&self, event: Event) {
        self.log().append(event, self.traffic);
    }

    /// Assigns the next number to a connection and records it, so that numbers follow the order of entries.
    pub(crate) fn connection(&self, to: String, secure: bool) -> usize {
        let mut log = self.log();
        log.connections += 1;
        let connection = log.connections;
        let event = Event::Connection {
            connection,
            to,
            secure,
        };
        log.append(event, self.traffic);
        connection
    }

    /// Records a fault that the scenario injected into a connection.
    pub(crate) fn fault(&self, connection: usize, what: impl Into<String>) {
        self.record(Event::Fault {
            connection,
            what: what.into(),
        });
    }

    /// Records a note about a connection.
    pub(crate) fn note(&self, connection: usize, what: impl Into<String>) {
        self.record(Event::Note {
            connection,
            what: what.into(),
        });
    }

    /// Starts the next phase, because the scenario was changed.
    pub(crate) fn next_phase(&self) {
        self.log().phase += 1;
    }

    /// Restarts the time of entries.
    pub(crate) fn begin(&self) {
        let mut log = self.log();
        (log.started, log.began) = (Instant::now(), shared_seconds());
    }

    /// Passes each entry to `listener` from now on, and keeps none, since a listener may run for days.
    pub(crate) fn follow(&self, listener: Listener) {
        self.log().listener = Some(listener);
    }

    /// Removes the entries, and returns them with the number of connection attempts as a transcript.
    pub(crate) fn take(&self, attempts: Option<u64>) -> Transcript {
        let mut log = self.log();
        let mut entries = mem::take(&mut log.first);
        let last = mem::take(&mut log.last);
        let left_out = mem::take(&mut log.left_out);
        if let (Some(next), 1..) = (last.front(), left_out) {
            entries.push(TranscriptEntry {
                event: Event::Note {
                    connection: 0,
                    what: format!("{left_out} entries are left out here"),
                },
                revealed: None,
                ..next.clone()
            });
        }
        entries.extend(last);
        let (began, tally) = (log.began, mem::take(&mut log.tally));
        Transcript::counted(entries, attempts, left_out, began, tally)
    }

    /// How many connections were made with hosts that the plugin does not ask.
    pub(crate) fn connections_with_other_hosts(&self) -> u64 {
        self.log().tally.connections_with_other_hosts()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // If a listener panicked, the entries are still complete.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn append(&mut self, mut event: Event, traffic: Traffic) {
        if traffic == Traffic::TestAuthority {
            match event {
                Event::Connection { .. } => return self.tally.add_connection_with_other_host(),
                Event::Request { .. } => {
                    event = Event::Note {
                        connection: 0,
                        what: "the test authority's list of revoked certificates was fetched"
                            .to_owned(),
                    };
                }
                _ => return,
            }
        }
        let (mut event, mut revealed) = self.masking.recorded(event);
        shorten(&mut event);
        revealed.as_deref_mut().into_iter().for_each(shorten);
        let entry = TranscriptEntry {
            at: self.started.elapsed(),
            phase: self.phase,
            event,
            revealed,
        };
        match &mut self.listener {
            Some(listener) => listener(&entry.for_people()),
            None => self.keep(entry, traffic),
        }
    }

    fn keep(&mut self, entry: TranscriptEntry, traffic: Traffic) {
        match traffic {
            Traffic::Server => self.tally.add(&entry),
            Traffic::OtherHosts => self.tally.add_of_other_hosts(&entry),
            Traffic::TestAuthority => {}
        }
        if self.first.len() < FIRST_ENTRIES {
            self.first.push(entry);
            return;
        }
        if self.last.len() == LAST_ENTRIES {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(entry);
    }
}

/// Shortens the texts of an event.
fn shorten(event: &mut Event) {
    match event {
        Event::Question {
            name, kind, answer, ..
        } => {
            cut(name);
            cut(kind);
            cut(answer);
        }
        Event::Handshake {
            name,
            offers,
            outcome,
            ..
        } => {
            if let Some(name) = name {
                cut(name);
            }
            for list in [&mut offers.versions, &mut offers.protocols] {
                list.truncate(MAX_OFFERS);
                list.iter_mut().for_each(cut);
            }
            match outcome {
                Handshake::Completed(text)
                | Handshake::CompletedForHttp2(text)
                | Handshake::Refused(text)
                | Handshake::FaultAccepted(text) => cut(text),
                Handshake::FaultInjected => {}
            }
        }
        Event::Request {
            method,
            host,
            target,
            ..
        } => {
            cut(method);
            cut(host);
            cut(target);
        }
        Event::Connection { to: text, .. }
        | Event::Fault { what: text, .. }
        | Event::Reply { what: text, .. }
        | Event::Note { what: text, .. } => cut(text),
        Event::Staple { .. }
        | Event::Fragment { .. }
        | Event::Unused { .. }
        | Event::UnservedPort { .. } => {}
    }
}

/// Shortens a text, and releases the memory of the rest.
fn cut(text: &mut String) {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
        text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str) -> Event {
        Event::Question {
            name: name.to_owned(),
            kind: "A".to_owned(),
            transport: "udp".to_owned(),
            late: false,
            answer: "nothing".to_owned(),
        }
    }

    #[test]
    fn a_long_run_keeps_its_first_and_last_entries_and_counts_all() {
        let recorder = Recorder::new(Masking::default());
        let all = FIRST_ENTRIES + LAST_ENTRIES + 7;
        for number in 0..all {
            recorder.record(question(&number.to_string()));
        }
        let transcript = recorder.take(None);
        assert_eq!(transcript.questions(), all);
        assert_eq!(transcript.left_out, 7);
        assert_eq!(transcript.entries.len(), FIRST_ENTRIES + 1 + LAST_ENTRIES);
        assert!(matches!(
            &transcript.entries[FIRST_ENTRIES].event,
            Event::Note { what, .. } if what == "7 entries are left out here"
        ));
        assert_eq!(transcript.entries[0].event, question("0"));
        let last = transcript.entries.last().map(|entry| &entry.event);
        assert_eq!(last, Some(&question(&(all - 1).to_string())));
    }

    #[test]
    fn a_run_that_just_fits_leaves_nothing_out() {
        let recorder = Recorder::new(Masking::default());
        for _ in 0..FIRST_ENTRIES + LAST_ENTRIES {
            recorder.record(question("a"));
        }
        let transcript = recorder.take(None);
        assert_eq!(transcript.left_out, 0);
        assert_eq!(transcript.entries.len(), FIRST_ENTRIES + LAST_ENTRIES);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let recorder = Recorder::new(Masking::default());
        recorder.record(question(&"é".repeat(MAX_TEXT)));
        recorder.record(question(&format!("a{}", "é".repeat(MAX_TEXT))));
        for entry in recorder.take(None).entries {
            let Event::Question { name, .. } = entry.event else {
                panic!("{entry:?}");
            };
            assert!(name.len() <= MAX_TEXT + '…'.len_utf8(), "{}", name.len());
            assert!(name.ends_with("é…"));
        }
    }
}

//! Where the tasks of one scenario write down what happens.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::transcript::{Event, TranscriptEntry};

/// Told of each entry as it is written.
type Listener = Box<dyn FnMut(&TranscriptEntry) + Send>;

/// The transcript of one scenario while it is being written, shared by its tasks.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Mutex<Log>>);

struct Log {
    begun: Instant,
    phase: usize,
    connections: usize,
    entries: Vec<TranscriptEntry>,
    listener: Option<Listener>,
}

impl Recorder {
    /// An empty transcript that begins now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Log {
            begun: Instant::now(),
            phase: 0,
            connections: 0,
            entries: Vec::new(),
            listener: None,
        })))
    }

    /// Writes one event down.
    pub(crate) fn record(&self, event: Event) {
        self.log().write(event);
    }

    /// Numbers a connection and writes it down, so that numbers follow the order of entries.
    pub(crate) fn connection(&self, to: String, secure: bool) -> usize {
        let mut log = self.log();
        log.connections += 1;
        let connection = log.connections;
        log.write(Event::Connection {
            connection,
            to,
            secure,
        });
        connection
    }

    /// Writes down what the scenario did to a connection by plan.
    pub(crate) fn fault(&self, connection: usize, what: impl Into<String>) {
        self.record(Event::Fault {
            connection,
            what: what.into(),
        });
    }

    /// Writes a note about a connection down.
    pub(crate) fn note(&self, connection: usize, what: impl Into<String>) {
        self.record(Event::Note {
            connection,
            what: what.into(),
        });
    }

    /// The scenario was changed.
    pub(crate) fn next_phase(&self) {
        self.log().phase += 1;
    }

    /// Time counts from now on.
    pub(crate) fn begin(&self) {
        self.log().begun = Instant::now();
    }

    /// Has each entry told from now on, and none kept: whoever follows may do so for days.
    pub(crate) fn follow(&self, listener: Listener) {
        self.log().listener = Some(listener);
    }

    /// All entries so far, which are no longer kept.
    pub(crate) fn take(&self) -> Vec<TranscriptEntry> {
        mem::take(&mut self.log().entries)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A listener that panicked leaves whole entries behind, nothing half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn write(&mut self, event: Event) {
        let entry = TranscriptEntry {
            at: self.begun.elapsed(),
            phase: self.phase,
            event,
        };
        match &mut self.listener {
            Some(listener) => listener(&entry),
            None => self.entries.push(entry),
        }
    }
}

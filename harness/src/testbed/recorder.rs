//! Records the events of one scenario.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::transcript::{Event, TranscriptEntry};

/// Receives each entry as it is recorded.
type Listener = Box<dyn FnMut(&TranscriptEntry) + Send>;

/// The transcript of a running scenario, shared by its tasks.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Mutex<Log>>);

struct Log {
    started: Instant,
    phase: usize,
    connections: usize,
    entries: Vec<TranscriptEntry>,
    listener: Option<Listener>,
}

impl Recorder {
    /// An empty transcript whose time starts now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Log {
            started: Instant::now(),
            phase: 0,
            connections: 0,
            entries: Vec::new(),
            listener: None,
        })))
    }

    pub(crate) fn record(&self, event: Event) {
        self.log().append(event);
    }

    /// Assigns the next number to a connection and records it, so that numbers follow the order of entries.
    pub(crate) fn connection(&self, to: String, secure: bool) -> usize {
        let mut log = self.log();
        log.connections += 1;
        let connection = log.connections;
        log.append(Event::Connection {
            connection,
            to,
            secure,
        });
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
        self.log().started = Instant::now();
    }

    /// Passes each entry to `listener` from now on, and keeps none, since a listener may run for days.
    pub(crate) fn follow(&self, listener: Listener) {
        self.log().listener = Some(listener);
    }

    /// Removes and returns the entries.
    pub(crate) fn take(&self) -> Vec<TranscriptEntry> {
        mem::take(&mut self.log().entries)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // If a listener panicked, the entries are still complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn append(&mut self, event: Event) {
        let entry = TranscriptEntry {
            at: self.started.elapsed(),
            phase: self.phase,
            event,
        };
        match &mut self.listener {
            Some(listener) => listener(&entry),
            None => self.entries.push(entry),
        }
    }
}

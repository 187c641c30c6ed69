//! The steps of a script that are made in a way of Windows's own.

use std::collections::BTreeSet;
use std::io;

use super::load::EntryPoint;
use super::{snapshot, thread_state};
use crate::worker::calls::{self, Pace};
use crate::worker::interpreter::WorkerResources;
use crate::worker::observation::{Call, Snapshot, Watched};
use crate::worker::script::Step;

/// What these steps share.
pub(in crate::worker) struct SystemSteps {
    /// The libraries that the harness itself needs.
    harness: BTreeSet<String>,
}

impl SystemSteps {
    /// Call it before the plugin is loaded.
    pub(in crate::worker) fn begin(_watched: bool) -> Self {
        // Has Rust's standard library allocate its own indexes, so that they are not attributed to the plugin.
        drop(std::thread::current());
        thread_state::indexes_free();
        Self {
            harness: snapshot::libraries(),
        }
    }

    /// Makes one of these steps; `entry` is the plugin's function, if it is loaded.
    pub(in crate::worker) fn make(
        &mut self,
        step: &Step,
        entry: Result<EntryPoint, String>,
        pace: &Pace,
    ) -> Result<Vec<Call>, String> {
        match step {
            // How long its threads wait for a processor, a process is not told: see `Call::queued`.
            Step::MeasuredCall => {
                let call = calls::once(entry?, &pace.reporter);
                pace.reporter.count();
                Ok(vec![call])
            }
            step => Err(format!("{step}: Windows has no such thing")),
        }
    }

    /// Nothing is watched.
    pub(in crate::worker) fn begin_watch(&self) {}

    /// See [`SystemSteps::begin_watch`].
    pub(in crate::worker) fn end_watch(&self) -> Option<Watched> {
        None
    }

    /// The present state of the process; call it on the main thread.
    pub(in crate::worker) fn snapshot(&self, own: &WorkerResources<'_>) -> io::Result<Snapshot> {
        snapshot::take(own, &self.harness)
    }
}

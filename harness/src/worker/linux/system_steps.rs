//! The steps of a script that are made in a way of Linux's own.

use std::cell::OnceCell;
use std::io;

use super::load::EntryPoint;
use super::process_state::ResolverSettings;
use super::snapshot;
use super::wall_clock;
use super::watcher::Watcher;
use super::zombie::leave_zombie;
use super::{cancelled, conditions, forked, run_queue};
use crate::worker::calls::{self, Pace};
use crate::worker::interpreter::WorkerResources;
use crate::worker::observation::{Call, Snapshot, Watched};
use crate::worker::script::Step;

/// What these steps share.
pub(in crate::worker) struct SystemSteps {
    /// The resolver settings of a thread that changed none.
    resolver: OnceCell<ResolverSettings>,
    /// The thread that watches calls, if the script started it.
    watcher: Option<Watcher>,
}

impl SystemSteps {
    /// Call it before the plugin is loaded. With `watched`, snapshots are taken after each step.
    pub(in crate::worker) fn begin(watched: bool) -> Self {
        // Has Rust's standard library allocate its own thread-local key, so that it is not attributed to the plugin.
        drop(std::thread::current());
        if watched {
            // A host has children of its own, which a plugin must not reap. Without one, less is shown.
            drop(leave_zombie());
        }
        Self {
            resolver: OnceCell::new(),
            watcher: None,
        }
    }

    /// Makes one of these steps; `entry` is the plugin's function, if it is loaded.
    pub(in crate::worker) fn make(
        &mut self,
        step: &Step,
        entry: Result<EntryPoint, String>,
        pace: &Pace,
    ) -> Result<Vec<Call>, String> {
        let reporter = &pace.reporter;
        match *step {
            Step::MeasuredCall => Ok(vec![run_queue::measured(entry?, reporter)?]),
            Step::CancelledCall { when } => {
                let call = cancelled::call(entry?, when, reporter)?;
                Ok(call.into_iter().collect())
            }
            Step::CallInFork => Ok(vec![forked::call(entry?, reporter)?]),
            Step::CallWithClockSetBack => Ok(vec![wall_clock::call(entry?, reporter)?]),
            Step::CallUnder { condition, times } => {
                let (entry, pace) = (entry?, pace.clone());
                conditions::under(condition, move || calls::repeatedly(entry, times, &pace))
            }
            Step::LeaveZombie => {
                leave_zombie().map_err(|error| format!("cannot make a child process: {error}"))?;
                Ok(Vec::new())
            }
            Step::Watch => {
                let watcher = Watcher::start()
                    .map_err(|error| format!("the process cannot be watched: {error}"))?;
                self.watcher = Some(watcher);
                Ok(Vec::new())
            }
            Step::Load { .. }
            | Step::Unload { .. }
            | Step::LoadCopy
            | Step::CallCopy
            | Step::UnloadCopy
            | Step::SpawnThread { .. }
            | Step::JoinThread { .. }
            | Step::Call { .. }
            | Step::CallConcurrently { .. }
            | Step::CallSequentially { .. }
            | Step::Rounds { .. }
            | Step::Snapshot
            | Step::IdleWithLoad { .. }
            | Step::ChangeScenario(_) => Err(format!("{step}: it is the same on all systems")),
        }
    }

    /// A step with calls begins.
    pub(in crate::worker) fn begin_watch(&self) {
        if let Some(watcher) = &self.watcher {
            watcher.begin();
        }
    }

    /// The step has ended. What was seen during it, if it was watched.
    pub(in crate::worker) fn end_watch(&self) -> Option<Watched> {
        self.watcher.as_ref().map(Watcher::end)
    }

    /// The present state of the process; call it on the main thread.
    pub(in crate::worker) fn snapshot(&self, own: &WorkerResources<'_>) -> io::Result<Snapshot> {
        let usual = *self.resolver.get_or_init(ResolverSettings::default_ones);
        snapshot::take(own, usual)
    }
}

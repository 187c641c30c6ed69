//! A thread of the host that looks at what all threads share while the plugin is called.
//!
//! It does not rely on being there at the right moment: the kernel holds each system call of the plugin that could begin
//! or end a change until it has looked (`system_calls.rs`). It also looks at short intervals, for what changes without a
//! system call.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, mem};

use super::shared_state::{SIGNAL, SharedState, StateReader};
use super::system_calls::SystemCallListener;
use super::threads::Thread;
use crate::worker::observation::Watched;

/// How often the thread looks while no system call waits.
const INTERVAL: Duration = Duration::from_millis(1);

/// How many states are kept of one step.
const MAX_STATES: usize = 64;

/// How many changes of one step are reported.
const MAX_CHANGES: usize = 8;

/// How many characters of a value are reported.
const MAX_VALUE: usize = 80;

/// The watching thread, from the side of the worker's main thread.
#[derive(Debug)]
pub(super) struct Watcher(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    reader: StateReader,
    seen: Mutex<Seen>,
}

/// What was seen in the current step.
#[derive(Debug, Default)]
struct Seen {
    /// Whether a step is watched.
    watching: bool,
    looks: u32,
    /// The different states, in the order in which they were seen. The first is that before the step.
    states: Vec<SharedState>,
}

impl Watcher {
    /// Starts to watch the calling thread, and all threads that it starts from now on, until the process ends.
    pub(super) fn start() -> io::Result<Self> {
        let (ready, is_ready) = sync_channel(1);
        let (give, take) = sync_channel(1);
        // Before the calling thread is listened to: the watching thread's own system calls must not wait for it.
        // It is never joined: the last system call of the process waits for it, too.
        let _thread = Thread::start(None, move || {
            if let Some(shared) = begin(&ready) {
                watch(&shared, &take);
            }
        })?;
        let shared = is_ready.recv().map_err(io::Error::other)??;
        let listener = SystemCallListener::install()?;
        give.send(listener).map_err(io::Error::other)?;
        Ok(Self(shared))
    }

    /// A step begins.
    pub(super) fn begin(&self) {
        let mut seen = self.0.seen();
        *seen = Seen {
            watching: true,
            looks: 0,
            states: vec![self.0.reader.read()],
        };
    }

    /// The step has ended.
    pub(super) fn end(&self) -> Watched {
        let after = self.0.reader.read();
        let mut seen = self.0.seen();
        let Seen { looks, states, .. } = mem::take(&mut *seen);
        Watched {
            looks,
            changes: undone(&states, &after),
        }
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) {
        let mut seen = self.seen();
        if !seen.watching {
            return;
        }
        // With the lock, so that it is not attributed to a later step.
        let state = self.reader.read();
        seen.looks = seen.looks.saturating_add(1);
        if seen.states.len() < MAX_STATES && !seen.states.contains(&state) {
            seen.states.push(state);
        }
    }
}

/// Opens the files on the watching thread, which one of them is about, and hands them to the main thread, too.
fn begin(ready: &std::sync::mpsc::SyncSender<io::Result<Arc<Shared>>>) -> Option<Arc<Shared>> {
    let opened = StateReader::open().map(|reader| {
        Arc::new(Shared {
            reader,
            seen: Mutex::default(),
        })
    });
    let shared = opened.as_ref().ok().cloned();
    ready.send(opened).ok()?;
    shared
}

/// Looks until the process ends. Only if nothing is listened to, this returns.
fn watch(shared: &Shared, listener: &Receiver<SystemCallListener>) {
    let Ok(listener) = listener.recv() else {
        return;
    };
    loop {
        let call = listener.receive(INTERVAL);
        shared.look();
        if let Some(call) = call {
            listener.go_on(call);
        }
    }
}

/// What had another value in one of the states than before and after all of them.
fn undone(states: &[SharedState], after: &SharedState) -> Vec<String> {
    let Some((before, during)) = states.split_first() else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    for state in during {
        for name in before.keys().chain(state.keys()) {
            let value = state.get(name);
            if value != before.get(name) && value != after.get(name) {
                let change = format!(
                    "{name} was {} before and {} meanwhile",
                    describe(name, before.get(name)),
                    describe(name, value)
                );
                if changes.len() < MAX_CHANGES && !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
    }
    changes
}

fn describe(name: &str, value: Option<&String>) -> String {
    match value {
        Some(value) => format!("{:?}", value.chars().take(MAX_VALUE).collect::<String>()),
        None if name.starts_with(SIGNAL) => "the default".to_owned(),
        None => "not set".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(pairs: &[(&str, &str)]) -> SharedState {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_what_is_neither_as_before_nor_as_after_was_undone() {
        let before = state(&[("the umask", "0022"), ("the variable A", "1")]);
        let during = state(&[("the umask", "0077"), ("the variable A", "2")]);
        let after = state(&[("the umask", "0022"), ("the variable A", "2")]);
        assert_eq!(
            undone(&[before, during], &after),
            [r#"the umask was "0022" before and "0077" meanwhile"#]
        );
    }

    #[test]
    fn what_appears_and_what_disappears_is_a_change() {
        let (none, one) = (state(&[]), state(&[("the action for SIGPIPE", "ignored")]));
        assert_eq!(
            undone(&[none.clone(), one.clone()], &none),
            [r#"the action for SIGPIPE was the default before and "ignored" meanwhile"#]
        );
        assert_eq!(
            undone(&[one.clone(), none.clone()], &one),
            [r#"the action for SIGPIPE was "ignored" before and the default meanwhile"#]
        );
        assert!(undone(&[none.clone(), one.clone()], &one).is_empty());
        assert!(undone(&[none.clone(), none.clone()], &none).is_empty());
    }
}

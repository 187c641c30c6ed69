//! The ways to call a plugin, each call timed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::os::{self, EntryPoint, LoadedPlugin, Thread};
use super::reporter::Reporter;
use crate::clock::shared_seconds;
use crate::worker::observation::Call;

/// When repeated calls and rounds end early.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// None if that is further away than a clock can tell.
    end: Option<Instant>,
}

impl Budget {
    /// A budget that begins now.
    pub(super) fn new(time: Duration) -> Self {
        Self {
            end: Instant::now().checked_add(time),
        }
    }

    /// The part of what is left for a step that makes `own` of `all` calls that are still to come.
    pub(super) fn share(self, own: u64, all: u64) -> Self {
        let now = Instant::now();
        let left = self.end.map(|end| end.saturating_duration_since(now));
        let share = left.map(|left| left.mul_f64(own as f64 / all.max(1) as f64));
        Self {
            end: share.and_then(|share| now.checked_add(share)),
        }
    }

    /// A time, or half of what is left if that is shorter. What takes up to a second is done whatever is left.
    pub(super) fn half_of_the_rest(self, time: Duration) -> Duration {
        const SHORT: Duration = Duration::from_secs(1);
        let left = self
            .end
            .map(|end| end.saturating_duration_since(Instant::now()));
        left.map_or(time, |left| time.min((left / 2).max(SHORT)))
    }

    /// What is left of it, for a host that counts by itself; none if its end is further away than a clock can tell.
    #[cfg(target_os = "linux")]
    pub(super) fn left(self) -> Option<Duration> {
        let end = self.end?;
        Some(end.saturating_duration_since(Instant::now()))
    }

    pub(super) fn is_over(self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }
}

/// What repeated calls and rounds report to, and when they end early.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    pub(super) reporter: Arc<Reporter>,
    pub(super) budget: Budget,
}

impl Pace {
    /// Counts a call or a round. Returns whether there is time for another one.
    fn count(&self) -> bool {
        self.reporter.count();
        !self.budget.is_over()
    }
}

/// Makes one measured call.
pub(super) fn once(entry: EntryPoint, reporter: &Reporter) -> Call {
    let began = shared_seconds();
    let cpu = os::processor_seconds();
    os::set_errno();
    let started = Instant::now();
    let value = entry.call();
    let seconds = started.elapsed().as_secs_f64();
    // Reading the clock does not fail and so does not change it.
    let errno_kept = os::is_errno_kept();
    let cpu = os::processor_seconds() - cpu;
    reporter.returned(value);
    Call {
        value,
        began,
        seconds,
        cpu,
        queued: None,
        errno_kept,
    }
}

/// Calls on the current thread, one after the other.
pub(super) fn repeatedly(entry: EntryPoint, times: u32, pace: &Pace) -> Vec<Call> {
    let mut calls = Vec::with_capacity(times as usize);
    for _ in 0..times {
        calls.push(once(entry, &pace.reporter));
        if !pace.count() {
            break;
        }
    }
    calls
}

/// Holds threads back until all of them have been started.
#[derive(Default)]
struct StartGate {
    state: Mutex<StartGateState>,
    changed: Condvar,
}

#[derive(Default)]
struct StartGateState {
    waiting: u32,
    /// None while closed; then whether the threads make their calls.
    open: Option<bool>,
}

impl StartGate {
    /// Waits until the gate opens. Returns whether to call.
    fn wait(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting += 1;
        self.changed.notify_all();
        let state = self
            .changed
            .wait_while(state, |state| state.open.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        state.open == Some(true)
    }

    /// Opens the gate once `threads` threads are waiting.
    fn open(&self, threads: u32, call: bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self
            .changed
            .wait_while(state, |state| state.waiting < threads)
            .unwrap_or_else(PoisonError::into_inner);
        state.open = Some(call);
        self.changed.notify_all();
    }
}

/// Calls on many threads that start at the same time. Makes no call if a thread cannot
/// be started.
pub(super) fn concurrently(
    entry: EntryPoint,
    threads: u32,
    calls: u32,
    pace: Pace,
    results: &mut Vec<Call>,
) -> Result<(), String> {
    let gate = Arc::new(StartGate::default());
    let all = Arc::new(Mutex::new(Vec::new()));
    let mut started = Vec::new();
    let mut outcome = Ok(());
    for number in 0..threads {
        let (gate, all, pace) = (Arc::clone(&gate), Arc::clone(&all), pace.clone());
        let thread = Thread::start(None, move || {
            if gate.wait() {
                let calls = repeatedly(entry, calls, &pace);
                all.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(calls);
            }
        });
        match thread {
            Ok(thread) => started.push(thread),
            Err(error) => {
                outcome = Err(format!(
                    "cannot start thread {} of {threads}: {error}",
                    number + 1
                ));
                break;
            }
        }
    }
    gate.open(
        u32::try_from(started.len()).unwrap_or(u32::MAX),
        outcome.is_ok(),
    );
    for thread in started {
        thread
            .join()
            .map_err(|error| format!("cannot join a thread: {error}"))?;
    }
    results.append(&mut all.lock().unwrap_or_else(PoisonError::into_inner));
    outcome
}

/// Runs a job on a thread of its own and joins it.
pub(super) fn on_a_thread<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let result = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&result);
    let thread = Thread::start(None, move || {
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(job());
    })
    .map_err(|error| format!("cannot start a thread: {error}"))?;
    thread
        .join()
        .map_err(|error| format!("cannot join a thread: {error}"))?;
    let result = result.lock().unwrap_or_else(PoisonError::into_inner).take();
    result.ok_or_else(|| "the thread ended before its work was done".to_owned())
}

/// Calls once on each of many threads, one after the other.
pub(super) fn sequentially(
    entry: EntryPoint,
    threads: u32,
    pace: &Pace,
    results: &mut Vec<Call>,
) -> Result<(), String> {
    for number in 1..=threads {
        let shared_reporter = Arc::clone(&pace.reporter);
        let call = on_a_thread(move || once(entry, &shared_reporter))
            .map_err(|error| format!("thread {number}: {error}"))?;
        results.push(call);
        if !pace.count() {
            break;
        }
    }
    Ok(())
}

/// Loads, calls and unloads repeatedly.
pub(super) fn rounds(
    plugin: &Path,
    count: u32,
    own_thread: bool,
    pace: &Pace,
    results: &mut Vec<Call>,
) -> Result<(), String> {
    for number in 1..=count {
        let call = if own_thread {
            let (plugin, shared_reporter) = (PathBuf::from(plugin), Arc::clone(&pace.reporter));
            on_a_thread(move || round(&plugin, &shared_reporter)).and_then(|call| call)
        } else {
            round(plugin, &pace.reporter)
        };
        results.push(call.map_err(|error| format!("round {number}: {error}"))?);
        if !pace.count() {
            break;
        }
    }
    Ok(())
}

fn round(plugin: &Path, reporter: &Reporter) -> Result<Call, String> {
    let loaded = LoadedPlugin::load(plugin).map_err(|error| error.to_string())?;
    let call = once(loaded.entry(), reporter);
    loaded.unload().map_err(|error| error.to_string())?;
    Ok(call)
}

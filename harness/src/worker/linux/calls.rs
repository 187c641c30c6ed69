//! The ways to call a plugin, each call timed.

use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::load::{EntryPoint, Loaded};
use super::reporter::Reporter;
use super::threads::Thread;
use crate::worker::observation::Call;

/// What errno is before each call: no error that a plugin would meet.
const ERRNO: c_int = libc::EXFULL;

/// Calls once, and measures.
fn once(entry: EntryPoint, reporter: &Reporter) -> Call {
    // SAFETY: The C library gives each thread's errno an address that is good while the thread lives.
    let errno = unsafe { libc::__errno_location() };
    let cpu = processor_seconds();
    // SAFETY: See above; it is this thread's.
    unsafe { *errno = ERRNO };
    let started = Instant::now();
    let value = entry.call();
    let seconds = started.elapsed().as_secs_f64();
    // SAFETY: See above. Taking the time does not fail and so does not change it.
    let errno_kept = unsafe { *errno } == ERRNO;
    let cpu = processor_seconds() - cpu;
    reporter.returned(value);
    Call {
        value,
        seconds,
        cpu,
        errno_kept,
    }
}

/// The processor time of the whole process so far, in seconds.
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Calls on this thread.
pub(super) fn repeatedly(entry: EntryPoint, times: u32, reporter: &Reporter) -> Vec<Call> {
    let mut calls = Vec::with_capacity(times as usize);
    for _ in 0..times {
        calls.push(once(entry, reporter));
        reporter.count();
    }
    calls
}

/// Where threads wait for each other.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    waiting: u32,
    /// Whether the threads are to go, and if so whether to call.
    open: Option<bool>,
}

impl Gate {
    /// Waits on a thread until the gate opens. Says whether to call.
    fn pass(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting += 1;
        self.changed.notify_all();
        let state = self
            .changed
            .wait_while(state, |state| state.open.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        state.open == Some(true)
    }

    /// Opens once so many threads wait.
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

/// Calls on many threads that begin together. Nothing is called if not all of
/// them can be started.
pub(super) fn concurrently(
    entry: EntryPoint,
    threads: u32,
    calls: u32,
    reporter: &Arc<Reporter>,
    seen: &mut Vec<Call>,
) -> Result<(), String> {
    let gate = Arc::new(Gate::default());
    let all = Arc::new(Mutex::new(Vec::new()));
    let mut started = Vec::new();
    let mut trouble = Ok(());
    for number in 0..threads {
        let (gate, all, reporter) = (Arc::clone(&gate), Arc::clone(&all), Arc::clone(reporter));
        let thread = Thread::start(None, move || {
            if gate.pass() {
                let calls = repeatedly(entry, calls, &reporter);
                all.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(calls);
            }
        });
        match thread {
            Ok(thread) => started.push(thread),
            Err(error) => {
                trouble = Err(format!(
                    "cannot start thread {} of {threads}: {error}",
                    number + 1
                ));
                break;
            }
        }
    }
    gate.open(
        u32::try_from(started.len()).unwrap_or(u32::MAX),
        trouble.is_ok(),
    );
    for thread in started {
        thread
            .join()
            .map_err(|error| format!("cannot join a thread: {error}"))?;
    }
    seen.append(&mut all.lock().unwrap_or_else(PoisonError::into_inner));
    trouble
}

/// Runs a job on a thread of its own and joins it.
fn on_a_thread<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let result = Arc::new(Mutex::new(None));
    let place = Arc::clone(&result);
    let thread = Thread::start(None, move || {
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(job());
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
    reporter: &Arc<Reporter>,
    seen: &mut Vec<Call>,
) -> Result<(), String> {
    for number in 1..=threads {
        let its = Arc::clone(reporter);
        let call = on_a_thread(move || once(entry, &its))
            .map_err(|error| format!("thread {number}: {error}"))?;
        seen.push(call);
        reporter.count();
    }
    Ok(())
}

/// Loads, calls and unloads, again and again.
pub(super) fn rounds(
    plugin: &Path,
    count: u32,
    own_thread: bool,
    reporter: &Arc<Reporter>,
    seen: &mut Vec<Call>,
) -> Result<(), String> {
    for number in 1..=count {
        let call = if own_thread {
            let (plugin, its) = (PathBuf::from(plugin), Arc::clone(reporter));
            on_a_thread(move || round(&plugin, &its)).and_then(|call| call)
        } else {
            round(plugin, reporter)
        };
        seen.push(call.map_err(|error| format!("round {number}: {error}"))?);
        reporter.count();
    }
    Ok(())
}

fn round(plugin: &Path, reporter: &Reporter) -> Result<Call, String> {
    let loaded = Loaded::load(plugin).map_err(|error| error.to_string())?;
    let call = once(loaded.entry(), reporter);
    loaded.unload().map_err(|error| error.to_string())?;
    Ok(call)
}

//! Measures how long the plugin waited for a processor during a call.
//!
//! On a busy machine a plugin that spins uses little processor time, because it gets little. What tells it from one
//! that sleeps is the time for which its threads were ready to run and did not.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::thread::gettid;
use rustix::time::{ClockId, clock_gettime};

use super::load::EntryPoint;
use super::snapshot::numbers;
use super::threads::Thread;
use crate::worker::calls;
use crate::worker::observation::Call;
use crate::worker::reporter::Reporter;

/// How often the threads are looked at: what one waited after the last look before it ended is not counted.
pub(super) const INTERVAL: Duration = Duration::from_millis(20);

/// How long each thread waited for a processor, in nanoseconds, at the first look and at the last one.
pub(super) type Waits = BTreeMap<i32, (u64, u64)>;

/// What the measuring thread and the main thread share.
#[derive(Default)]
struct Shared {
    over: Mutex<bool>,
    changed: Condvar,
    result: Mutex<Measured>,
}

/// The measuring thread's result.
#[derive(Clone, Copy, Debug, Default)]
struct Measured {
    /// The longest wait of one thread, in seconds.
    queued: f64,
    /// The processor time that measuring used, in seconds.
    own_cpu: f64,
}

/// Makes one call and measures the waits for a processor.
pub(super) fn measured(entry: EntryPoint, reporter: &Reporter) -> Result<Call, String> {
    let shared = Arc::new(Shared::default());
    let theirs = Arc::clone(&shared);
    let mut waits = Waits::new();
    // The threads that exist already begin with what they have waited so far.
    look("self", &mut waits, true, None);
    let thread = Thread::start(None, move || measure(&theirs, waits))
        .map_err(|error| format!("cannot start a thread: {error}"))?;
    let mut call = calls::once(entry, reporter);
    *shared.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
    shared.changed.notify_all();
    thread
        .join()
        .map_err(|error| format!("cannot join a thread: {error}"))?;
    reporter.count();
    let measured = *shared.result.lock().unwrap_or_else(PoisonError::into_inner);
    call.queued = Some(measured.queued);
    call.cpu = (call.cpu - measured.own_cpu).max(0.0);
    Ok(call)
}

/// Looks at the threads until the call is over.
fn measure(shared: &Shared, mut waits: Waits) {
    let own = gettid().as_raw_nonzero().get();
    let mut over = shared.over.lock().unwrap_or_else(PoisonError::into_inner);
    while !*over {
        look("self", &mut waits, false, Some(own));
        over = shared
            .changed
            .wait_timeout(over, INTERVAL)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
    drop(over);
    look("self", &mut waits, false, Some(own));
    let cpu = clock_gettime(ClockId::ThreadCPUTime);
    *shared.result.lock().unwrap_or_else(PoisonError::into_inner) = Measured {
        queued: longest(&waits),
        own_cpu: cpu.tv_sec as f64 + cpu.tv_nsec as f64 * 1e-9,
    };
}

/// The longest wait of one thread, in seconds.
pub(super) fn longest(waits: &Waits) -> f64 {
    let longest = waits.values().map(|(first, last)| last - first).max();
    Duration::from_nanos(longest.unwrap_or(0)).as_secs_f64()
}

/// Reads how long each thread of the process has waited so far, other than the thread `left_out`. With `first`, the threads
/// are those that existed before the call; one that appears later begins at zero.
pub(super) fn look(process: &str, waits: &mut Waits, first: bool, left_out: Option<i32>) {
    for tid in numbers(&format!("/proc/{process}/task")).unwrap_or_default() {
        if Some(tid) == left_out {
            continue;
        }
        // One that cannot be read has ended.
        let Ok(text) = fs::read_to_string(format!("/proc/{process}/task/{tid}/schedstat")) else {
            continue;
        };
        let Some(waited) = waited(&text) else {
            continue;
        };
        let first = if first { waited } else { 0 };
        let entry = waits.entry(tid).or_insert((first, waited));
        entry.1 = waited.max(entry.0);
    }
}

/// The second number of `schedstat`: nanoseconds in the run queue.
fn waited(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_the_second_number() {
        assert_eq!(waited("12 345 6\n"), Some(345));
        assert_eq!(waited(""), None);
    }
}

//! Judges rounds of load, call and unload.

use super::answer::summarise;
use super::growth;
use super::judgement::{Judgement, NotPassed};
use super::windows::{calls, leaked, memory_leaked, total_memory_growth, windows};
use crate::run::RunRecord;
use crate::worker::observation::{End, Snapshot};
use crate::worker::script::Step;

/// The growth of private memory, in KiB, that a window of rounds may show by chance.
const MEMORY_NOISE: u64 = 256;

/// How to fix a leak of thread-local keys.
const HELP_KEYS: &str = "Delete thread-local keys when the library is unloaded (Rust's standard library does not: use the SDK's `export!`, which does, or pin the library).";

/// How to fix a leak of descriptors.
const HELP_DESCRIPTORS: &str =
    "Close sockets and files on every path, at the latest when the library is unloaded.";

/// How to fix threads that stay.
const HELP_THREADS: &str = "Join every thread before the call returns, or at the latest in a destructor of the library; never detach one.";

/// How to fix a leak of heaps.
const HELP_HEAPS: &str = "Destroy each heap at the latest when the library is unloaded (HeapDestroy in DllMain): also the one of a C runtime that is part of the library.";

/// How to fix a leak of memory.
const HELP_MEMORY: &str = "Free what constructors and the call allocate; what lives longer than a call has to be freed by a destructor of the library. Find leaks with valgrind or a heap profiler.";

/// How to fix answers that change.
const HELP_ANSWERS: &str = "Look for what the first rounds leave for the later ones: an exhausted resource, a file, or a library that stays loaded and is initialised again.";

/// How to fix a crash in a later round.
const HELP_CRASH: &str = "Look for pointers into the unloaded library: exit handlers, thread-local destructors, callbacks that were registered and not removed, threads that still run.";

/// How to fix a round that does not end.
const HELP_HANG: &str = "Look for locks and threads of an earlier round: a destructor of the library must not wait for a thread that needs the loader's lock.";

/// How much the heap of a library that stays loaded may grow before its runtime collects garbage, in KiB: Go's first
/// collection is at 4 MiB.
const COLLECTOR_NOISE: u64 = 8192;

/// Judges rounds in windows between snapshots: the same answer, and no resources leaked. `leak` is the growth of
/// private memory a round, in KiB, from which on it is a leak.
pub(super) fn judge_rounds(record: &RunRecord, leak: f64) -> Judgement {
    if let Some(end) = record.early_end() {
        let help = match record.observation.end {
            End::Hung { .. } => HELP_HANG,
            End::Finished
            | End::Killed { .. }
            | End::Exited { .. }
            | End::TooManyProcesses { .. }
            | End::ChannelLost { .. } => HELP_CRASH,
        };
        return Err(NotPassed::failed(end).with_help(help));
    }
    record.loaded()?;
    if let Some(error) = record.error() {
        return Err(NotPassed::failed(error));
    }
    let windows = windows(record);
    let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
        return Err(NotPassed::skipped("the rounds were not made"));
    };
    let transcript = &record.transcript;
    let used_network = transcript.connections() + transcript.questions() > 0;
    if !used_network && transcript.attempts == Some(0) {
        return Err(NotPassed::skipped(
            "the plugin never tried to reach the server: see answer/asks-server",
        ));
    }
    let answers: Vec<i32> = record.calls().map(|call| call.value).collect();
    if answers.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(NotPassed::failed(format!(
            "not always the same answer: {}",
            summarise(&answers)
        ))
        .with_help(HELP_ANSWERS));
    }
    let rounds = calls(&windows);
    let (before, after) = (first.before, last.after);
    let mut snapshots = windows.iter().flat_map(|it| [it.before, it.after]);
    let are_keys_counted = snapshots.all(|it| it.keys_free.is_some());
    let keys_free = |snapshot: &Snapshot| snapshot.keys_free.unwrap_or(0);
    let keys = leaked(&windows, |snapshot| {
        u64::from(u32::MAX - keys_free(snapshot))
    });
    if let Some(keys) = keys.filter(|_| are_keys_counted) {
        return Err(NotPassed::failed(format!(
            "{keys} thread-local keys were not deleted in {rounds} rounds; {} of {} are left",
            keys_free(after),
            keys_free(before)
        ))
        .with_help(HELP_KEYS));
    }
    // Windows itself keeps some of them.
    let leaked = |count: fn(&Snapshot) -> u64| match record.observation.windows {
        Some(_) => growth::grown(&windows, count),
        None => leaked(&windows, count),
    };
    for (what, count, help) in [
        (
            "descriptors",
            leaked(|snapshot| snapshot.descriptors.len() as u64),
            HELP_DESCRIPTORS,
        ),
        (
            "threads",
            leaked(|snapshot| snapshot.threads.len() as u64),
            HELP_THREADS,
        ),
        (
            "heaps",
            leaked(|snapshot| u64::from(snapshot.heaps)),
            HELP_HEAPS,
        ),
    ] {
        if let Some(count) = count {
            return Err(NotPassed::failed(format!(
                "{count} additional {what} after {rounds} rounds"
            ))
            .with_help(help));
        }
    }
    // A runtime that collects garbage does so only after its heap has grown, and is never unloaded.
    let stays_loaded = record.snapshots().last().is_some_and(|last| last.mapped);
    let noise = if stays_loaded {
        COLLECTOR_NOISE
    } else {
        MEMORY_NOISE
    };
    if let Some(growth) = memory_leaked(&windows, leak, noise) {
        return Err(NotPassed::failed(format!(
            "private memory grew by {growth} KiB in {rounds} rounds, and did not stop growing"
        ))
        .with_help(HELP_MEMORY));
    }
    if !are_keys_counted {
        return Err(NotPassed::skipped("the thread-local keys were not counted"));
    }
    let wanted: u32 = record.script.iter().map(rounds_of).sum();
    let made = if answers.len() < wanted as usize {
        format!(", which is what the budget of time allowed of {wanted} rounds")
    } else {
        String::new()
    };
    Ok(format!(
        "{}; private memory grew by {} KiB{made}",
        summarise(&answers),
        total_memory_growth(&windows)
    ))
}

fn rounds_of(step: &Step) -> u32 {
    match step {
        Step::Rounds { count, .. } => *count,
        _ => 0,
    }
}

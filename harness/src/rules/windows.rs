//! Growth over many calls or rounds, by windows between two snapshots.
//!
//! What grows once is a cache or the heap of a garbage collector; what grows in each window is a leak. So the verdict
//! comes from the slope of the last two windows, however many calls the budget of time allowed.

use crate::run::RunRecord;
use crate::worker::observation::Snapshot;

/// The number of keys, descriptors or threads that may be kept from the first calls on.
const ROOM: u64 = 16;

/// The calls that a window needs to show a leak of some bytes a call.
const MIN_CALLS: u32 = 50;

/// What the heap of a window with few calls may grow by chance, in bytes.
const HEAP_NOISE: u32 = 8 * 1024;

/// The calls between two snapshots, and both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    /// The calls or rounds that were made.
    pub(super) calls: usize,
    pub(super) before: &'a Snapshot,
    pub(super) after: &'a Snapshot,
}

/// The windows between the snapshots that the script asks for, in order. Those without calls are left out.
pub(super) fn windows(record: &RunRecord) -> Vec<Window<'_>> {
    let mut windows = Vec::new();
    let mut before = None;
    let mut calls = 0;
    for (step, report) in record.finished_steps() {
        calls += report.calls.len();
        if *step != crate::worker::script::Step::Snapshot {
            continue;
        }
        let Some(after) = report.snapshot.as_deref() else {
            before = None;
            continue;
        };
        if let Some(before) = before
            && calls > 0
        {
            windows.push(Window {
                calls,
                before,
                after,
            });
        }
        before = Some(after);
        calls = 0;
    }
    windows
}

/// The number of calls or rounds in the windows.
pub(super) fn calls(windows: &[Window<'_>]) -> usize {
    windows.iter().map(|window| window.calls).sum()
}

/// How many more there are after the windows than before, if that is a leak: more than a few, or some more in each of
/// the last two windows.
pub(super) fn leaked(windows: &[Window<'_>], count: impl Fn(&Snapshot) -> u64) -> Option<u64> {
    let (first, last) = (windows.first()?, windows.last()?);
    let total = count(last.after).saturating_sub(count(first.before));
    let steadily = last_two(windows).is_some_and(|two| {
        two.iter()
            .all(|window| count(window.after) > count(window.before))
    });
    (total > ROOM || (steadily && total > 0)).then_some(total)
}

/// The growth of memory in KiB over all windows, if it is a leak: in each of the last two windows more than
/// `per_call` KiB a call, and more than `noise` KiB.
pub(super) fn memory_leaked(windows: &[Window<'_>], per_call: f64, noise: u64) -> Option<u64> {
    let two = last_two(windows)?;
    let leaks = two.iter().all(|window| {
        let growth = memory_growth(window.before, window.after);
        growth > noise && growth as f64 > per_call * window.calls as f64
    });
    leaks.then(|| total_memory_growth(windows))
}

/// How many bytes more are allocated after each call, if that is a leak: about as many in each of the last two windows,
/// both of which have enough calls to tell a leak from a cache that is being filled. `per_call` is in bytes.
pub(super) fn heap_leaked(windows: &[Window<'_>], per_call: u32) -> Option<u32> {
    let growth = |window: &Window<'_>| {
        let calls = u32::try_from(window.calls).ok()?;
        let grown = window.after.heap?.wrapping_sub(window.before.heap?);
        // What is less than before wraps around.
        (calls >= MIN_CALLS && (HEAP_NOISE..u32::MAX / 2).contains(&grown)).then(|| grown / calls)
    };
    let [first, second] = last_two(windows)? else {
        return None;
    };
    let (first, second) = (growth(first)?, growth(second)?);
    let least = first.min(second);
    let steady = first.abs_diff(second) <= least / 4;
    (steady && least >= per_call).then_some(least)
}

/// The growth of memory over all windows, in KiB.
pub(super) fn total_memory_growth(windows: &[Window<'_>]) -> u64 {
    windows
        .first()
        .zip(windows.last())
        .map_or(0, |(first, last)| memory_growth(first.before, last.after))
}

fn memory_growth(before: &Snapshot, after: &Snapshot) -> u64 {
    let memory = |snapshot: &Snapshot| snapshot.memory.unwrap_or_default();
    memory(after).saturating_sub(memory(before))
}

fn last_two<'a, 'b>(windows: &'a [Window<'b>]) -> Option<&'a [Window<'b>]> {
    windows.len().checked_sub(2).map(|start| &windows[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Snapshots with this much memory in KiB, and as many descriptors.
    fn snapshots(values: &[u64]) -> Vec<Snapshot> {
        values
            .iter()
            .map(|&value| Snapshot {
                memory: Some(value),
                descriptors: (0..i32::try_from(value).unwrap())
                    .map(|number| (number, String::new()))
                    .collect(),
                ..Snapshot::default()
            })
            .collect()
    }

    fn between(snapshots: &[Snapshot]) -> Vec<Window<'_>> {
        snapshots
            .windows(2)
            .map(|pair| Window {
                calls: 200,
                before: &pair[0],
                after: &pair[1],
            })
            .collect()
    }

    #[test]
    fn memory_that_grows_in_each_window_is_a_leak() {
        let growing = snapshots(&[0, 2000, 4000, 6000]);
        assert_eq!(memory_leaked(&between(&growing), 5.0, 100), Some(6000));
        for held in [
            [0, 6000, 6000, 6000],
            [0, 10, 6000, 6010],
            [0, 50, 100, 150],
        ] {
            assert_eq!(
                memory_leaked(&between(&snapshots(&held)), 5.0, 100),
                None,
                "{held:?}"
            );
        }
    }

    #[test]
    fn what_each_call_allocates_is_a_leak_however_little_it_is() {
        let heaps = |values: &[u32]| -> Vec<Snapshot> {
            let snapshot = |&value: &u32| Snapshot {
                heap: Some(value),
                ..Snapshot::default()
            };
            values.iter().map(snapshot).collect()
        };
        let leak = |values: &[u32]| heap_leaked(&between(&heaps(values)), 64);
        assert_eq!(leak(&[0, 100_000, 120_000, 140_000]), Some(100));
        assert_eq!(leak(&[u32::MAX - 9_999, 10_000, 30_000]), Some(100));
        for held in [
            [0, 100_000, 200_000, 200_000],
            [0, 100_000, 100_000, 200_000],
            [0, 100_000, 101_000, 102_000],
            [0, 100_000, 120_000, 160_000],
            [90_000, 80_000, 70_000, 60_000],
        ] {
            assert_eq!(leak(&held), None, "{held:?}");
        }
        let few: Vec<Snapshot> = heaps(&[0, 100_000, 200_000]);
        let mut few = between(&few);
        few.iter_mut().for_each(|window| window.calls = 10);
        assert_eq!(heap_leaked(&few, 64), None);
    }

    #[test]
    fn a_few_descriptors_may_be_kept_once() {
        let leak = |values: &[u64]| {
            leaked(&between(&snapshots(values)), |snapshot| {
                snapshot.descriptors.len() as u64
            })
        };
        assert_eq!(leak(&[3, 5, 5, 5]), None);
        assert_eq!(leak(&[3, 5, 6, 7]), Some(4));
        assert_eq!(leak(&[3, 30, 30, 30]), Some(27));
        assert_eq!(leak(&[3]), None);
    }
}

//! What grows with each call, where the system itself keeps some of it.
//!
//! On Windows, and under Wine, the threads and handles of a process include those of pools, which the first calls fill. So what is there after
//! one call shows nothing; what each of many calls adds does.

use super::judgement::{Judgement, NotPassed};
use super::rule::NamedRun;
use super::windows::{Window, calls, windows};
use crate::worker::observation::Snapshot;

/// In how many calls one more may be left before that is a leak.
const CALLS_FOR_ONE: usize = 10;

/// How many more may be left in a window by chance.
const CHANCE: u64 = 2;

/// Judges what grows, where these are runs on Windows or under Wine; none of others.
pub(super) fn judge_on_windows(
    all: &[NamedRun<'_>],
    what: &str,
    count: fn(&Snapshot) -> u64,
) -> Option<Judgement> {
    if !all
        .iter()
        .any(|run| run.record.observation.windows.is_some())
    {
        return None;
    }
    let mut seen = 0;
    for NamedRun { rule, record } in all {
        let windows = windows(record);
        if let Some(growth) = grown(&windows, count) {
            let calls = calls(&windows);
            let seen = format!("{growth} more {what} after {calls} calls");
            return Some(Err(NotPassed::failed_in(rule, &seen)));
        }
        seen += if windows.len() < 2 {
            0
        } else {
            calls(&windows)
        };
    }
    Some(match seen {
        0 => Err(NotPassed::skipped(
            "not judged: on Windows only growth over many calls shows it, and they were not made",
        )),
        calls => Ok(format!("no growth over {calls} calls")),
    })
}

/// The growth over all windows, if there is some in each of the last two that calls have caused.
pub(super) fn grown(windows: &[Window<'_>], count: fn(&Snapshot) -> u64) -> Option<u64> {
    let growth = |window: &Window<'_>| count(window.after).saturating_sub(count(window.before));
    let last = &windows[windows.len().checked_sub(2)?..];
    let leaks = last.iter().all(|window| {
        let least = u64::try_from(window.calls / CALLS_FOR_ONE).unwrap_or(u64::MAX);
        growth(window) > CHANCE.max(least)
    });
    leaks.then(|| windows.iter().map(growth).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_each_window_adds_is_a_leak() {
        let snapshots = |counts: &[usize]| -> Vec<Snapshot> {
            let snapshot = |&count: &usize| Snapshot {
                threads: vec![String::new(); count],
                ..Snapshot::default()
            };
            counts.iter().map(snapshot).collect()
        };
        let leaks = |counts: &[usize]| {
            let all = snapshots(counts);
            let windows: Vec<Window<'_>> = all
                .windows(2)
                .map(|pair| Window {
                    calls: 50,
                    before: &pair[0],
                    after: &pair[1],
                })
                .collect();
            grown(&windows, |snapshot| snapshot.threads.len() as u64)
        };
        assert_eq!(leaks(&[1, 51, 101, 151]), Some(150));
        for pool in [
            &[1, 40, 41, 41][..],
            &[1, 3, 5, 7],
            &[40, 1, 2, 90],
            &[1, 90],
        ] {
            assert_eq!(leaks(pool), None, "{pool:?}");
        }
    }
}

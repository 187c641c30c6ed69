//! Simulates all devices, one thread a processor, and adds up what they ask.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::device::{Check, Observer, simulate};
use super::distribution::DAY;
use super::plan::Plan;
use super::{Habits, Outage, Terms};
use crate::service::{Answer, Moment};

/// How many devices a thread takes at a time.
const CHUNK: u64 = 1024;

/// Many devices over some days.
#[derive(Clone, Debug)]
pub struct Load {
    pub habits: Habits,
    /// In order of time, and none of them begins before the last one has ended.
    pub outages: Vec<Outage>,
    pub terms: Terms,
    pub devices: u64,
    pub days: u32,
    /// Two loads with the same seed have the same users.
    pub seed: u64,
}

impl Load {
    /// The end of the last day, in milliseconds from the beginning of the day before the first.
    pub(super) fn end(&self) -> u64 {
        (u64::from(self.days) + 1) * DAY
    }

    pub(super) fn interval(&self) -> u64 {
        u64::try_from(self.terms.interval.as_millis()).unwrap_or(u64::MAX)
    }

    /// The outage at a time, by its index.
    pub(super) fn outage_at(&self, at: u64) -> Option<usize> {
        let at = Moment(at.checked_sub(DAY)?);
        let is_at = |outage: &Outage| outage.from <= at && at < outage.to;
        self.outages.iter().position(is_at)
    }
}

/// What all devices asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The requests of each second, from the first midnight on.
    pub per_second: Vec<u32>,
    /// How many checks ended with SUCCESS.
    pub succeeded: u64,
    /// How many ended with FAILED.
    pub failed: u64,
    /// How many ended with UNAVAILABLE.
    pub unavailable: u64,
    /// How many things happened: turning on and off, timers, and answers; the day before the first
    /// one with them.
    pub events: u64,
}

/// The caller stopped the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the simulation was stopped")]
pub struct Stopped;

/// Simulates every device. `go_on` is called now and then with the number of devices that are
/// done, and says whether to go on.
///
/// # Errors
/// `go_on` said no.
pub fn run(
    load: &Load,
    threads: NonZeroUsize,
    go_on: &(dyn Fn(u64) -> bool + Sync),
) -> Result<Totals, Stopped> {
    let (next, done, stopped) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let work = || {
        let mut counter = Counter::new(load);
        let mut plan = Plan::default();
        while !stopped.load(Ordering::Relaxed) {
            let first = next.fetch_add(CHUNK, Ordering::Relaxed);
            if first >= load.devices {
                break;
            }
            let end = load.devices.min(first.saturating_add(CHUNK));
            for device in first..end {
                counter.totals.events += simulate(load, device, &mut plan, &mut counter);
            }
            let chunk = end - first;
            if !go_on(done.fetch_add(chunk, Ordering::Relaxed) + chunk) {
                stopped.store(true, Ordering::Relaxed);
            }
        }
        counter.totals
    };
    let totals = thread::scope(|scope| {
        let others: Vec<_> = (1..threads.get()).map(|_| scope.spawn(work)).collect();
        let mut totals = work();
        for other in others {
            match other.join() {
                Ok(more) => totals.add(&more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        totals
    });
    if stopped.load(Ordering::Relaxed) {
        return Err(Stopped);
    }
    Ok(totals)
}

impl Totals {
    fn add(&mut self, more: &Self) {
        for (sum, more) in self.per_second.iter_mut().zip(&more.per_second) {
            *sum = sum.saturating_add(*more);
        }
        self.succeeded += more.succeeded;
        self.failed += more.failed;
        self.unavailable += more.unavailable;
        self.events += more.events;
    }
}

/// The counts of one thread.
struct Counter {
    totals: Totals,
}

impl Counter {
    fn new(load: &Load) -> Self {
        let seconds = u64::from(load.days) * DAY / 1000;
        let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
        Self {
            totals: Totals {
                per_second: vec![0; seconds],
                ..Totals::default()
            },
        }
    }
}

impl Observer for Counter {
    fn asks(&mut self, check: &Check, requested: u64) {
        // The day before the first one is not counted.
        let Some(second) = requested.checked_sub(DAY).map(|at| at / 1000) else {
            return;
        };
        let second = usize::try_from(second).unwrap_or(usize::MAX);
        let Some(count) = self.totals.per_second.get_mut(second) else {
            return;
        };
        *count = count.saturating_add(1);
        match check.answer {
            Answer::Success => self.totals.succeeded += 1,
            Answer::Failed => self.totals.failed += 1,
            Answer::Unavailable => self.totals.unavailable += 1,
        }
    }
}

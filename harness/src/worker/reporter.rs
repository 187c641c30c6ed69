//! The worker's end of the channel.

use std::io::{self, Write};
use std::ops::Deref;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::os::{self, Channel};
use super::protocol::{HEARTBEAT_INTERVAL, Report};
use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::worker::observation::StepReport;

/// Counters in memory that the supervisor or the parent shares, so that they are available even if the
/// worker was killed. A plugin can write to them.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedCounters(&'static Counters);

/// The memory of [`SharedCounters`]. Zeros are valid.
#[derive(Debug, Default)]
#[repr(C)]
pub(super) struct Counters {
    steps: AtomicU32,
    calls: AtomicU32,
    channel_lost: AtomicU32,
    /// 0, which is a valid result, means none.
    out_of_range: AtomicI32,
}

impl SharedCounters {
    /// The counters in that memory, which is never unmapped.
    pub(super) fn at(counters: &'static Counters) -> Self {
        Self(counters)
    }
}

impl Deref for SharedCounters {
    type Target = Counters;

    fn deref(&self) -> &Counters {
        self.0
    }
}

impl Counters {
    /// How many steps have ended.
    pub(super) fn steps(&self) -> u32 {
        self.steps.load(Ordering::SeqCst)
    }

    /// Calls or rounds that the current step has finished.
    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// The first value outside the enumeration that a call of the current step returned.
    pub(super) fn out_of_range(&self) -> Option<i32> {
        match self.out_of_range.load(Ordering::SeqCst) {
            0 => None,
            value => Some(value),
        }
    }

    /// Whether the worker lost its channel.
    pub(super) fn is_channel_lost(&self) -> bool {
        self.channel_lost.load(Ordering::SeqCst) != 0
    }
}

/// Writes reports. Any thread of the worker may use it.
#[derive(Debug)]
pub(super) struct Reporter {
    channel: Channel,
    token: String,
    shared: SharedCounters,
    last: Mutex<Instant>,
}

impl Reporter {
    pub(super) fn new(channel: Channel, token: String, shared: SharedCounters) -> Self {
        Self {
            channel,
            token,
            shared,
            last: Mutex::new(Instant::now()),
        }
    }

    /// The channel, which snapshots omit.
    pub(super) fn channel(&self) -> Channel {
        self.channel
    }

    /// Sends a report. A worker that cannot report ends.
    pub(super) fn send(&self, report: &Report) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(report);
        *last = Instant::now();
    }

    /// Sends the report of a step.
    ///
    /// The step is counted before it is reported: a report that is ahead of the count was not written here.
    pub(super) fn done(&self, step: StepReport) {
        self.shared.steps.fetch_add(1, Ordering::SeqCst);
        self.send(&Report::Done(step));
    }

    /// Resets the counters of the current step.
    pub(super) fn begin(&self) {
        self.shared.calls.store(0, Ordering::SeqCst);
        self.shared.out_of_range.store(0, Ordering::SeqCst);
    }

    /// Records the result of a call if it is outside the enumeration. This is done at once, because the step's calls
    /// are lost if the process crashes.
    pub(super) fn returned(&self, value: i32) {
        if ICS_ENTITLEMENT_RESULT::from_raw(value).is_none() {
            let first = &self.shared.out_of_range;
            // Only the first one is kept.
            let _ = first.compare_exchange(0, value, Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    /// Counts a call or a round, and sends a heartbeat if one is due.
    pub(super) fn count(&self) {
        self.shared.calls.fetch_add(1, Ordering::SeqCst);
        self.heartbeat();
    }

    /// Sends a heartbeat if the last report was sent [`HEARTBEAT_INTERVAL`] ago.
    pub(super) fn heartbeat(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= HEARTBEAT_INTERVAL {
            self.write(&Report::Heartbeat(self.shared.calls()));
            *last = Instant::now();
        }
    }

    fn write(&self, report: &Report) {
        let mut channel = self.channel;
        let written = report
            .encode(&self.token)
            .map_err(io::Error::from)
            .and_then(|line| channel.write_all(&line));
        if written.is_err() {
            // Either the harness has ended, or the plugin closed the descriptor.
            self.shared.channel_lost.store(1, Ordering::SeqCst);
            // Nothing else can be reported any more.
            os::exit_at_once(1)
        }
    }
}

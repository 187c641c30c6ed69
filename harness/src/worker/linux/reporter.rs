//! The worker's end of the channel.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::protocol::{HEARTBEAT_INTERVAL, Report};
use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::worker::observation::StepReport;

/// Counters in memory that the supervisor shares, so that they are available even if the
/// worker was killed. A plugin can write to them.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedCounters(&'static Counters);

#[derive(Debug, Default)]
struct Counters {
    steps: AtomicU32,
    calls: AtomicU32,
    channel_lost: AtomicU32,
    /// 0, which is a valid result, means none.
    out_of_range: AtomicI32,
}

impl SharedCounters {
    /// Maps the memory; call it before the fork.
    pub(super) fn map() -> io::Result<Self> {
        // SAFETY: A new anonymous mapping overlaps no other memory.
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size_of::<Counters>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: The mapping is a whole page, zeroed, which is valid for the atomics, and is never unmapped.
        Ok(Self(unsafe { &*memory.cast::<Counters>() }))
    }

    /// How many steps have ended.
    pub(super) fn steps(self) -> u32 {
        self.0.steps.load(Ordering::SeqCst)
    }

    /// Calls or rounds that the current step has finished.
    pub(super) fn calls(self) -> u32 {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// The first value outside the enumeration that a call of the current step returned.
    pub(super) fn out_of_range(self) -> Option<i32> {
        match self.0.out_of_range.load(Ordering::SeqCst) {
            0 => None,
            value => Some(value),
        }
    }

    /// Whether the worker lost its channel.
    pub(super) fn is_channel_lost(self) -> bool {
        self.0.channel_lost.load(Ordering::SeqCst) != 0
    }
}

/// Writes reports. Any thread of the worker may use it.
#[derive(Debug)]
pub(super) struct Reporter {
    channel: &'static UnixStream,
    token: String,
    shared: SharedCounters,
    last: Mutex<Instant>,
}

impl Reporter {
    pub(super) fn new(channel: &'static UnixStream, token: String, shared: SharedCounters) -> Self {
        Self {
            channel,
            token,
            shared,
            last: Mutex::new(Instant::now()),
        }
    }

    /// The channel's descriptor, which snapshots omit.
    pub(super) fn descriptor(&self) -> RawFd {
        self.channel.as_raw_fd()
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
        self.shared.0.steps.fetch_add(1, Ordering::SeqCst);
        self.send(&Report::Done(step));
    }

    /// Resets the counters of the current step.
    pub(super) fn begin(&self) {
        self.shared.0.calls.store(0, Ordering::SeqCst);
        self.shared.0.out_of_range.store(0, Ordering::SeqCst);
    }

    /// Records the result of a call if it is outside the enumeration. This is done at once, because the step's calls
    /// are lost if the process crashes.
    pub(super) fn returned(&self, value: i32) {
        if ICS_ENTITLEMENT_RESULT::from_raw(value).is_none() {
            let first = &self.shared.0.out_of_range;
            // Only the first one is kept.
            let _ = first.compare_exchange(0, value, Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    /// Counts a call or a round, and sends a heartbeat if one is due.
    pub(super) fn count(&self) {
        self.shared.0.calls.fetch_add(1, Ordering::SeqCst);
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
            self.shared.0.channel_lost.store(1, Ordering::SeqCst);
            // SAFETY: `_exit` ends the process at once; nothing else can be reported any more.
            unsafe { libc::_exit(1) }
        }
    }
}

//! The worker's end of the channel.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::worker::observation::StepReport;
use crate::worker::protocol::{HEARTBEAT_INTERVAL, Report};

/// A few words of memory that the supervisor sees too, so that they are known
/// even of a worker that was killed. A plugin can write to them.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedCounters(&'static Counters);

#[derive(Debug, Default)]
struct Counters {
    steps: AtomicU32,
    calls: AtomicU32,
    channel_lost: AtomicU32,
    /// Zero, which is in range, means none.
    out_of_range: AtomicI32,
}

impl SharedCounters {
    /// Maps the memory; to be called before the fork.
    pub(super) fn map() -> io::Result<Self> {
        // SAFETY: A new anonymous mapping collides with nothing.
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
        // SAFETY: The mapping is a whole page, zeroed, which is a value of the atomics, and is never unmapped.
        Ok(Self(unsafe { &*memory.cast::<Counters>() }))
    }

    /// How many steps are done.
    pub(super) fn steps(self) -> u32 {
        self.0.steps.load(Ordering::SeqCst)
    }

    /// Calls or rounds that the present step has finished.
    pub(super) fn calls(self) -> u32 {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// The first value out of range that a call of the present step returned.
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

/// Writes reports. Any thread of the worker may.
#[derive(Debug)]
pub(super) struct Reporter {
    channel: &'static UnixStream,
    token: String,
    shared: SharedCounters,
    last: Mutex<Instant>,
}

impl Reporter {
    /// A reporter whose reports begin with `token`.
    pub(super) fn new(channel: &'static UnixStream, token: String, shared: SharedCounters) -> Self {
        Self {
            channel,
            token,
            shared,
            last: Mutex::new(Instant::now()),
        }
    }

    /// The channel's descriptor, which is no business of the plugin's.
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
    /// The step is counted before it is reported, never after: a report that is ahead of the count was not written
    /// here.
    pub(super) fn done(&self, step: StepReport) {
        self.shared.0.steps.fetch_add(1, Ordering::SeqCst);
        self.send(&Report::Done(step));
    }

    /// A step begins.
    pub(super) fn begin(&self) {
        self.shared.0.calls.store(0, Ordering::SeqCst);
        self.shared.0.out_of_range.store(0, Ordering::SeqCst);
    }

    /// A call returned a value. One out of range is kept at once, lest it be lost with the step's calls in a crash.
    pub(super) fn returned(&self, value: i32) {
        if ICS_ENTITLEMENT_RESULT::from_raw(value).is_none() {
            let first = &self.shared.0.out_of_range;
            // If there is one already, that one is as good.
            let _ = first.compare_exchange(0, value, Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    /// A call or a round is done: counts it, and gives a sign of life if the last one is long ago.
    pub(super) fn count(&self) {
        self.shared.0.calls.fetch_add(1, Ordering::SeqCst);
        self.heartbeat();
    }

    /// Gives a sign of life if the last one is long ago.
    pub(super) fn heartbeat(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= HEARTBEAT_INTERVAL {
            self.write(&Report::Heartbeat);
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
            // Either the harness is gone, or the plugin closed the descriptor.
            self.shared.0.channel_lost.store(1, Ordering::SeqCst);
            // SAFETY: `_exit` ends the process at once; nobody is left who would hear of anything else.
            unsafe { libc::_exit(1) }
        }
    }
}

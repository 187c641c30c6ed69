//! A call in a forked copy of the host's process.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};

use super::load::EntryPoint;
use super::signals;
use crate::worker::calls;
use crate::worker::observation::Call;
use crate::worker::reporter::Reporter;

/// How long the call may take. The server answers at once; a call that waits for a thread or a lock that the copy does
/// not have never returns.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls once in a child process, and waits for what it reports. Fails if the call does not return.
pub(super) fn call(entry: EntryPoint, reporter: &Reporter) -> Result<Call, String> {
    let failed = |error: io::Error| format!("cannot call in a copy of the process: {error}");
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
    // SAFETY: The child has this thread alone. As a host does that calls a library after `fork`, it relies on the C library,
    // which makes its own locks available there; it uses nothing of this program that another thread may have locked.
    let child = match unsafe { libc::fork() } {
        -1 => return Err(failed(io::Error::last_os_error())),
        0 => answer(entry, reporter, writer),
        child => {
            Pid::from_raw(child).ok_or_else(|| failed(io::Error::other("fork gave no PID")))?
        }
    };
    drop(writer);
    let answered = wait_for(&reader);
    if matches!(answered, Ok(false)) {
        // It is not reaped yet, so the number is still its own.
        let _ = kill_process(child, Signal::KILL);
    }
    let (_, status) = waitpid(Some(child), WaitOptions::empty())
        .map_err(|error| failed(error.into()))?
        .ok_or_else(|| failed(io::Error::other("the child did not end")))?;
    reporter.count();
    if !answered.map_err(|error| failed(error.into()))? {
        return Err(format!("the call did not return within {PATIENCE:?}"));
    }
    let mut report = Vec::new();
    File::from(reader)
        .read_to_end(&mut report)
        .map_err(failed)?;
    serde_json::from_slice(&report).map_err(|_| ended(status))
}

/// The child: reports the call and ends, without the handlers of the host.
fn answer(entry: EntryPoint, reporter: &Reporter, writer: OwnedFd) -> ! {
    let call = calls::once(entry, reporter);
    let report = serde_json::to_vec(&call).unwrap_or_default();
    // The parent sees that there is no report.
    drop(File::from(writer).write_all(&report));
    // SAFETY: `_exit` ends the process at once.
    unsafe { libc::_exit(0) }
}

/// Waits until there is a report, or none will come. Returns whether that was in time.
fn wait_for(reader: &OwnedFd) -> Result<bool, Errno> {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(|_| Errno::INVAL)?;
        match poll(&mut [PollFd::new(reader, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// How a process ended that reported nothing.
fn ended(status: WaitStatus) -> String {
    match (status.terminating_signal(), status.exit_status()) {
        (Some(signal), _) => format!("the call ended the process by {}", signals::name(signal)),
        (None, code) => format!(
            "the call ended the process with code {}",
            code.unwrap_or(-1)
        ),
    }
}

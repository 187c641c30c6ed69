//! A child process of the host, as a host may have one.

use std::io;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// Makes a child process that ends at once, and waits until it has ended
/// without reaping it.
pub(super) fn leave_zombie() -> io::Result<()> {
    // SAFETY: The child calls nothing but `_exit`, which is allowed even if other threads hold locks.
    let child = match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        // SAFETY: See above.
        0 => unsafe { libc::_exit(0) },
        child => Pid::from_raw(child).ok_or_else(|| io::Error::other("fork gave no PID"))?,
    };
    waitid(
        WaitId::Pid(child),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
    )?;
    Ok(())
}

//! Ends all runs at once, as when the user presses Ctrl-C.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// A switch that is thrown once and wakes every run that waits. Clones are the
/// same switch.
///
/// It is a pair of sockets: one byte in it means cancelled. Nobody takes the
/// byte out, so that all who poll see it.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<(UnixStream, UnixStream)>);

impl Cancel {
    /// A switch that is not thrown.
    pub fn new() -> io::Result<Self> {
        let (wakes, throws) = UnixStream::pair()?;
        // A full buffer already says cancelled; a second throw must not wait for room.
        throws.set_nonblocking(true)?;
        Ok(Self(Arc::new((wakes, throws))))
    }

    /// Throws the switch when the user asks the program to stop: SIGINT,
    /// SIGTERM or SIGHUP. From then on these signals do nothing else.
    pub fn on_signals(&self) -> io::Result<()> {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            signal_hook::low_level::pipe::register(signal, self.0.1.try_clone()?)?;
        }
        Ok(())
    }

    /// Throws the switch.
    pub fn cancel(&self) {
        // The only error is a full buffer, and a full buffer says it already.
        drop((&self.0.1).write(&[1]));
    }

    /// Whether the switch was thrown.
    pub fn is_cancelled(&self) -> bool {
        let mut fds = [PollFd::new(&self.0.0, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Waits until the switch is thrown.
    pub fn wait(&self) -> io::Result<()> {
        loop {
            match poll(&mut [PollFd::new(self, PollFlags::IN)], None) {
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(()),
            }
        }
    }
}

impl AsFd for Cancel {
    /// Readable once cancelled; must not be read.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thrown_switch_stays_thrown_for_all_clones() {
        let cancel = Cancel::new().unwrap();
        let other = cancel.clone();
        assert!(!other.is_cancelled());
        cancel.cancel();
        assert!(other.is_cancelled());
        assert!(other.is_cancelled());
    }
}

//! Cancels all runs, for example when the user presses Ctrl-C.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// A cancellation token: it is cancelled once, and wakes every waiting run. Clones share
/// their state.
///
/// It is a pair of sockets: one byte in it means cancelled. The byte is never read, so
/// that every poll sees it.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<(UnixStream, UnixStream)>);

impl Cancel {
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        // A full buffer already means cancelled; another cancellation must not block.
        writer.set_nonblocking(true)?;
        Ok(Self(Arc::new((reader, writer))))
    }

    /// Cancels on SIGINT, SIGTERM and SIGHUP, which do nothing else from then on.
    pub fn on_signals(&self) -> io::Result<()> {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            signal_hook::low_level::pipe::register(signal, self.0.1.try_clone()?)?;
        }
        Ok(())
    }

    pub fn cancel(&self) {
        // The only error is a full buffer, which already means cancelled.
        drop((&self.0.1).write(&[1]));
    }

    pub fn is_cancelled(&self) -> bool {
        let mut fds = [PollFd::new(&self.0.0, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Waits for the cancellation.
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
    fn a_cancellation_is_permanent_and_reaches_all_clones() {
        let cancel = Cancel::new().unwrap();
        let other = cancel.clone();
        assert!(!other.is_cancelled());
        cancel.cancel();
        assert!(other.is_cancelled());
        assert!(other.is_cancelled());
    }
}

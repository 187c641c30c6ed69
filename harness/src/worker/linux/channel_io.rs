//! Input and output with the run's channels and pipes, none of which waits without a
//! limit.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, Timespec, poll};

use crate::worker::WorkerError;
use crate::worker::protocol::BoundedBuffer;

/// Polls for `time` at most; a signal may end it earlier.
pub(super) fn poll_for(fds: &mut [PollFd<'_>], time: Duration) -> io::Result<()> {
    let timeout = Timespec::try_from(time).map_err(io::Error::other)?;
    match poll(fds, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Sends bytes to the other side. They are few and fit into the socket's buffer.
pub(super) fn write_unless_closed(
    channel: &mut UnixStream,
    bytes: &[u8],
) -> Result<(), WorkerError> {
    match channel.write_all(bytes) {
        // The other side has ended: the reason arrives in the other direction.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
            ) =>
        {
            Ok(())
        }
        other => other.map_err(WorkerError::Channel),
    }
}

/// Reads a pipe until it is empty, but no more than one full pipe: a plugin that prints without end must not keep the
/// parent from checking the time limit.
pub(super) fn read_pipe(pipe: &mut Option<File>, into: &mut BoundedBuffer) -> io::Result<()> {
    let mut buffer = [0; 16 << 10];
    for _ in 0..8 {
        let Some(file) = pipe else { break };
        match file.read(&mut buffer) {
            Ok(0) => *pipe = None,
            Ok(count) => into.push(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

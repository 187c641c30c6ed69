//! EINTR means "try again with the time that is left", not "the network failed".

use std::io::{self, Read};
use std::net::TcpStream;
use std::time::Instant;

/// `read_exact` and `read_to_end` repeat an interrupted read; a bare `read` has to be repeated.
pub fn read_some(
    stream: &mut TcpStream,
    buffer: &mut [u8],
    deadline: Instant,
) -> io::Result<usize> {
    loop {
        // The time-out is computed anew, or a signal each millisecond would extend it forever.
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

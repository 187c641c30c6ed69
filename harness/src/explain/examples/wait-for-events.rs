//! Waiting is done by the kernel: the thread sleeps until a byte arrives or the time is up.

use std::io::{self, Read};
use std::net::TcpStream;
use std::time::Duration;

/// A blocking read with a time-out uses no processor time while nothing arrives.
pub fn wait_for_bytes(
    stream: &mut TcpStream,
    left: Duration,
    buffer: &mut [u8],
) -> io::Result<usize> {
    stream.set_read_timeout(Some(left))?;
    stream.read(buffer)
    // Not: set_nonblocking(true) and a loop around `WouldBlock`, nor one that sleeps a
    // millisecond each time. In async code `.await` is enough.
}

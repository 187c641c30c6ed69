//! One deadline for the whole call, as a moment. Each step gets what is left of it.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What is left; an error if it is nothing, since a time-out of zero often means "none".
fn left(deadline: Instant) -> io::Result<Duration> {
    match deadline.checked_duration_since(Instant::now()) {
        Some(left) if !left.is_zero() => Ok(left),
        _ => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Reads to the end. A time-out that is set once would begin anew with each byte that arrives.
pub fn fetch(address: SocketAddr, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, left(deadline)?)?;
    let mut body = Vec::new();
    let mut piece = [0; 4096];
    loop {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(&mut piece)? {
            0 => return Ok(body),
            size => body.extend_from_slice(&piece[..size]),
        }
        if body.len() > 64 * 1024 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
}

//! On Linux the standard library sends with MSG_NOSIGNAL, so a closed peer is an error and no
//! signal. The SDK also blocks all signals on its thread.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Sends a request. `BrokenPipe` and `ConnectionReset` are ordinary errors: UNAVAILABLE.
pub fn send(stream: &mut TcpStream, request: &[u8], limit: Duration) -> io::Result<()> {
    stream.set_write_timeout(Some(limit))?;
    stream.write_all(request)
    // A pipe, a `File` or a C library that calls write() has no such flag: there SIGPIPE has to
    // be blocked on the thread that writes. Never `signal(SIGPIPE, SIG_IGN)` for the process.
}

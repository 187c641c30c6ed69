//! Descriptors and memory belong to values, and are released on every path, errors included.

use std::fs::File;
use std::io::{self, Read};
use std::net::TcpStream;
use std::path::Path;

/// `file` and `stream` are closed wherever the function returns, also by `?`.
pub fn exchange(request: &Path, stream: TcpStream) -> io::Result<Vec<u8>> {
    let mut file = File::open(request)?;
    io::copy(&mut file, &mut &stream)?;
    let mut response = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut response)?;
    Ok(response)
    // What undoes this: `mem::forget`, `into_raw_fd`, `Box::leak`, a cycle of `Rc`, and a static
    // collection that grows with each call.
}

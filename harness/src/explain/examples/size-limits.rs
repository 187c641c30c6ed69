//! Sizes are limited while reading, and the memory that is reserved does not depend on what the
//! peer announces.

use std::io::{self, BufRead, Read};

const MOST_HEADER_BYTES: u64 = 16 * 1024;
const MOST_BODY_BYTES: u64 = 64 * 1024;

/// The header fields. The limit counts all lines together, so that endless short ones end too.
pub fn header(source: impl BufRead) -> io::Result<Vec<String>> {
    let mut limited = source.take(MOST_HEADER_BYTES);
    let mut fields = Vec::new();
    loop {
        let mut line = String::new();
        limited.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some("") => return Ok(fields),
            Some(field) => fields.push(field.to_owned()),
            // The end of the connection, or of what is allowed.
            None => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// The body: one byte more than allowed is read, to tell "full" from "too large".
pub fn body(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MOST_BODY_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BODY_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

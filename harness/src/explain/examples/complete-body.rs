//! The body counts only when its framing says that it is complete.

use std::io::{self, BufRead, Read};

/// The framing that the header fields announced.
pub enum Framing {
    Length(u64),
    Chunked,
}

/// Reads a body of at most 64 KiB. There is no `Framing::UntilClose`: such a body could have been
/// cut.
pub fn body(mut source: impl BufRead, framing: Framing) -> io::Result<Vec<u8>> {
    const MOST: u64 = 64 * 1024;
    let mut whole = Vec::new();
    match framing {
        Framing::Length(length) if length <= MOST => {
            source.take(length).read_to_end(&mut whole)?;
            let complete = whole.len() as u64 == length;
            complete
                .then_some(whole)
                .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        }
        Framing::Length(_) => Err(io::ErrorKind::FileTooLarge.into()),
        Framing::Chunked => loop {
            let mut line = String::new();
            (&mut source).take(64).read_line(&mut line)?;
            let digits = line.strip_suffix("\r\n").unwrap_or("cut");
            let well_formed = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let size = well_formed
                .then(|| u64::from_str_radix(digits, 16).ok())
                .flatten();
            let size = size.ok_or(io::ErrorKind::InvalidData)?;
            if size > MOST - whole.len() as u64 {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let mut piece = vec![0; usize::try_from(size).unwrap_or(0)];
            source.read_exact(&mut piece)?;
            whole.append(&mut piece);
            let mut end = [0; 2];
            source.read_exact(&mut end)?;
            match (end == *b"\r\n", size) {
                (false, _) => return Err(io::ErrorKind::InvalidData.into()),
                (true, 0) => return Ok(whole),
                (true, _) => {}
            }
        },
    }
}

//! The memory of a decoder that copies every header field of a CONTINUATION frame, and has a limit that is far too
//! large.

use std::io::{self, ErrorKind};

/// The size of the head of a frame (RFC 9113, section 4.1).
const HEAD: usize = 9;

const CONTINUATION: u8 = 9;

/// The first bit of a field that is an entry of the table (RFC 7541, section 6.1).
const INDEXED: u8 = 0x80;

/// What it reserves for a field, in bytes.
const SIZE: usize = 32 << 10;

/// The most fields, which take 128 MiB.
const LIMIT: usize = 4096;

/// The fields, and the beginning of a frame.
#[derive(Default)]
pub(super) struct KeptFields {
    fields: Vec<Vec<u8>>,
    rest: Vec<u8>,
}

impl KeptFields {
    /// Keeps the fields in what was received.
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.rest.extend_from_slice(bytes);
        while let [a, b, c, kind, ..] = *self.rest.as_slice() {
            let end = HEAD + u32::from_be_bytes([0, a, b, c]) as usize;
            if self.rest.len() < end {
                break;
            }
            for byte in self.rest.drain(..end).skip(HEAD) {
                if kind == CONTINUATION && byte & INDEXED != 0 {
                    // Not zero, which the system would give without giving memory.
                    self.fields.push(vec![byte; SIZE]);
                }
            }
        }
        match self.fields.len() > LIMIT {
            true => Err(ErrorKind::OutOfMemory.into()),
            false => Ok(()),
        }
    }
}

//! Bodies compressed with gzip.

use std::io::Write;

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// The size of the part that a bomb repeats.
const PART: usize = 1 << 20;

/// A gzip header without name and time (RFC 1952, section 2.3).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// An empty last block (RFC 1951, section 3.2.6).
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];

/// The body, compressed.
pub(super) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// The body and so many MiB of spaces after it, compressed. Only one MiB is compressed, and then repeated, so that the
/// server has time for its other connections.
pub(super) fn bomb(body: &[u8], mebibytes: usize) -> Vec<u8> {
    let part = vec![b' '; PART];
    let (mut crc, mut part_crc) = (Crc::new(), Crc::new());
    crc.update(body);
    part_crc.update(&part);
    let spaces = blocks(&part);
    let mut bomb = [HEADER.as_slice(), &blocks(body)].concat();
    for _ in 0..mebibytes {
        bomb.extend_from_slice(&spaces);
        crc.combine(&part_crc);
    }
    bomb.extend_from_slice(&LAST_BLOCK);
    bomb.extend_from_slice(&crc.sum().to_le_bytes());
    bomb.extend_from_slice(&crc.amount().to_le_bytes());
    bomb
}

/// The bytes as compressed blocks that refer to nothing before them and end at a whole byte.
fn blocks(bytes: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::with_capacity(bytes.len() / 100 + 1024);
    // Memory is reserved for all of it, so this neither fails nor stops early.
    let _ = Compress::new(Compression::fast(), false).compress_vec(
        bytes,
        &mut blocks,
        FlushCompress::Full,
    );
    blocks
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_bomb_expands_to_the_body_and_spaces() {
        let mut text = String::new();
        let bomb = bomb(b"allowed", 3);
        GzDecoder::new(bomb.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text.len(), 3 * PART + 7);
        assert_eq!(text.trim_end(), "allowed");
        assert!(bomb.len() < PART / 10, "{}", bomb.len());
    }

    #[test]
    fn gzip_is_read_back() {
        let mut text = String::new();
        GzDecoder::new(gzip(b"allowed").as_slice())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "allowed");
    }
}

//! Bodies compressed with gzip.

use std::io::Write;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Compresses `body`, followed by `spaces` spaces.
fn compress(body: &[u8], mut spaces: usize) -> std::io::Result<Vec<u8>> {
    const SPACES: [u8; 64 * 1024] = [b' '; 64 * 1024];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    while spaces > 0 {
        let length = spaces.min(SPACES.len());
        encoder.write_all(&SPACES[..length])?;
        spaces -= length;
    }
    encoder.finish()
}

/// The body, compressed.
pub(super) fn gzip(body: &[u8]) -> Vec<u8> {
    // Writing to memory does not fail.
    compress(body, 0).unwrap_or_default()
}

/// The body and spaces up to `size` bytes, compressed. It takes a moment, so it is made once for a process:
/// all its test beds have the same sizes, and the body of the first is kept with it.
pub(super) fn bomb(body: &[u8], size: usize) -> Vec<u8> {
    static MADE: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    let make = || compress(body, size.saturating_sub(body.len())).unwrap_or_default();
    let (of, bomb) = MADE.get_or_init(|| (body.to_vec(), make()));
    if of == body { bomb.clone() } else { make() }
}

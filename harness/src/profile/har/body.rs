//! Bodies of a recording: text or base64, and what some writers leave compressed.

use std::io::{self, Read};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// The largest body, once it is decompressed, in bytes.
pub(super) const MAX_BODY: usize = 32 << 20;

/// The size of the buffer of the Brotli decoder.
const BUFFER: usize = 4096;

/// The bytes of a text of the file.
pub(super) fn bytes(text: String, encoding: Option<&str>) -> Result<Vec<u8>, String> {
    match encoding {
        None | Some("") => Ok(text.into_bytes()),
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => {
            let lenient = GeneralPurposeConfig::new()
                .with_decode_padding_mode(DecodePaddingMode::Indifferent);
            let mut text = text.into_bytes();
            text.retain(|one| !one.is_ascii_whitespace());
            GeneralPurpose::new(&STANDARD, lenient)
                .decode(text)
                .map_err(|error| {
                    format!(
                        "invalid base64 in `text`: {error}, expected base64, as `encoding` says"
                    )
                })
        }
        Some(other) => Err(format!(
            "encoding `{other}`, expected `base64` or no encoding"
        )),
    }
}

/// Undoes the content codings that the headers name, in their order, as far as the body still has them: most writers
/// keep what the client made of it.
pub(super) fn decompress(mut body: Vec<u8>, codings: &[&str]) -> Result<Vec<u8>, String> {
    let codings = codings.iter().flat_map(|value| value.split(','));
    let codings: Vec<String> = codings.map(|one| one.trim().to_ascii_lowercase()).collect();
    for coding in codings.iter().rev() {
        // Compressed data is not text: only of deflate and Brotli one cannot tell by how it begins.
        let text = std::str::from_utf8(&body).is_ok();
        let plain = match coding.as_str() {
            "gzip" | "x-gzip" if body.starts_with(&[0x1f, 0x8b]) => {
                let plain = whole(MultiGzDecoder::new(body.as_slice()));
                Some(plain.map_err(|error| {
                    format!("the body cannot be decompressed: {error}, expected gzip")
                })?)
            }
            // The standard says zlib; some servers leave its header out.
            "deflate" if !text => whole(ZlibDecoder::new(body.as_slice()))
                .or_else(|_| whole(DeflateDecoder::new(body.as_slice())))
                .ok(),
            "br" if !text => whole(Decompressor::new(body.as_slice(), BUFFER)).ok(),
            "zstd" if body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => {
                return Err("a body that is compressed with zstd, expected gzip, deflate, br or no compression".to_owned());
            }
            _ => None,
        };
        body = plain.unwrap_or(body);
        if body.len() > MAX_BODY {
            return Err(format!(
                "a body that is too large, expected at most {} MiB",
                MAX_BODY >> 20
            ));
        }
    }
    Ok(body)
}

/// Reads to the end, or one byte more than a body may have.
fn whole(decoder: impl Read) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    decoder.take(MAX_BODY as u64 + 1).read_to_end(&mut plain)?;
    Ok(plain)
}

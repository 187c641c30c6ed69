//! The hash of a certificate's subject by which OpenSSL finds it in a folder of certificates.

use rustls::pki_types::CertificateDer;
use sha1::{Digest, Sha1};
use x509_parser::asn1_rs::{Any, Tag, ToDer};
use x509_parser::parse_x509_certificate;
use x509_parser::x509::X509Name;

use crate::testbed::error::SetupError;

/// What `openssl x509 -subject_hash` prints, as a number: the first four bytes of SHA-1 over the canonical form
/// of the subject, in little-endian order.
pub(super) fn of(certificate: &CertificateDer<'_>) -> Result<u32, SetupError> {
    let (_, certificate) =
        parse_x509_certificate(certificate).map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
    let digest = Sha1::digest(canonical(certificate.subject()));
    let first = [digest[0], digest[1], digest[2], digest[3]];
    Ok(u32::from_le_bytes(first))
}

/// The canonical form of a name: its parts without the sequence around them, each string as UTF-8, in lower
/// case as far as it is ASCII, without space around it, and with one space for each run of spaces.
fn canonical(name: &X509Name<'_>) -> Vec<u8> {
    let mut parts = Vec::new();
    for part in name.iter() {
        let mut attributes: Vec<Vec<u8>> = part
            .iter()
            .map(|attribute| {
                let kind = attribute.attr_type().to_der_vec().unwrap_or_default();
                let value = match text(attribute.attr_value()) {
                    Some(text) => element(Tag::Utf8String.0, simplified(&text).as_bytes()),
                    None => attribute.attr_value().to_der_vec().unwrap_or_default(),
                };
                element(SEQUENCE, &[kind, value].concat())
            })
            .collect();
        // DER sorts the elements of a set by their encoding, and this is another one than in the certificate.
        attributes.sort_unstable();
        parts.extend(element(SET, &attributes.concat()));
    }
    parts
}

/// The tags of a constructed sequence and set.
const SEQUENCE: u32 = 0x30;
const SET: u32 = 0x31;

/// The text of a value that is a string.
fn text(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::VisibleString => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        // OpenSSL reads it as ISO 8859-1.
        Tag::T61String => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let units = bytes.chunks_exact(2);
            let units: Vec<u16> = units
                .map(|unit| u16::from_be_bytes([unit[0], unit[1]]))
                .collect();
            Some(String::from_utf16_lossy(&units))
        }
        Tag::UniversalString => {
            let units = bytes.chunks_exact(4);
            let letters =
                units.map(|unit| u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]]));
            Some(
                letters
                    .map(|letter| char::from_u32(letter).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect(),
            )
        }
        _ => None,
    }
}

fn simplified(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_ascii_whitespace() || letter == '\x0b');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").to_ascii_lowercase()
}

/// A DER element.
fn element(tag: u32, content: &[u8]) -> Vec<u8> {
    let mut der = vec![u8::try_from(tag).unwrap_or_default()];
    let length = content.len();
    if length < 0x80 {
        der.extend(u8::try_from(length));
    } else {
        let bytes = length.to_be_bytes();
        let first = bytes.iter().position(|byte| *byte != 0).unwrap_or_default();
        let bytes = &bytes[first..];
        der.extend(u8::try_from(0x80 | bytes.len()));
        der.extend_from_slice(bytes);
    }
    der.extend_from_slice(content);
    der
}

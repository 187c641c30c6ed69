//! From bytes to text: UTF-8, of characters that XML has.

use std::borrow::Cow;

use memchr::memchr;

use super::foreign_character;
use super::sink::Sink;
use crate::document::{Diagnostic, Span};

/// A byte order mark. XML allows it at the beginning (XML 1.0, 4.3.3).
pub(super) const MARK: char = '\u{FEFF}';

/// The bytes as text. What is no text is reported and replaced byte by byte, so
/// that all places stay what they are; None if nothing can be made of it.
pub(super) fn decode<'a, S: Sink>(bytes: &'a [u8], sink: &mut S) -> Option<Cow<'a, str>> {
    if bytes.starts_with(&[0xFE, 0xFF]) || bytes.starts_with(&[0xFF, 0xFE]) || bytes.contains(&0) {
        let at = memchr(0, bytes).map_or(Span::new(0, 2), |at| Span::new(at, at + 1));
        sink.faults().push(
            Diagnostic::error(at, "UTF-16, UTF-32 or binary data")
                .expected(format!("UTF-8, the only encoding that {}", S::READS))
                .help("save the document as UTF-8"),
        );
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(replace_bad_bytes(bytes, sink)),
    };
    let mut replaced = String::new();
    while let Some((at, one)) = foreign_character(&text[replaced.len()..]) {
        let begin = replaced.len();
        let at = begin + at;
        let rest = at + one.len_utf8();
        // A response has to be able to say what was read.
        replaced.push_str(&text[begin..at]);
        replaced.extend(std::iter::repeat_n('?', rest - at));
        sink.faults().push(
            Diagnostic::error(
                Span::new(at, rest),
                format!("the character U+{:04X}", one as u32),
            )
            .expected("characters that XML has")
            .help("remove it"),
        );
    }
    if replaced.is_empty() {
        return Some(text);
    }
    replaced.push_str(&text[replaced.len()..]);
    Some(Cow::Owned(replaced))
}

fn replace_bad_bytes<S: Sink>(bytes: &[u8], sink: &mut S) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let bad = chunk.invalid();
        if !bad.is_empty() {
            let at = Span::new(text.len(), text.len() + bad.len());
            sink.faults().push(
                Diagnostic::error(at, format!("bytes that are no UTF-8: {bad:02x?}"))
                    .expected(format!("UTF-8, the only encoding that {}", S::READS))
                    .help("save the document as UTF-8"),
            );
            text.extend(bad.iter().map(|_| '?'));
        }
    }
    text
}

//! Reading the pieces that WBXML is made of, each within its bounds.

use memchr::memchr;

use crate::document::names::count as counted;
use crate::document::xml::foreign_character;
use crate::document::{Diagnostic, Span};

/// Bytes of the longest number: 32 bits in groups of seven.
const LONGEST_NUMBER: usize = 5;

/// A place in the bytes, moving on.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte, which is `what`.
    pub(super) fn byte(&mut self, what: &str) -> Result<u8, Diagnostic> {
        let byte = self.peek().ok_or_else(|| self.too_short(what))?;
        self.at += 1;
        Ok(byte)
    }

    /// The next number: seven bits a byte, the upper bit set in all but the last.
    pub(super) fn number(&mut self, what: &str) -> Result<u32, Diagnostic> {
        let start = self.at;
        let mut value = 0_u64;
        for _ in 0..LONGEST_NUMBER {
            let byte = self.byte(what)?;
            value = value << 7 | u64::from(byte & 0x7F);
            if byte & 0x80 == 0
                && let Ok(value) = u32::try_from(value)
            {
                return Ok(value);
            }
            if byte & 0x80 == 0 {
                break;
            }
        }
        let found = format!("a number past 32 bits as {what}");
        Err(Diagnostic::error(Span::new(start, self.at), found)
            .expected(format!("at most {LONGEST_NUMBER} bytes, 32 bits")))
    }

    pub(super) fn take(&mut self, count: u32, what: &str) -> Result<&'a [u8], Diagnostic> {
        let rest = &self.bytes[self.at..];
        let taken = usize::try_from(count)
            .ok()
            .and_then(|count| rest.get(..count));
        let taken = taken.ok_or_else(|| {
            let length = counted(count as usize, "byte");
            let found = format!("{what} of {length}, with {} left", rest.len());
            Diagnostic::error(Span::point(self.at), found).expected("a length within the document")
        })?;
        self.at += taken.len();
        Ok(taken)
    }

    /// The text up to the next zero byte, and past it.
    pub(super) fn text(&mut self, what: &str) -> Result<&'a str, Diagnostic> {
        let rest = &self.bytes[self.at..];
        let Some(end) = memchr(0, rest) else {
            return Err(Diagnostic::error(
                Span::new(self.at, self.bytes.len()),
                format!("{what} without its end"),
            )
            .expected("a zero byte"));
        };
        let start = self.at;
        self.at += end + 1;
        text(&rest[..end], start, what)
    }

    fn too_short(&self, what: &str) -> Diagnostic {
        Diagnostic::error(Span::point(self.at), "the end of the document")
            .expected(what.to_owned())
            .help("send the whole document; this one is cut off")
    }
}

/// Bytes as text that a document may hold; they stand at `at`.
pub(super) fn text<'a>(bytes: &'a [u8], at: usize, what: &str) -> Result<&'a str, Diagnostic> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let bad = at + error.valid_up_to();
        let length = error.error_len().unwrap_or(1);
        Diagnostic::error(
            Span::new(bad, bad + length),
            format!("{what} that is no UTF-8"),
        )
        .expected("UTF-8")
    })?;
    match foreign_character(text) {
        None => Ok(text),
        Some((offset, one)) => {
            let bad = Span::new(at + offset, at + offset + one.len_utf8());
            let found = format!("the character U+{:04X} in {what}", one as u32);
            Err(Diagnostic::error(bad, found).expected("characters that XML has"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_up_to_32_bits_and_not_beyond() {
        let read = |bytes: &[u8]| Cursor::new(bytes).number("it").map_err(|fault| fault.found);
        assert_eq!(read(&[0x00]), Ok(0));
        assert_eq!(read(&[0x81, 0x20]), Ok(0xA0));
        assert_eq!(read(&[0x80, 0x80, 0x01]), Ok(1));
        assert_eq!(read(&[0x8F, 0xFF, 0xFF, 0xFF, 0x7F]), Ok(u32::MAX));
        let past = Err("a number past 32 bits as it".to_owned());
        assert_eq!(read(&[0x90, 0x80, 0x80, 0x80, 0x00]), past);
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]), past);
        assert_eq!(read(&[0x80]), Err("the end of the document".to_owned()));
    }

    #[test]
    fn lengths_beyond_the_end_are_refused_without_reading() {
        let mut cursor = Cursor::new(b"abc");
        assert!(cursor.take(u32::MAX, "it").is_err());
        assert_eq!(cursor.take(3, "it"), Ok(&b"abc"[..]));
        assert!(cursor.take(1, "it").is_err());
    }

    #[test]
    fn bad_text_is_reported_by_its_very_byte() {
        let read = |bytes: &'static [u8]| Cursor::new(bytes).text("it").map_err(|fault| fault.at);
        assert_eq!(read(b"ab\0c"), Ok("ab"));
        assert_eq!(read(b"ab\xFFc\0"), Err(Span::new(2, 3)));
        assert_eq!(read(b"ab\x01c\0"), Err(Span::new(2, 3)));
        assert_eq!(read(b"abc"), Err(Span::new(0, 3)));
    }
}

//! The string table: read once, looked up by offset.

use super::bytes::text;
use crate::document::names::count;
use crate::document::{Diagnostic, Span};

/// The table of a document that is read.
#[derive(Clone, Copy)]
pub(super) struct StringTable<'a> {
    /// Its bytes, and where they stand in the document.
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> StringTable<'a> {
    /// The string at an offset of the table; `used` is where the offset stands.
    pub(super) fn string(
        &self,
        offset: u32,
        used: Span,
        what: &str,
    ) -> Result<&'a str, Diagnostic> {
        let from = usize::try_from(offset)
            .ok()
            .filter(|from| *from < self.bytes.len());
        let Some(from) = from else {
            let found = format!(
                "{what} at {offset} of a string table of {}",
                count(self.bytes.len(), "byte")
            );
            return Err(Diagnostic::error(used, found).expected("an offset within the table"));
        };
        let rest = &self.bytes[from..];
        let Some(end) = memchr::memchr(0, rest) else {
            return Err(Diagnostic::error(
                used,
                format!("{what} that has no end in the string table"),
            )
            .expected("a zero byte after it in the table"));
        };
        text(&rest[..end], self.at + from, what)
    }
}

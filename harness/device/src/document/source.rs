//! A document's bytes, and locations in them for people.

use std::cell::OnceCell;
use std::fmt;

use super::{Encoding, Span};

/// The bytes that were read, with the name under which they are shown.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) encoding: Encoding,
    /// Where each line begins; counted when the first place is asked for.
    lines: OnceCell<Vec<usize>>,
}

/// A location in a source, as people are shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceLocation {
    /// In text: both count from 1, columns in characters.
    Line {
        line: usize,
        /// The character in that line.
        column: usize,
    },
    /// In binary: bytes from the beginning.
    Byte(usize),
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, column } => write!(f, "{line}:{column}"),
            Self::Byte(offset) => write!(f, "byte {offset} ({offset:#06x})"),
        }
    }
}

impl<'a> Source<'a> {
    /// Bytes with a name: a file's path, or what else they are known by.
    pub fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        Self {
            name,
            bytes,
            encoding: Encoding::of(bytes),
            lines: OnceCell::new(),
        }
    }

    /// What the bytes are.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Where a span begins.
    pub fn location(&self, at: Span) -> SourceLocation {
        let offset = self.offset(at);
        match self.encoding {
            Encoding::Xml => {
                let line = self.line_of(offset);
                let begin = self.lines()[line];
                SourceLocation::Line {
                    line: line + 1,
                    column: characters(&self.bytes[begin..offset]) + 1,
                }
            }
            Encoding::Wbxml | Encoding::Push => SourceLocation::Byte(offset),
        }
    }

    /// The span's first byte, inside of the source and behind its mark.
    pub(super) fn offset(&self, at: Span) -> usize {
        (at.start as usize).clamp(self.mark(), self.bytes.len())
    }

    /// The length of the byte order mark, which is not shown.
    fn mark(&self) -> usize {
        if self.encoding == Encoding::Xml && self.bytes.starts_with(b"\xEF\xBB\xBF") {
            3
        } else {
            0
        }
    }

    /// Which line, from 0, holds this byte.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.lines().partition_point(|begin| *begin <= offset) - 1
    }

    /// A line without its end, and where it begins.
    pub(super) fn line(&self, line: usize) -> (usize, &'a [u8]) {
        let lines = self.lines();
        let begin = lines[line];
        let end = lines
            .get(line + 1)
            .map_or(self.bytes.len(), |next| next - 1);
        let text = &self.bytes[begin..end];
        (begin, text.strip_suffix(b"\r").unwrap_or(text))
    }

    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.bytes).map(|end| end + 1);
            std::iter::once(self.mark()).chain(ends).collect()
        })
    }
}

/// How many characters begin in these bytes; a bad byte counts as one.
fn characters(bytes: &[u8]) -> usize {
    bytes
        .utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty()))
        .sum()
}

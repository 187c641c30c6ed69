//! Octets that know where in the source each of them stands.

use crate::document::{Diagnostic, Span};

/// Octets, which the source may hold as hexadecimal digits with anything between them.
#[derive(Clone, Debug, Default)]
pub(super) struct Octets {
    bytes: Vec<u8>,
    /// Where each begins and ends in the source.
    places: Vec<(u32, u32)>,
}

impl Octets {
    pub(super) fn push(&mut self, byte: u8, at: Span) {
        self.bytes.push(byte);
        self.places.push((at.start, at.end()));
    }

    pub(super) fn append(&mut self, other: Self) {
        self.bytes.extend(other.bytes);
        self.places.extend(other.places);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Where the octets from `from` up to and without `to` stand.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        let place = |index: usize| self.places.get(index).copied();
        let last = place(self.places.len().wrapping_sub(1)).map_or(0, |(_, end)| end);
        let start = place(from).map_or(last, |(start, _)| start);
        let end = to.checked_sub(1).filter(|index| *index >= from);
        let end = end.and_then(place).map_or(start, |(_, end)| end);
        Span::new(start as usize, end as usize)
    }

    pub(super) fn whole(&self) -> Span {
        self.span(0, self.bytes.len())
    }
}

/// Octets that are read from the first to the last.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    octets: &'a Octets,
    pub(super) at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(octets: &'a Octets, at: usize) -> Self {
        let end = octets.bytes.len();
        Self { octets, at, end }
    }

    pub(super) fn left(&self) -> usize {
        self.end - self.at
    }

    pub(super) fn byte(&mut self, what: &str) -> Result<u8, Diagnostic> {
        Ok(self.take(1, what)?.bytes()[0])
    }

    /// The next octets, as a cursor of their own.
    pub(super) fn take(&mut self, length: usize, what: &str) -> Result<Self, Diagnostic> {
        if self.left() < length {
            let found = match self.left() {
                0 => "the end".to_owned(),
                1 => "1 octet before the end".to_owned(),
                left => format!("{left} octets before the end"),
            };
            let wanted = match length {
                1 => what.to_owned(),
                _ => format!("{what} of {length} octets"),
            };
            return Err(
                Diagnostic::error(self.octets.span(self.at, self.end), found).expected(wanted),
            );
        }
        let part = Self {
            octets: self.octets,
            at: self.at,
            end: self.at + length,
        };
        self.at += length;
        Ok(part)
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        &self.octets.bytes[self.at..self.end]
    }

    /// Where what was read since `from` stands.
    pub(super) fn since(&self, from: usize) -> Span {
        self.octets.span(from, self.at)
    }

    pub(super) fn span(&self) -> Span {
        self.octets.span(self.at, self.end)
    }
}

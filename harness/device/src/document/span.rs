//! Where a part of a document stands in its source.

/// A stretch of the source, in bytes from its beginning.
///
/// Bytes serve XML and WBXML alike; lines and columns are counted only when a
/// diagnostic is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// How many bytes it covers; 0 marks a place between two bytes.
    pub len: u32,
}

impl Span {
    /// The span from `start` up to and without `end`. Offsets past 4 GiB are
    /// clamped; documents end far below.
    pub fn new(start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        Self {
            start,
            len: end.saturating_sub(start),
        }
    }

    /// The place just before the byte at `offset`.
    pub fn point(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// Whether the other one is in it.
    pub fn holds(self, other: Self) -> bool {
        self.start <= other.start && other.end() <= self.end()
    }

    /// Offset just past the last byte.
    pub fn end(self) -> u32 {
        self.start.saturating_add(self.len)
    }
}

/// A value with the place it was read from.
///
/// Equality looks at the value alone: a document is the same document wherever
/// its parts stand. Values that no source had carry an empty [`Span`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Located<T> {
    pub value: T,
    /// Where it was read.
    pub at: Span,
}

impl<T> Located<T> {
    /// A value that was read at `at`.
    pub fn new(value: T, at: Span) -> Self {
        Self { value, at }
    }
}

impl Located<String> {
    /// The same text, borrowed.
    pub fn as_deref(&self) -> Located<&str> {
        Located::new(&self.value, self.at)
    }
}

impl<T> From<T> for Located<T> {
    fn from(value: T) -> Self {
        Self {
            value,
            at: Span::default(),
        }
    }
}

impl From<&str> for Located<String> {
    fn from(value: &str) -> Self {
        Self::from(value.to_owned())
    }
}

impl<T> std::ops::Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}

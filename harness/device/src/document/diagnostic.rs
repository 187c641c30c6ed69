//! One fault of a document, and the list of all of them.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::Span;
use super::limits::MAX_FAULTS;
use super::names::count;

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The document is refused.
    Error,
    /// The document is accepted, but should be looked at.
    Warning,
    /// The document is accepted; this says what is done with it.
    Note,
}

/// One fault: where, what was found, what was expected, what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where in the source.
    pub at: Span,
    /// Whether it refuses the document.
    pub level: Level,
    /// What was found, as a lower-case fragment without a full stop.
    pub found: String,
    /// What was expected there, as a lower-case fragment.
    pub expected: Option<String>,
    /// What to write instead, as a lower-case fragment.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A fault that refuses the document.
    pub fn error(at: Span, found: impl Into<String>) -> Self {
        Self {
            at,
            level: Level::Error,
            found: found.into(),
            expected: None,
            help: None,
        }
    }

    /// A fault that does not refuse the document.
    pub fn warning(at: Span, found: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            ..Self::error(at, found)
        }
    }

    /// Something to know about the document, which is no fault.
    pub fn note(at: Span, found: impl Into<String>) -> Self {
        Self {
            level: Level::Note,
            ..Self::error(at, found)
        }
    }

    /// The same fault, with what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// The same fault, with what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// How many errors, warnings and notes there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
}

impl Counts {
    /// Whether there is none of any level.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notes += other.notes;
    }
}

/// Those that there are, as `1 error, 2 warnings`; empty for none.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.notes, "note"),
        ];
        let some = all.into_iter().filter(|(number, _)| *number > 0);
        let some: Vec<_> = some.map(|(number, of)| count(number, of)).collect();
        f.write_str(&some.join(", "))
    }
}

/// The faults of one document, in the order in which they were found.
///
/// Readers, the check of the structure and the CSPs all add to one list; it is
/// sorted by place when it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    left_out: usize,
    /// Where the source has secrets.
    secrets: Vec<Span>,
}

impl Diagnostics {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one. Past [`MAX_FAULTS`] they are only counted.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.left_out += 1;
        } else {
            self.list.push(diagnostic);
        }
    }

    /// Adds one that knows more of its place than the errors that were found there
    /// before, and takes theirs.
    pub fn push_instead(&mut self, diagnostic: Diagnostic) {
        let less = |one: &Diagnostic| one.level == Level::Error && one.at == diagnostic.at;
        self.list.retain(|one| !less(one));
        self.push(diagnostic);
    }

    /// Changes the words of each.
    pub(crate) fn for_each(&mut self, change: impl FnMut(&mut Diagnostic)) {
        self.list.iter_mut().for_each(change);
    }

    /// Has what stands there not shown where the source is.
    pub fn hide(&mut self, secret: Span) {
        self.secrets.push(secret);
    }

    /// The bytes of the source that begin at an offset, with asterisks in place of
    /// secrets.
    pub(super) fn without_secrets<'a>(&self, bytes: &'a [u8], begin: usize) -> Cow<'a, [u8]> {
        let mut shown = Cow::Borrowed(bytes);
        for secret in &self.secrets {
            let start = (secret.start as usize).max(begin);
            let end = (secret.end() as usize).min(begin + bytes.len());
            if start < end {
                shown.to_mut()[start - begin..end - begin].fill(b'*');
            }
        }
        shown
    }

    /// Whether those that follow are only counted, so that no help needs to be found
    /// for them.
    pub fn is_full(&self) -> bool {
        self.list.len() >= MAX_FAULTS
    }

    /// How many were counted and not kept. A list that is full refuses.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// How many of each level were found; those that were not kept count as errors.
    pub fn counts(&self) -> Counts {
        let of = |level| self.list.iter().filter(|one| one.level == level).count();
        Counts {
            errors: of(Level::Error) + self.left_out,
            warnings: of(Level::Warning),
            notes: of(Level::Note),
        }
    }

    /// The first error in this stretch of the source.
    pub fn error_in(&self, at: Span) -> Option<&Diagnostic> {
        let inside = |one: &&Diagnostic| one.level == Level::Error && at.holds(one.at);
        self.list.iter().filter(inside).min_by_key(|one| one.at)
    }

    /// Whether one of them refuses the document.
    pub fn refuse(&self) -> bool {
        self.left_out > 0 || self.list.iter().any(|one| one.level == Level::Error)
    }

    /// Whether there is none, not even a warning.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Them all, in the order of their places.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.list.iter().collect();
        all.sort_by_key(|one| one.at);
        all
    }
}

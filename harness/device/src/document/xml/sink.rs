//! What an XML text is read into, and what the reader has to know of its kind.

use std::borrow::Cow;

use crate::document::{Diagnostic, Diagnostics, Span};

/// Takes the tags, attributes and texts that the reader finds, in their order.
pub(crate) trait Sink {
    /// The root element that messages name.
    const ROOT: &'static str;
    /// Who reads no other encoding than UTF-8, as the end of a sentence.
    const READS: &'static str;
    /// Whether a byte order mark at the beginning is usual.
    const TAKES_MARK: bool;

    /// Whether a tag can have this name, which tells where the next one begins after
    /// one that is broken.
    fn is_tag(name: &str) -> bool;

    /// Whether an element of this name usually holds others: one whose start tag is
    /// broken then stays open.
    fn holds_elements(name: &str) -> bool;

    /// The fault of a text that is not XML at all.
    fn fault_of_text(text: &str) -> Option<Diagnostic>;

    fn faults(&mut self) -> &mut Diagnostics;

    /// Whether the root has begun.
    fn has_root(&self) -> bool;

    /// Whether the text is of another kind, so that the rest is not read.
    fn is_foreign(&self) -> bool;

    /// A start tag begins. `at` covers its name, `whole` all of it.
    fn open(&mut self, name: &str, at: Span, whole: Span);

    /// One attribute of the tag at hand; the spans cover its name and its value.
    fn attribute(&mut self, name: &str, at: Span, text: Cow<'_, str>, text_at: Span);

    /// The attributes of the tag at hand are over, and so is the tag.
    fn opened(&mut self, whole: Span);

    /// A part of the tag at hand is broken.
    fn spoil(&mut self);

    /// Text between tags, without the white space around it, as it is written:
    /// references are not resolved yet.
    fn text(&mut self, at: Span, raw: &str);

    /// The element that was opened last ends.
    fn close(&mut self);

    /// Nothing that follows can be read.
    fn cut(&mut self);
}

//! Provisioning documents as a kind of XML: how the reader drives the [`Builder`].

use std::borrow::Cow;

use super::sink::Sink;
use crate::document::builder::Builder;
use crate::document::schema::ROOT;
use crate::document::{Diagnostic, Diagnostics, ElementTag, Span, foreign};

impl Sink for Builder {
    const ROOT: &'static str = ROOT;
    const READS: &'static str = "a device reads";
    const TAKES_MARK: bool = false;

    fn is_tag(name: &str) -> bool {
        name == ROOT || ElementTag::from_name(name).is_some()
    }

    fn holds_elements(name: &str) -> bool {
        name == ROOT || name == ElementTag::Characteristic.name()
    }

    fn fault_of_text(text: &str) -> Option<Diagnostic> {
        foreign::by_text(text)
    }

    fn faults(&mut self) -> &mut Diagnostics {
        &mut self.faults
    }

    fn has_root(&self) -> bool {
        self.has_root()
    }

    fn is_foreign(&self) -> bool {
        self.is_foreign()
    }

    fn open(&mut self, name: &str, at: Span, whole: Span) {
        self.open(name, at, whole);
    }

    fn attribute(&mut self, name: &str, at: Span, text: Cow<'_, str>, text_at: Span) {
        self.attribute(name, at, text, text_at);
    }

    fn opened(&mut self, whole: Span) {
        self.opened(whole);
    }

    fn spoil(&mut self) {
        self.spoil();
    }

    fn text(&mut self, at: Span, _: &str) {
        self.text(at);
    }

    fn close(&mut self) {
        self.close();
    }

    fn cut(&mut self) {
        self.cut();
    }
}

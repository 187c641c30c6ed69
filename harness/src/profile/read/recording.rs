//! Steps in HAR files.

use ics_device::document::{Diagnostic, Span};
use sha2::Digest;
use toml::Spanned;

use super::{Reader, span};
use crate::profile::format::{DenyFile, StepFile};
use crate::profile::{Step, har, recorded};

impl Reader<'_> {
    /// The steps of HAR files, and what was taken loosely.
    pub(super) fn recorded(
        &mut self,
        allow: &Spanned<String>,
        deny: Option<Spanned<DenyFile>>,
        steps: &[Spanned<StepFile>],
    ) -> (Vec<Step>, Vec<String>) {
        if let Some(step) = steps.first() {
            self.fault(
                span(step),
                "a step beside a recording",
                "remove `allow = …`, or the steps: a recording has its own",
            );
        }
        let (mut steps, notes) = match self.recording(allow.get_ref(), span(allow)) {
            Some(recording) => recorded::steps(&recording),
            None => return (Vec::new(), Vec::new()),
        };
        let Some(question) = steps.last_mut() else {
            self.fault(
                span(allow),
                "a recording without an exchange",
                "record a check that was permitted",
            );
            return (steps, notes);
        };
        let Some(deny) = deny else {
            self.fault(
                span(allow),
                "a recording of what is permitted, and none of what is denied",
                "add `deny = \"deny.har\"`, or `[deny]` with a status and a body",
            );
            return (steps, notes);
        };
        let at = span(&deny);
        question.deny = match deny.into_inner() {
            DenyFile::Response(response) => vec![self.response(response, "question.deny", None)],
            DenyFile::Har(file) => match self.recording(&file, at) {
                Some(recording) => recorded::denials(question, &recording),
                None => return (steps, notes),
            },
        };
        if question.deny.is_empty() {
            self.fault(
                at,
                "a recording without a response to the deciding request",
                "record a check that was denied, of the same host and path",
            );
        }
        (steps, notes)
    }

    fn recording(&mut self, file: &str, at: Span) -> Option<har::Recording> {
        let path = self.folder.join(file);
        match har::read(&path) {
            Ok(recording) => {
                // It was read a moment ago.
                self.digest.update(std::fs::read(&path).unwrap_or_default());
                Some(recording)
            }
            Err(error) => {
                self.faults.push(
                    Diagnostic::error(at, error.to_string())
                        .help("export it as HAR 1.2, with content"),
                );
                None
            }
        }
    }
}

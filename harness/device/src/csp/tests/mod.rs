//! The providers, tried with documents.

mod cellular;
mod documents;
mod hotspot;
mod other;
mod responses;

use super::{Access, Outcome, Settings, apply};
use crate::document::{self, Diagnostics, Role, xml};

/// A document with these elements under its root.
fn document(elements: &str) -> String {
    format!("<wap-provisioningdoc>\n{elements}\n</wap-provisioningdoc>")
}

/// A document with these elements in HotSpot.
fn hotspot(elements: &str) -> String {
    document(&format!(
        "<characteristic type=\"HotSpot\">\n{elements}\n</characteristic>"
    ))
}

/// The outcome of a document, and its faults, one a line.
struct Tried {
    outcome: Outcome,
    found: Vec<String>,
}

impl Tried {
    fn new(settings: &Settings, text: &str) -> Self {
        Self::with_access(settings, text, &Access::full())
    }

    fn with_access(settings: &Settings, text: &str, access: &Access) -> Self {
        let reading = document::read(text.as_bytes(), Role::Request);
        let document = reading.document.expect("a document");
        let mut faults: Diagnostics = reading.faults;
        let outcome = apply(settings, &document, access, &mut faults);
        let found = faults.sorted().into_iter().map(|fault| {
            let start = usize::try_from(fault.at.start).unwrap();
            let line = text[..start].matches('\n').count() + 1;
            let parts = [
                Some(&fault.found),
                fault.expected.as_ref(),
                fault.help.as_ref(),
            ];
            let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
            format!("{line}: {:?}: {}", fault.level, parts.join(" | "))
        });
        Self {
            found: found.collect(),
            outcome,
        }
    }

    /// The settings after it; the test fails if it was refused.
    fn settings(self) -> Settings {
        let found = self.found.join("\n");
        self.outcome.settings.unwrap_or_else(|| panic!("{found}"))
    }

    fn response(&self) -> String {
        xml::write(&self.outcome.response).unwrap()
    }

    fn is_refused(&self) -> bool {
        self.outcome.settings.is_none()
    }

    /// Whether one of the faults contains this text.
    fn reports(&self, text: &str) -> bool {
        self.found.iter().any(|fault| fault.contains(text))
    }
}

/// The settings that this document leaves on a new device.
fn settled(text: &str) -> Settings {
    Tried::new(&Settings::default(), text).settings()
}

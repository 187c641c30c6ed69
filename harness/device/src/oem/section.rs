//! A part of a form whose settings take effect together.

use std::fmt;

use crate::document::{Diagnostic, Diagnostics, Document, Located, Span};
use crate::printable::Printable;

/// A section of a form, with its settings as a provisioning document. The places in the
/// document are those in the OEM's file.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its element: `Static`, `Common`, `Variant`, `Profile`, `Replace`, or `Settings`
    /// of a fragment.
    pub element: &'static str,
    /// Its name, where sections of its kind have one.
    pub name: Option<Located<String>>,
    /// Its start tag.
    pub at: Span,
    pub document: Document,
}

impl Section {
    /// Whether its settings are for every device, and not for those with one SIM.
    pub fn is_for_all(&self) -> bool {
        matches!(self.element, "Static" | "Common" | "Settings")
    }

    /// Whether it has settings of this provider.
    pub fn holds(&self, provider: &str) -> bool {
        let mut children = self.document.children.iter();
        children.any(|child| child.name.value == provider)
    }
}

/// `Static`, or `Variant` with its name.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} `{}`", self.element, Printable(&name.value)),
            None => f.write_str(self.element),
        }
    }
}

/// Refuses sections that cannot be told apart.
pub(super) fn refuse_second(sections: &[Section], faults: &mut Diagnostics) {
    let mut seen = std::collections::HashSet::new();
    for section in sections {
        let name = section.name.as_ref().map(|name| name.value.as_str());
        if !seen.insert((section.element, name)) {
            faults.push(
                Diagnostic::error(section.at, format!("{section} for the second time"))
                    .expected("sections with names of their own")
                    .help("put the settings of both into one, or give it another name"),
            );
        }
    }
}

//! Warnings of what is understood, and not as a public page has it.

use super::Walk;
use crate::csp::Provider;
use crate::document::names::quoted;
use crate::document::{Diagnostic, Element, Located};

impl<'a> Walk<'a> {
    /// Warns of a known name in other letter case than its page has.
    pub(super) fn check_case(&mut self, element: &Element, documented: &str) {
        let name = element.name.value.as_str();
        if name != documented && name.eq_ignore_ascii_case(documented) {
            let found = format!("{} in other letter case", quoted(name));
            self.diagnostics.push(
                Diagnostic::warning(element.name.at, found)
                    .expected(format!("`{documented}`, as its page spells it"))
                    .help(format!("write `{documented}`")),
            );
        }
    }

    /// A note where the provider's page does not list the element.
    pub(super) fn check_listed(&mut self, provider: &dyn Provider, element: &Element) {
        if provider.is_listed(element.tag) {
            return;
        }
        let (tag, name) = (element.tag.name(), provider.name());
        let found = format!("the page of {name} does not list `{tag}`");
        self.diagnostics.push(
            Diagnostic::note(element.at, found)
                .expected("a device may not take it; it is done here"),
        );
    }

    /// Warns of what stands for other text in the OEM's forms: nothing puts that text in
    /// its place in a provisioning document.
    pub(super) fn check_macros(&mut self, text: &Located<String>, what: &str) {
        let Some(start) = text.find("$(") else { return };
        let rest = &text[start..];
        let name = &rest[..rest.find(')').map_or(rest.len(), |end| end + 1)];
        let found = format!("{} in {what}", quoted(name));
        self.diagnostics
            .push(Diagnostic::warning(text.at, found).expected(super::UNEXPANDED));
    }

    /// Warns of a `translation`, which has a device replace parts of a value.
    pub(super) fn check_translation(&mut self, element: &Element) {
        let translation = element
            .attributes
            .iter()
            .find(|one| one.name.value == "translation");
        let Some(translation) = translation else {
            return;
        };
        let found = format!(
            "`translation` {} of {}",
            quoted(&translation.value),
            element.name.value
        );
        self.diagnostics.push(
            Diagnostic::warning(translation.name.at, found)
                .expected("a value that is meant as it stands; none of this provider's has parts to replace")
                .help("remove the attribute"),
        );
    }
}

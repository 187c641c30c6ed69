//! What is for other providers than those that are checked, and documents that are none.

use super::{Scope, Walk};
use crate::csp::fault::unknown;
use crate::csp::other::{access_point, hide_secrets, nearest_other};
use crate::csp::{NAPDEF, NodePath, PROVIDERS, other_provider, provider};
use crate::document::names::{nearest, quoted};
use crate::document::{Diagnostic, Element, ElementTag};

impl<'a> Walk<'a> {
    /// The document is for a client of another service, and no part of it is checked.
    pub(super) fn refuse_answer(&mut self, element: &'a Element, what: &str) {
        let fault = Diagnostic::error(element.at, format!("{what}, not a provisioning document"))
            .expected("settings of a device's providers, such as HotSpot");
        self.fail(element, fault);
    }

    /// A characteristic of a provider that is not checked here: kept unread. If the
    /// name seems to be meant for one that is, what stands in it is checked as its.
    pub(super) fn other_provider(&mut self, element: &'a Element) {
        let name = element.name.value.as_str();
        hide_secrets(element, self.diagnostics);
        if let Some(other) = other_provider(name) {
            self.access_points(other.name, element);
            if self.diagnostics.error_in(element.name.at).is_some() {
                return;
            }
            let purpose = other.purpose.map(|purpose| format!(" ({purpose})"));
            let found = format!(
                "{} is another provider of Windows{}; what it holds is kept unread",
                other.name,
                purpose.unwrap_or_default()
            );
            return self
                .diagnostics
                .push(Diagnostic::note(element.name.at, found));
        }
        if self.diagnostics.error_in(element.name.at).is_some() {
            return;
        }
        let names = PROVIDERS.iter().map(|one| one.name());
        if let Some(meant) = nearest(name, names.clone()) {
            if let (Some(provider), ElementTag::Characteristic) = (provider(meant), element.tag) {
                self.group(provider, Scope::default(), element);
            }
            let found = format!("no provider is called {}", quoted(name));
            let fault = unknown(Diagnostic::error(element.name.at, found), name, names);
            return self.fail(element, fault);
        }
        let found = format!(
            "no provider of Windows is called {}; what it holds is kept unread",
            quoted(name)
        );
        let warning = Diagnostic::warning(element.name.at, found)
            .expected("a provider that the device has, such as `HotSpot` or `CM_CellularEntries`");
        self.diagnostics.push(match nearest_other(name) {
            Some(meant) => warning.help(format!("write `{meant}`")),
            None => warning,
        });
    }

    /// Connection Manager knows network access points as connections, which HotSpot
    /// can name.
    pub(super) fn access_points(&mut self, provider: &str, element: &Element) {
        if provider != NAPDEF {
            return;
        }
        match element.tag {
            ElementTag::Characteristic => {
                if let Some(id) = access_point(element) {
                    self.walked.proposed.add_entry(NAPDEF, id);
                }
            }
            ElementTag::NoCharacteristic => {
                self.walked.proposed.delete(&NodePath::provider(NAPDEF));
            }
            _ => {}
        }
    }
}

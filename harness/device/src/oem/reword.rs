//! What the providers say of a section, in the words of its form.

use super::table::{self, HOTSPOT, Listed};
use super::value::to_form;
use super::{Form, table::settings_of};
use crate::csp::{UNEXPANDED, cellular, hotspot};
use crate::document::{Diagnostic, Diagnostics};

impl Form {
    /// Puts the advice of the providers, which is to write parms, into the words of this
    /// form. Called after the documents of its sections are checked.
    pub fn reword(self, faults: &mut Diagnostics) {
        faults.for_each(|fault| self.reword_one(fault));
    }

    fn reword_one(self, fault: &mut Diagnostic) {
        fault.found = fault.found.replace("has no parm", "has no setting");
        if fault.expected.as_deref() == Some(UNEXPANDED) {
            let expected = "what the device puts in its place, if it knows it; in a provisioning document it stays as it is";
            fault.expected = Some(expected.to_owned());
        }
        let Some(help) = fault.help.take() else {
            return;
        };
        fault.help = Some(self.reworded(help));
    }

    fn reworded(self, help: String) -> String {
        const OPEN: &str = "`<parm name=\"";
        const VALUE: &str = "\" value=\"";
        const CLOSE: &str = "\"/>`";
        if help.contains("`<characteristic ") {
            return "set it with a provisioning document".to_owned();
        }
        let parts = help.split_once(OPEN).and_then(|(before, rest)| {
            let (name, rest) = rest.split_once(VALUE)?;
            let (value, after) = rest.split_once(CLOSE)?;
            Some((before, name, value, after))
        });
        let Some((before, name, value, after)) = parts else {
            return help;
        };
        match self.setting(name, value) {
            Some(setting) => format!("{before}`{setting}`{after}"),
            None => {
                format!("set {name} with a provisioning document; no page of this form lists it")
            }
        }
    }

    /// A setting as this form has it, if it has it.
    fn setting(self, name: &str, value: &str) -> Option<String> {
        let of = match table::named(HOTSPOT, name) {
            Some(_) => hotspot::NAME,
            None => cellular::NAME,
        };
        let setting = table::named(settings_of(of), name)?;
        let value = to_form(self, table::node(of, setting), value).ok()?;
        (setting.listed(self) != Listed::No).then(|| match self {
            Self::Mcsf => format!("<Setting Name=\"{}\" Value=\"{value}\"/>", setting.name),
            Self::Wcd => format!("<{0}>{value}</{0}>", setting.name),
        })
    }
}

//! From the settings of a section to a provisioning document.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Form;
use super::table::{self, CELLULAR, HOTSPOT, Listed, Setting};
use super::value::{to_document, variable};
use crate::csp::{Node, Presence, ValueType, cellular, hotspot};
use crate::document::names::{nearest, one_of, quoted};
use crate::document::{Diagnostic, Diagnostics, Document, Element, Located, Span};

/// One setting as it stands in a form.
pub(super) struct Written {
    pub(super) name: Located<String>,
    pub(super) value: Located<String>,
    /// The whole of it.
    pub(super) at: Span,
}

/// The settings of one section, as they are found.
pub(super) struct Collector<'a> {
    form: Form,
    document: Document,
    /// Where the characteristic of a connection is in that of CM_CellularEntries.
    connections: HashMap<String, usize>,
    /// What is set, with its value: the connection, if it is of one, and the name in
    /// lower case.
    seen: HashMap<(Option<String>, String), String>,
    pub(super) faults: &'a mut Diagnostics,
}

impl<'a> Collector<'a> {
    pub(super) fn new(form: Form, section: Span, faults: &'a mut Diagnostics) -> Self {
        Self {
            form,
            document: Document {
                at: section,
                ..Document::default()
            },
            connections: HashMap::new(),
            seen: HashMap::new(),
            faults,
        }
    }

    pub(super) fn finish(self) -> Document {
        self.document
    }

    /// The group of HotSpot begins at this place.
    pub(super) fn hotspot(&mut self, at: Span) {
        self.group(hotspot::NAME, at);
    }

    /// A setting of HotSpot. An unknown one is for the provider to report.
    pub(super) fn of_hotspot(&mut self, written: Written, group: Span) {
        if !self.is_first(None, &written) {
            return;
        }
        let mut value = written.value;
        if let Some(setting) = table::named(HOTSPOT, &written.name) {
            let node = table::node(hotspot::NAME, setting);
            self.check(node, setting, &written.name, &value);
            value.value = to_document(node, &value).into_owned();
        }
        let parm = Element {
            at: written.at,
            ..Element::parm(written.name, value)
        };
        self.group(hotspot::NAME, group).children.push(parm);
    }

    /// A cellular connection, which may have settings; `at` covers its beginning.
    pub(super) fn connection(&mut self, name: &Located<String>, at: Span) {
        self.entry(name, at);
    }

    /// A setting of a cellular connection.
    pub(super) fn of_connection(&mut self, connection: &Located<String>, written: Written) {
        if !self.is_first(Some(connection.value.clone()), &written) {
            return;
        }
        let Written {
            mut name,
            mut value,
            at,
        } = written;
        let Some(setting) = table::named(CELLULAR, &name) else {
            return self.unknown_of_connection(&name, &value);
        };
        let node = table::node(cellular::NAME, setting);
        if name.value != setting.name {
            let found = format!("{} in other letter case", quoted(&name));
            self.faults.push(
                Diagnostic::warning(name.at, found)
                    .expected(format!("`{}`, as its page spells it", setting.name))
                    .help(format!("write `{}`", setting.name)),
            );
        }
        if is_number_of_option(node, &value) {
            self.faults.push(
                Diagnostic::note(value.at, format!("{} {}", setting.name, quoted(&value)))
                    .expected("a word; which one this number stands for is not documented here, and it is left out")
                    .help(format!("write {}", node.value_type.describe())),
            );
            return;
        }
        self.check(node, setting, &name, &value);
        value.value = to_document(node, &value).into_owned();
        let (group, leaf) = match setting.node.split_once('/') {
            Some((group, leaf)) => (Some(group), leaf),
            None => (None, setting.node),
        };
        name.value = leaf.to_owned();
        let parm = Element {
            at,
            ..Element::parm(name, value)
        };
        let entry = self.entry(connection, at);
        match group {
            None => entry.children.push(parm),
            Some(group) => {
                let group = Located::new(group.to_owned(), parm.name.at);
                entry.children.push(Element {
                    at,
                    ..Element::characteristic(group, vec![parm])
                });
            }
        }
    }

    fn unknown_of_connection(&mut self, name: &Located<String>, value: &Located<String>) {
        if table::node_is_secret(name) {
            self.faults.hide(value.at);
        }
        if self.faults.is_full() {
            return;
        }
        let known = || {
            let listed = |one: &&Setting| one.listed(self.form) != Listed::No;
            CELLULAR.iter().filter(listed).map(|one| one.name)
        };
        let found = format!("{} of a connection", quoted(name));
        self.faults.push(match nearest(name, known()) {
            Some(near) => Diagnostic::error(name.at, found)
                .expected(one_of(known()))
                .help(format!("write `{near}`")),
            None => Diagnostic::note(name.at, found).expected(
                "a setting whose parm of CM_CellularEntries is known; this one is left out",
            ),
        });
    }

    /// Whether it is the first of its name. Which of two that differ counts is not
    /// documented; Microsoft's own sample of COSA has one twice with one value.
    fn is_first(&mut self, connection: Option<String>, written: &Written) -> bool {
        let key = (connection, written.name.to_ascii_lowercase());
        let before = match self.seen.entry(key) {
            Entry::Vacant(free) => {
                free.insert(written.value.value.clone());
                return true;
            }
            Entry::Occupied(before) => before,
        };
        let is_same = *before.get() == written.value.value;
        let found = format!("{} is set for the second time", quoted(&written.name));
        let fault = match is_same {
            true => Diagnostic::warning(written.at, found).expected("it once in a section"),
            false => Diagnostic::error(written.at, found)
                .expected("it once in a section; which of two values counts is not documented"),
        };
        self.faults.push(fault.help("remove one of the two"));
        false
    }

    /// What the form itself has against a setting.
    fn check(
        &mut self,
        node: &Node,
        setting: &Setting,
        name: &Located<String>,
        value: &Located<String>,
    ) {
        if setting.listed(self.form) == Listed::No && node.presence != Presence::Obsolete {
            let found = format!("{} in {}", setting.name, self.form);
            self.faults.push(
                Diagnostic::warning(name.at, found)
                    .expected("what a public page of the form lists; no page lists this setting")
                    .help("set it with a provisioning document, unless the tool takes it"),
            );
        }
        if self.form == Form::Mcsf
            && let Some(variable) = variable(node.value_type, value)
        {
            let found = format!("{} in {}", quoted(variable), setting.name);
            self.faults.push(
                Diagnostic::error(value.at, found)
                    .expected("no environment variable: an answer file replaces none in a setting")
                    .help("write what it stands for on the device"),
            );
        }
    }

    /// The characteristic of a provider, which begins with its first setting.
    fn group(&mut self, provider: &'static str, at: Span) -> &mut Element {
        let children = &mut self.document.children;
        let index = children.iter().position(|one| one.name.value == provider);
        let index = index.unwrap_or_else(|| {
            let name = Located::new(provider.to_owned(), at);
            children.push(Element {
                at,
                ..Element::characteristic(name, Vec::new())
            });
            children.len() - 1
        });
        &mut children[index]
    }

    fn entry(&mut self, name: &Located<String>, at: Span) -> &mut Element {
        let known = self.connections.get(&name.value).copied();
        let entries = &mut self.group(cellular::NAME, at).children;
        let index = known.unwrap_or(entries.len());
        if known.is_none() {
            entries.push(Element {
                at,
                ..Element::characteristic(name.clone(), Vec::new())
            });
            self.connections.insert(name.value.clone(), index);
        }
        &mut self.group(cellular::NAME, at).children[index]
    }
}

/// Whether one of several words is given by a number.
fn is_number_of_option(node: &Node, value: &str) -> bool {
    let hexadecimal = value
        .strip_prefix("0x")
        .or_else(|| value.strip_prefix("0X"));
    let is_number = hexadecimal.is_some()
        || (!value.is_empty() && value.bytes().all(|one| one.is_ascii_digit()));
    matches!(node.value_type, ValueType::Choice(_)) && is_number
}

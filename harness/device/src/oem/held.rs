//! What of a provisioning document a form can hold.

use super::table::{self, Listed, settings_of};
use super::value::to_form;
use super::{Form, Unheld};
use crate::csp::{Presence, Provider, hotspot, provider_named};
use crate::document::names::{count, quoted};
use crate::document::xml::foreign_character;
use crate::document::{Diagnostic, Diagnostics, Document, Element, ElementTag};

/// A setting's name and its value, as the form has them.
pub(super) type Pair = (&'static str, String);

/// A document as a form has it.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) hotspot: Vec<Pair>,
    /// Connections with their settings.
    pub(super) connections: Vec<(String, Vec<Pair>)>,
}

/// Takes what the form can hold, and names the rest.
pub(super) fn of(
    document: &Document,
    form: Form,
    unheld: Unheld,
    faults: &mut Diagnostics,
) -> Held {
    let mut taking = Taking {
        form,
        unheld,
        faults,
        held: Held::default(),
    };
    for element in &document.children {
        taking.top(element);
    }
    taking.held
}

struct Taking<'a> {
    form: Form,
    unheld: Unheld,
    faults: &'a mut Diagnostics,
    held: Held,
}

impl Taking<'_> {
    fn top(&mut self, element: &Element) {
        let provider = provider_named(&element.name);
        match (element.tag, provider) {
            (ElementTag::Characteristic, Some(provider)) => {
                for child in &element.children {
                    match provider.name() {
                        hotspot::NAME => {
                            let pair = self.parm(provider, "", child);
                            put(&mut self.held.hotspot, pair);
                        }
                        _ => self.entry(provider, child),
                    }
                }
            }
            (ElementTag::Characteristic, None) => {
                let what = format!("{}, which is not for HotSpot", quoted(&element.name));
                self.not_held(
                    element,
                    what,
                    "write it in a provisioning document of its own",
                );
            }
            _ => self.not_a_setting(element),
        }
    }

    fn entry(&mut self, provider: &dyn Provider, element: &Element) {
        if element.tag != ElementTag::Characteristic {
            return self.not_a_setting(element);
        }
        let mut pairs = Vec::new();
        for child in &element.children {
            if child.tag == ElementTag::Characteristic {
                for inner in &child.children {
                    let group = format!("{}/", child.name.value);
                    put(&mut pairs, self.parm(provider, &group, inner));
                }
            } else {
                put(&mut pairs, self.parm(provider, "", child));
            }
        }
        if !self.is_writable(element, &element.name) {
            return;
        }
        if pairs.is_empty() && self.form == Form::Mcsf {
            let what = format!("the connection {} without settings", quoted(&element.name));
            return self.not_held(element, what, "give it an access point's name");
        }
        let connections = &mut self.held.connections;
        let name = &element.name.value;
        match connections.iter_mut().find(|(one, _)| one == name) {
            Some((_, before)) => pairs.into_iter().for_each(|pair| put(before, Some(pair))),
            None => connections.push((name.clone(), pairs)),
        }
    }

    /// A parm as the form has it.
    fn parm(&mut self, provider: &dyn Provider, group: &str, parm: &Element) -> Option<Pair> {
        let (ElementTag::Parm, Some(text)) = (parm.tag, &parm.value) else {
            self.not_a_setting(parm);
            return None;
        };
        let named = provider.named(&format!("{group}{}", parm.name.value));
        let node = named.as_ref().map(|named| named.node);
        let settings = settings_of(provider.name());
        let is_it = |one: &&table::Setting| node.is_some_and(|node| node.name == one.node);
        let found = settings.iter().find(is_it);
        let setting = found.filter(|one| one.listed(self.form) != Listed::No);
        let (Some(setting), Some(node)) = (setting, node) else {
            let what = quoted(&parm.name);
            let help = "write it in a provisioning document of its own";
            match node.is_some_and(|node| node.presence == Presence::Obsolete) {
                // No device stores it.
                true => self.say(Diagnostic::warning(parm.at, self.unheld_words(&what)), help),
                false => self.not_held(parm, what, help),
            }
            return None;
        };
        if setting.listed(self.form) == Listed::Unclear {
            let found = format!("{} in {}", setting.name, self.form);
            self.faults.push(
                Diagnostic::warning(parm.name.at, found)
                    .expected("a setting that a public page of the form lists; the name is that of the CSP")
                    .help("prove it on a device, or set it with a provisioning document"),
            );
        }
        if !self.is_writable(parm, text) {
            return None;
        }
        let stored = match node.value_type.read(text) {
            Ok(stored) => stored,
            Err(not_taken) => {
                let found = format!("{} is {}", setting.name, quoted(text));
                let fault = Diagnostic::error(text.at, found).expected(not_taken.expected);
                self.faults.push(fault);
                return None;
            }
        };
        match to_form(self.form, node, &stored) {
            Ok(value) => Some((setting.name, value)),
            Err(why) => {
                let what = format!("{} of {}", quoted(text), setting.name);
                self.not_held(parm, what, why);
                None
            }
        }
    }

    fn is_writable(&mut self, element: &Element, text: &str) -> bool {
        let Some((_, one)) = foreign_character(text) else {
            return true;
        };
        let found = format!("the character U+{:04X}", one as u32);
        let fault = Diagnostic::error(element.at, found).expected("characters that XML has");
        self.faults.push(fault.help("remove it"));
        false
    }

    fn not_a_setting(&mut self, element: &Element) {
        let what = format!("`{}` {}", element.tag.name(), quoted(&element.name));
        let help = "a form only sets: delete and query with a provisioning document";
        self.not_held(element, what, help);
    }

    fn not_held(&mut self, element: &Element, what: String, help: &str) {
        let found = self.unheld_words(&what);
        let fault = match self.unheld {
            Unheld::Refuse => Diagnostic::error(element.at, found),
            Unheld::LeaveOut => Diagnostic::warning(element.at, found),
        };
        self.say(fault, help);
    }

    fn unheld_words(&self, what: &str) -> String {
        format!("{} cannot hold {what}", self.form)
    }

    fn say(&mut self, fault: Diagnostic, help: &str) {
        let settings = settings_of(hotspot::NAME).iter();
        let here = settings.filter(|one| one.listed(self.form) != Listed::No);
        let expected = format!(
            "one of {} of HotSpot that its pages list, or a connection's",
            count(here.count(), "setting")
        );
        self.faults.push(fault.expected(expected).help(help));
    }
}

/// Adds a setting; of two of one name the last one counts, as in a document.
fn put(pairs: &mut Vec<Pair>, pair: Option<Pair>) {
    let Some((name, value)) = pair else { return };
    match pairs.iter_mut().find(|(one, _)| *one == name) {
        Some((_, before)) => *before = value,
        None => pairs.push((name, value)),
    }
}

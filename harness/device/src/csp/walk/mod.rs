//! Goes over a document, node by node: what it would set, and what is wrong.

mod other;
mod parm;
mod review;
mod scope;
mod warnings;

use std::collections::{BTreeMap, HashMap};

use self::scope::Scope;
use super::fault::{describe, unknown};
use super::other::configuration_answer;
use super::query::Answers;
use super::{Access, Layout, NodePath, Provider, Settings, provider_named};
use crate::document::names::quoted;
use crate::document::{Diagnostic, Diagnostics, Document, Element, ElementTag};

/// What is expected where a text has what only the OEM's forms replace.
pub(crate) const UNEXPANDED: &str =
    "the text itself: nothing expands it in a provisioning document";

/// The identity of an element: its address, since the document does not move.
pub(in crate::csp) type Key = *const Element;

/// The result of going over a document.
pub(super) struct Walked {
    /// The settings that it would leave.
    pub(super) proposed: Settings,
    /// Why an element cannot be done.
    pub(super) faults: HashMap<Key, String>,
    /// The answers to queries.
    pub(super) answers: HashMap<Key, Element>,
}

/// Goes over a document. Faults are added to those that its reader found.
pub(super) fn walk(
    settings: &Settings,
    own: &[&str],
    document: &Document,
    access: &Access,
    diagnostics: &mut Diagnostics,
) -> Walked {
    let mut walk = Walk {
        access,
        diagnostics,
        room: Answers::default(),
        unanswered: false,
        set: BTreeMap::new(),
        deleted: Vec::new(),
        spoilt: Vec::new(),
        walked: Walked {
            proposed: settings.clone(),
            faults: HashMap::new(),
            answers: HashMap::new(),
        },
    };
    if let Some((element, what)) = configuration_answer(document) {
        walk.refuse_answer(element, what);
        return walk.walked;
    }
    for element in &document.children {
        walk.top(element);
    }
    if !document.cut {
        walk.review(document, own);
    }
    walk.walked
}

struct Walk<'a> {
    access: &'a Access,
    diagnostics: &'a mut Diagnostics,
    /// The limit on answers.
    room: Answers,
    /// Whether a query exceeded it.
    unanswered: bool,
    /// Nodes that were set and not deleted since, with the element that did it.
    set: BTreeMap<NodePath, &'a Element>,
    /// What was deleted, by which element.
    deleted: Vec<(NodePath, &'a Element)>,
    /// Nodes with an invalid value, which are not reported as missing.
    spoilt: Vec<NodePath>,
    walked: Walked,
}

impl<'a> Walk<'a> {
    /// An element directly under the root.
    fn top(&mut self, element: &'a Element) {
        let name = element.name.value.as_str();
        if !element.tag.names_group() || element.tag.is_error() {
            return self.misplaced(element, "a characteristic of a provider");
        }
        let Some(provider) = provider_named(name) else {
            return self.other_provider(element);
        };
        self.check_case(element, provider.name());
        let capability = provider.capability();
        if !self.access.has(capability) {
            let capability = capability.name();
            let fault = Diagnostic::error(element.at, format!("access to {name} is denied"))
                .expected(format!("a caller with the capability {capability}"))
                .help(format!(
                    "give {capability} to the application that configures the network"
                ));
            return self.fail(element, fault);
        }
        match element.tag {
            ElementTag::Characteristic => self.group(provider, Scope::default(), element),
            ElementTag::NoCharacteristic => {
                self.delete(NodePath::provider(provider.name()), element)
            }
            _ => self.query(element, |room, settings| {
                room.of_provider(provider, settings, element)
            }),
        }
    }

    /// A query is answered as long as the limit allows.
    fn query(
        &mut self,
        element: &'a Element,
        answer: impl FnOnce(&mut Answers, &Settings) -> Option<Element>,
    ) {
        if let Some(answer) = answer(&mut self.room, &self.walked.proposed) {
            self.walked.answers.insert(element, answer);
            return;
        }
        let fault = Answers::too_many(element.at);
        if std::mem::replace(&mut self.unanswered, true) {
            // The following ones have the same cause, which is reported once.
            self.walked.faults.insert(element, describe(&fault));
        } else {
            self.fail(element, fault);
        }
    }

    /// The children of a provider's characteristic, of an entry in it, or of a
    /// characteristic in that.
    fn group(&mut self, provider: &dyn Provider, scope: Scope<'a>, element: &'a Element) {
        let has_entries = provider.layout() == Layout::Entries && scope.entry.is_none();
        let has_groups = scope.group.is_none() && !provider.groups().is_empty();
        for child in &element.children {
            let is_group = child.tag.names_group();
            if is_group && !has_entries && has_groups && !child.tag.is_error() {
                self.nested(provider, scope, child);
            } else if child.tag.is_error() || is_group != has_entries {
                let expected = match (has_entries, scope.entry) {
                    (true, _) => "the characteristic of an entry",
                    (false, None) => "a parm",
                    (false, Some(_)) => "a parm of the entry",
                };
                self.misplaced(child, expected);
            } else if has_entries {
                self.entry(provider, child);
            } else {
                self.parm(provider, scope, child);
            }
        }
    }

    fn entry(&mut self, provider: &dyn Provider, element: &'a Element) {
        let name = element.name.value.as_str();
        self.check_macros(&element.name, "the name of an entry");
        match element.tag {
            ElementTag::Characteristic => {
                if makes_entry(element) {
                    self.walked.proposed.add_entry(provider.name(), name);
                    let path = NodePath::entry(provider.name(), name);
                    self.set.entry(path).or_insert(element);
                }
                let scope = Scope {
                    entry: Some(name),
                    group: None,
                };
                self.group(provider, scope, element);
            }
            ElementTag::NoCharacteristic => {
                self.delete(NodePath::entry(provider.name(), name), element)
            }
            _ => self.query(element, |room, settings| {
                room.of_entry(provider, settings, element)
            }),
        }
    }

    /// A characteristic inside an entry.
    fn nested(&mut self, provider: &dyn Provider, scope: Scope<'a>, element: &'a Element) {
        let name = element.name.value.as_str();
        let groups = provider.groups();
        let Some(group) = groups.iter().find(|one| one.eq_ignore_ascii_case(name)) else {
            let found = format!("an entry of {} has no {}", provider.name(), quoted(name));
            let names = groups.iter().copied();
            let fault = unknown(Diagnostic::error(element.name.at, found), name, names);
            return self.fail(element, fault);
        };
        self.check_case(element, group);
        let entry = scope.entry.unwrap_or_default();
        match element.tag {
            ElementTag::Characteristic => {
                let group = Some(*group);
                self.group(provider, Scope { group, ..scope }, element);
            }
            ElementTag::NoCharacteristic => {
                let nodes = provider.nodes().iter().map(|node| node.name);
                let inside =
                    |node: &&str| node.split('/').next() == Some(*group) && node.contains('/');
                for node in nodes.filter(inside) {
                    self.delete(NodePath::in_entry(provider.name(), entry, node), element);
                }
            }
            _ => self.query(element, |room, settings| {
                room.of_group(provider, settings, entry, element)
            }),
        }
    }

    fn misplaced(&mut self, element: &'a Element, expected: &str) {
        let found = format!("a {} cannot stand here", element.tag.name());
        let fault = Diagnostic::error(element.at, found).expected(expected);
        self.fail(element, fault);
    }

    fn fail(&mut self, element: &'a Element, fault: Diagnostic) {
        let faults = self.walked.faults.entry(element);
        faults.or_insert_with(|| describe(&fault));
        // The reader may have found the same value wrong for its datatype.
        self.diagnostics.push_instead(fault);
    }
}

/// Whether a characteristic makes an entry: one that only asks or deletes does not.
fn makes_entry(element: &Element) -> bool {
    let sets = |child: &Element| match child.tag {
        ElementTag::Parm => true,
        ElementTag::Characteristic => child.children.iter().any(|one| one.tag == ElementTag::Parm),
        _ => false,
    };
    element.children.is_empty() || element.children.iter().any(sets)
}

//! Goes over a document, node by node: what it would set, and what is wrong.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::fault::{describe, unknown};
use super::query::Answers;
use super::{Access, Layout, Node, NodePath, PROVIDERS, Presence, Provider, Settings, provider};
use crate::document::names::{nearest, quoted};
use crate::document::{Diagnostic, Diagnostics, Document, Element, ElementTag, Level};

/// The identity of an element: its address, since the document does not move.
pub(super) type Key = *const Element;

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
    for element in &document.children {
        walk.top(element);
    }
    if !document.cut {
        walk.review(document);
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
        let Some(provider) = provider(name) else {
            return self.unknown_provider(element);
        };
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
            ElementTag::Characteristic => self.group(provider, None, element),
            ElementTag::NoCharacteristic => {
                self.delete(NodePath::provider(provider.name()), element)
            }
            _ => self.query(element, |room, settings| {
                room.of_provider(provider, settings, element)
            }),
        }
    }

    /// A characteristic of no provider. If one seems to be meant, what stands in it
    /// is checked as its.
    fn unknown_provider(&mut self, element: &'a Element) {
        let name = element.name.value.as_str();
        let names = PROVIDERS.iter().map(|one| one.name());
        let meant = nearest(name, names.clone()).and_then(provider);
        if let Some(provider) = meant.filter(|_| element.tag == ElementTag::Characteristic) {
            self.group(provider, None, element);
        }
        let found = format!("no provider is called {}", quoted(name));
        let fault = unknown(Diagnostic::error(element.name.at, found), name, names);
        self.fail(element, fault);
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

    /// The children of a provider's characteristic, or of an entry in it.
    fn group(&mut self, provider: &dyn Provider, entry: Option<&'a str>, element: &'a Element) {
        let has_entries = provider.layout() == Layout::Entries && entry.is_none();
        for child in &element.children {
            if child.tag.is_error() || child.tag.names_group() != has_entries {
                let expected = match (has_entries, entry) {
                    (true, _) => "the characteristic of an entry",
                    (false, None) => "a parm",
                    (false, Some(_)) => "a parm of the entry",
                };
                self.misplaced(child, expected);
            } else if has_entries {
                self.entry(provider, child);
            } else {
                self.parm(provider, entry, child);
            }
        }
    }

    fn entry(&mut self, provider: &dyn Provider, element: &'a Element) {
        let name = element.name.value.as_str();
        match element.tag {
            ElementTag::Characteristic => {
                // One that only asks or deletes makes no entry.
                let sets = |child: &Element| child.tag == ElementTag::Parm;
                if element.children.is_empty() || element.children.iter().any(sets) {
                    self.walked.proposed.add_entry(provider.name(), name);
                }
                self.group(provider, Some(name), element);
            }
            ElementTag::NoCharacteristic => {
                self.delete(NodePath::entry(provider.name(), name), element)
            }
            _ => self.query(element, |room, settings| {
                room.of_entry(provider, settings, element)
            }),
        }
    }

    fn parm(&mut self, provider: &dyn Provider, entry: Option<&str>, element: &'a Element) {
        let name = element.name.value.as_str();
        let nodes = provider.nodes();
        let exact = provider.node(name);
        let names = nodes.iter().map(|node| node.name);
        let meant = match exact {
            Some(_) => None,
            None => nearest(name, names.clone()),
        };
        let known = exact.or_else(|| provider.node(meant?));
        let path = NodePath {
            provider: provider.name(),
            entry: entry.map(str::to_owned),
            node: Some(meant.unwrap_or(name).to_owned()),
        };
        if element.spoilt {
            // Its reader has reported it.
            return self.spoilt.push(path);
        }
        if exact.is_none() && (provider.is_complete() || meant.is_some()) {
            let found = format!("{} has no parm {}", provider.name(), quoted(name));
            let fault = unknown(Diagnostic::error(element.name.at, found), name, names);
            if let (Some(_), ElementTag::Parm) = (known, element.tag)
                && let Err(fault) = stored_form(known, element)
            {
                // The value is checked although the name is wrong.
                self.diagnostics.push_instead(fault);
            }
            self.spoilt.extend(meant.map(|_| path));
            return self.fail(element, fault);
        }
        if exact.is_none() {
            let found = format!("{} of {} is not known here", quoted(name), provider.name());
            let warning = Diagnostic::warning(element.name.at, found);
            self.diagnostics
                .push(warning.expected("a parm that can be checked; it is kept as it is"));
        }
        if let Some(obsolete) = known.filter(|node| node.presence == Presence::Obsolete) {
            return self.obsolete(obsolete, element);
        }
        match element.tag {
            ElementTag::Parm => self.set(known, path, element),
            ElementTag::NoParm => self.delete(path, element),
            _ => self.query(element, |room, settings| {
                room.of_parm(provider, settings, &path, element)
            }),
        }
    }

    /// An obsolete node accepts any value and stores none.
    fn obsolete(&mut self, node: &Node, element: &'a Element) {
        let found = format!("{} is no longer supported and is not stored", node.name);
        let sentence = node.sentence.trim_end_matches('.');
        let warning = Diagnostic::warning(element.at, found)
            .expected("no such parm")
            .help(format!("remove it; the specification says: {sentence}"));
        self.diagnostics.push(warning);
        if element.tag == ElementTag::ParmQuery {
            let absent = Element::new(ElementTag::NoParm, element.name.clone());
            self.walked.answers.insert(element, absent);
        }
    }

    fn set(&mut self, known: Option<&Node>, path: NodePath, element: &'a Element) {
        let stored = match stored_form(known, element) {
            Ok(stored) => stored,
            Err(fault) => {
                self.fail(element, fault);
                self.spoilt.push(path.clone());
                return self.note_set(path, element);
            }
        };
        self.walked.proposed.set(&path, &stored);
        self.note_set(path, element);
    }

    fn note_set(&mut self, path: NodePath, element: &'a Element) {
        if self.set.insert(path, element).is_some() {
            let found = format!("{} is set more than once", element.name.value);
            let warning = Diagnostic::warning(element.at, found);
            self.diagnostics
                .push(warning.expected("one value; the last one counts"));
        }
    }

    fn delete(&mut self, path: NodePath, element: &'a Element) {
        if element.spoilt {
            return self.spoilt.push(path);
        }
        let undone: Vec<_> = self
            .set
            .range(path.clone()..)
            .map(|(one, _)| one.clone())
            .take_while(|one| one.is_within(&path))
            .collect();
        if let Some(first) = undone.first() {
            let node = first.node.as_deref().unwrap_or_default();
            let found = format!("{node} is set before it and deleted here");
            let warning = Diagnostic::warning(element.at, found);
            self.diagnostics
                .push(warning.expected("one of the two; the last one counts"));
        }
        for one in &undone {
            self.set.remove(one);
        }
        self.walked.proposed.delete(&path);
        self.deleted.push((path, element));
    }

    /// The element that last changed this node.
    fn changed_by(&self, path: &NodePath) -> Option<&'a Element> {
        // What was set and deleted after that is not in `set` any more.
        let set = self.set.get(path).copied();
        set.or_else(|| {
            let covers = |(deleted, _): &&(NodePath, _)| path.is_within(deleted);
            Some(self.deleted.iter().rev().find(covers)?.1)
        })
    }

    /// Checks the constraints on the settings as a whole.
    fn review(&mut self, document: &Document) {
        for provider in PROVIDERS {
            for finding in provider.review(&self.walked.proposed) {
                let is_spoilt =
                    |path: &NodePath| self.spoilt.iter().any(|spoilt| path.is_within(spoilt));
                if finding.about.iter().any(is_spoilt) {
                    continue;
                }
                let by = finding.about.iter().find_map(|one| self.changed_by(one));
                if by.is_none() && finding.level == Level::Warning {
                    continue;
                }
                let diagnostic = Diagnostic {
                    at: by.map_or(document.at, |element| element.at),
                    level: finding.level,
                    found: finding.found,
                    expected: Some(finding.expected),
                    help: Some(
                        match by.and_then(|by| instead_of_deleting(by, &finding.about)) {
                            Some(help) => help,
                            None => finding.help,
                        },
                    ),
                };
                if let Some(element) = by
                    && finding.level == Level::Error
                {
                    let faults = self.walked.faults.entry(element);
                    faults.or_insert_with(|| describe(&diagnostic));
                }
                self.diagnostics.push(diagnostic);
            }
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

/// The help for a fault that is caused by a deletion.
fn instead_of_deleting(deletes: &Element, about: &[NodePath]) -> Option<String> {
    if !matches!(
        deletes.tag,
        ElementTag::NoParm | ElementTag::NoCharacteristic
    ) {
        return None;
    }
    let names = about.iter().filter_map(|path| path.node.as_deref());
    let other = names.into_iter().find(|node| *node != *deletes.name)?;
    Some(format!("leave this out, or change {other} as well"))
}

/// The value of a parm as it is stored, if its node accepts it.
fn stored_form<'a>(known: Option<&Node>, parm: &'a Element) -> Result<Cow<'a, str>, Diagnostic> {
    let name = parm.name.value.as_str();
    let Some(value) = &parm.value else {
        let expected = known.map_or("text".to_owned(), |node| node.value_type.describe());
        return Err(Diagnostic::error(parm.at, format!("{name} has no value"))
            .expected(expected)
            .help(r#"add `value="…"`"#));
    };
    let Some(node) = known else {
        return Ok(Cow::Borrowed(value));
    };
    if let Some(datatype) = &parm.datatype
        && !node.value_type.allows(datatype.value)
    {
        let wanted = node.value_type.datatype().as_str();
        let found = format!("the datatype of {name} is `{}`", datatype.as_str());
        return Err(Diagnostic::error(datatype.at, found)
            .expected(format!("`{wanted}`"))
            .help(format!(r#"write `datatype="{wanted}"`, or leave it out"#)));
    }
    node.value_type.read(value).map_err(|not_taken| {
        let found = format!("{name} is {}", quoted(value));
        Diagnostic {
            help: not_taken.help,
            ..Diagnostic::error(value.at, found).expected(not_taken.expected)
        }
    })
}

//! Goes over a document, node by node: what it would set, and what is wrong.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::fault::{describe, unknown};
use super::other::{access_point, configuration_answer, hide_secrets, nearest_other};
use super::query::Answers;
use super::{
    Access, Layout, NAPDEF, Node, NodePath, PROVIDERS, Presence, Provider, Settings, Spelling,
    ValueType, other_provider, provider, provider_named,
};
use crate::document::names::{nearest, quoted};
use crate::document::{Diagnostic, Diagnostics, Document, Element, ElementTag, Level, Located};

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
    /// The document is for a client of another service, and no part of it is checked.
    fn refuse_answer(&mut self, element: &'a Element, what: &str) {
        let fault = Diagnostic::error(element.at, format!("{what}, not a provisioning document"))
            .expected("settings of a device's providers, such as HotSpot");
        self.fail(element, fault);
    }

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

    /// A characteristic of a provider that is not checked here: kept unread. If the
    /// name seems to be meant for one that is, what stands in it is checked as its.
    fn other_provider(&mut self, element: &'a Element) {
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
    fn access_points(&mut self, provider: &str, element: &Element) {
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

    /// Warns of a known name in other letter case than its page has.
    fn check_case(&mut self, element: &Element, documented: &str) {
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

    fn parm(&mut self, provider: &dyn Provider, scope: Scope<'a>, element: &'a Element) {
        let name = element.name.value.as_str();
        let full = scope.full(name);
        let named = provider.named(&full);
        let names = names_in(provider, scope);
        let meant = match named {
            Some(_) => None,
            None => nearest(name, names.iter().copied()),
        };
        let meant = meant.and_then(|meant| provider.node(&scope.full(meant)));
        let path = NodePath {
            provider: provider.name(),
            entry: scope.entry.map(str::to_owned),
            node: Some(match (&named, meant) {
                (Some(named), _) => named.name.clone(),
                (None, Some(meant)) => meant.name.to_owned(),
                (None, None) => full,
            }),
        };
        if element.spoilt {
            // Its reader has reported it.
            return self.spoilt.push(path);
        }
        let known = match named {
            Some(named) => {
                if named.spelling == Spelling::OtherCase {
                    let leaf = named.name.rsplit('/').next().unwrap_or_default();
                    self.check_case(element, leaf);
                }
                Some(named.node)
            }
            None if meant.is_some() || provider.is_complete() => {
                return self.misnamed_parm(provider, meant, &names, path, element);
            }
            None => {
                if let Some(fault) = belongs_inside(provider, scope, element) {
                    return self.fail(element, fault);
                }
                let found = format!("{} of {} is not known here", quoted(name), provider.name());
                let warning = Diagnostic::warning(element.name.at, found);
                self.diagnostics
                    .push(warning.expected("a parm that can be checked; it is kept as it is"));
                None
            }
        };
        if let Some(obsolete) = known.filter(|node| node.presence == Presence::Obsolete) {
            return self.obsolete(obsolete, element);
        }
        self.check_listed(provider, element);
        match element.tag {
            ElementTag::Parm => self.set(known, path, element),
            ElementTag::NoParm => self.delete(path, element),
            _ => self.query(element, |room, settings| {
                room.of_parm(provider, settings, &path, element)
            }),
        }
    }

    /// A parm that the provider does not have; the one that seems to be meant is
    /// checked all the same.
    fn misnamed_parm(
        &mut self,
        provider: &dyn Provider,
        meant: Option<&Node>,
        names: &[&'static str],
        path: NodePath,
        element: &'a Element,
    ) {
        let name = element.name.value.as_str();
        let found = format!("{} has no parm {}", provider.name(), quoted(name));
        let fault = Diagnostic::error(element.name.at, found);
        let fault = unknown(fault, name, names.iter().copied());
        if let (Some(_), ElementTag::Parm) = (meant, element.tag)
            && let Err(fault) = stored_form(meant, element)
        {
            // The value is checked although the name is wrong.
            self.diagnostics.push_instead(fault);
        }
        self.spoilt.extend(meant.map(|_| path));
        self.fail(element, fault);
    }

    /// A note where the provider's page does not list the element.
    fn check_listed(&mut self, provider: &dyn Provider, element: &Element) {
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
    fn check_macros(&mut self, text: &Located<String>, what: &str) {
        let Some(start) = text.find("$(") else { return };
        let rest = &text[start..];
        let name = &rest[..rest.find(')').map_or(rest.len(), |end| end + 1)];
        let found = format!("{} in {what}", quoted(name));
        self.diagnostics.push(
            Diagnostic::warning(text.at, found)
                .expected("the text itself: nothing expands it in a provisioning document"),
        );
    }

    /// Warns of a `translation`, which has a device replace parts of a value.
    fn check_translation(&mut self, element: &Element) {
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
        self.check_translation(element);
        if let Some(value) = &element.value {
            if known.is_some_and(|node| node.value_type == ValueType::Secret) {
                self.diagnostics.hide(value.at);
            }
            self.check_macros(value, &element.name);
        }
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
            let node = first.node.as_deref().or(first.entry.as_deref());
            let node = node.unwrap_or_default();
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
        let set = self.set.get(path).copied().or_else(|| {
            let all = self.set.iter().filter(|_| path.node.is_none());
            let within = all.filter(|(one, _)| one.is_within(path));
            within
                .map(|(_, element)| *element)
                .min_by_key(|element| element.at)
        });
        set.or_else(|| {
            let covers = |(deleted, _): &&(NodePath, _)| path.is_within(deleted);
            Some(self.deleted.iter().rev().find(covers)?.1)
        })
    }

    /// Checks the constraints on the settings as a whole.
    fn review(&mut self, document: &Document, own: &[&str]) {
        for provider in PROVIDERS {
            for finding in provider.review(&self.walked.proposed, own) {
                let is_spoilt =
                    |path: &NodePath| self.spoilt.iter().any(|spoilt| path.is_within(spoilt));
                if finding.about.iter().any(is_spoilt) {
                    continue;
                }
                let by = finding.about.iter().find_map(|one| self.changed_by(one));
                if by.is_none() && finding.level != Level::Error {
                    continue;
                }
                let at = match by.and_then(|by| by.value.as_ref()) {
                    Some(value) if finding.at_value => value.at,
                    _ => by.map_or(document.at, |element| element.at),
                };
                let diagnostic = Diagnostic {
                    at,
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

/// Where in a provider's characteristic an element stands.
#[derive(Clone, Copy, Default)]
struct Scope<'a> {
    /// The entry, where the provider has entries.
    entry: Option<&'a str>,
    /// The characteristic inside of it.
    group: Option<&'static str>,
}

impl Scope<'_> {
    /// The name of a node that stands here, as the provider's table has it.
    fn full(self, leaf: &str) -> String {
        match self.group {
            Some(group) => format!("{group}/{leaf}"),
            None => leaf.to_owned(),
        }
    }

    /// The name in a document of a node of the table, if it stands here.
    fn leaf(self, full: &'static str) -> Option<&'static str> {
        match (self.group, full.split_once('/')) {
            (None, None) => Some(full),
            (Some(group), Some((of, leaf))) if of == group => Some(leaf),
            _ => None,
        }
    }
}

/// The names that parms can have here.
fn names_in(provider: &dyn Provider, scope: Scope<'_>) -> Vec<&'static str> {
    let nodes = provider.nodes().iter();
    // A name with a part that varies is none that could be written.
    let names = nodes.filter(|node| provider.named(node.name).is_some());
    names.filter_map(|node| scope.leaf(node.name)).collect()
}

/// The fault of a parm that has its place in a characteristic of the entry. The OEM's
/// form calls the one there is by a shorter name.
fn belongs_inside(
    provider: &dyn Provider,
    scope: Scope<'_>,
    element: &Element,
) -> Option<Diagnostic> {
    let name = element.name.value.as_str();
    let mut nested = provider
        .nodes()
        .iter()
        .filter_map(|node| node.name.split_once('/'));
    let is_it = |leaf: &str| {
        let tail = leaf.len().saturating_sub(name.len());
        name.len() > "AccessPoint".len()
            && leaf
                .get(tail..)
                .is_some_and(|tail| tail.eq_ignore_ascii_case(name))
    };
    let (group, leaf) = nested.find(|(_, leaf)| scope.group.is_none() && is_it(leaf))?;
    let found = format!(
        "{} of {} is not in a {group}",
        quoted(name),
        provider.name()
    );
    let fault = Diagnostic::error(element.at, found).expected(format!("{leaf} inside {group}"));
    let value = element.value.as_ref().map_or("…", |value| value.as_str());
    Some(match value.contains(['"', '<', '&']) {
        true => fault,
        false => fault.help(format!(
            r#"write `<characteristic type="{group}"><parm name="{leaf}" value="{value}"/></characteristic>`"#
        )),
    })
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

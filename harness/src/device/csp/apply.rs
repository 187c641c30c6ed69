//! A document is checked as a whole and applied whole or not at all.

use std::collections::BTreeMap;

use super::{
    Access, Layout, Node, PROVIDERS, Place, Presence, Provider, Settings, Takes, provider, query,
    refuse,
};
use crate::device::document::names::{nearest, one_of, quoted};
use crate::device::document::{Diagnostic, Diagnostics, Document, Element, Kind, Level, Span};

/// What came of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the device answers.
    pub response: Document,
    /// The settings after it; nothing if it was refused.
    pub settings: Option<Settings>,
    /// What it changed; nothing if it was refused.
    pub changes: Vec<Change>,
}

/// A node that has another value than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The node.
    pub place: Place,
    /// What was set before.
    pub from: Option<String>,
    /// What is set now.
    pub to: Option<String>,
    /// When it takes effect.
    pub takes: Takes,
}

/// Applies a document to settings, in memory. Faults are added to those that the
/// reader of the document found; one error, whoever found it, refuses the whole.
pub fn apply(
    settings: &Settings,
    document: &Document,
    access: &Access,
    diagnostics: &mut Diagnostics,
) -> Outcome {
    let mut walk = Walk {
        access,
        proposed: settings.clone(),
        diagnostics,
        entered: 0,
        faults: BTreeMap::new(),
        touched: Vec::new(),
        spoilt: Vec::new(),
    };
    let children = document.children.iter().map(|one| walk.top(one)).collect();
    walk.review(document.at);
    if walk.diagnostics.refuse() {
        let response = Document {
            children: refuse::respond(&document.children, &walk.faults, settings),
            ..document.clone()
        };
        return Outcome {
            response,
            settings: None,
            changes: Vec::new(),
        };
    }
    Outcome {
        response: Document {
            children,
            ..document.clone()
        },
        changes: changes(settings, &walk.proposed),
        settings: Some(walk.proposed),
    }
}

/// The element that last touched a place, by its number in document order.
struct Touch {
    place: Place,
    number: usize,
    at: Span,
}

struct Walk<'a> {
    access: &'a Access,
    proposed: Settings,
    diagnostics: &'a mut Diagnostics,
    /// How many elements were entered, in document order.
    entered: usize,
    /// Why the element of this number cannot be done.
    faults: BTreeMap<usize, String>,
    touched: Vec<Touch>,
    /// Nodes that are set to what they do not take: not to be told as missing.
    spoilt: Vec<Place>,
}

impl Walk<'_> {
    /// An element directly under the root.
    fn top(&mut self, element: &Element) -> Element {
        let number = self.enter();
        let name = element.name.value.as_str();
        if !element.kind.names_group() || element.kind.is_error() {
            return self.misplaced(number, element, "a characteristic of a provider");
        }
        let Some(provider) = provider(name) else {
            let names = PROVIDERS.iter().map(|one| one.name());
            let found = format!("no provider is called {}", quoted(name));
            let fault = unknown(Diagnostic::error(element.name.at, found), name, names);
            return self.fail(number, element, fault);
        };
        let capability = provider.capability();
        if !self.access.has(capability) {
            let capability = capability.name();
            let fault = Diagnostic::error(element.at, format!("access to {name} is denied"))
                .expected(format!("a caller with the capability {capability}"))
                .cure(format!(
                    "give {capability} to the application that configures the network"
                ));
            return self.fail(number, element, fault);
        }
        let place = Place {
            provider: provider.name(),
            entry: None,
            node: None,
        };
        match element.kind {
            Kind::Characteristic => self.group(provider, &place, element),
            Kind::NoCharacteristic => self.delete(place, number, element),
            _ => {
                self.entered += count_below(element);
                query::of_provider(provider, &self.proposed, element)
            }
        }
    }

    /// The children of a provider's characteristic, or of an entry in it.
    fn group(&mut self, provider: &dyn Provider, place: &Place, element: &Element) -> Element {
        let has_entries = provider.layout() == Layout::Entries && place.entry.is_none();
        let children = element
            .children
            .iter()
            .map(|child| {
                let number = self.enter();
                if child.kind.is_error() || child.kind.names_group() != has_entries {
                    let expected = match (has_entries, &place.entry) {
                        (true, _) => "the characteristic of an entry",
                        (false, None) => "a parm",
                        (false, Some(_)) => "a parm of the entry",
                    };
                    self.misplaced(number, child, expected)
                } else if has_entries {
                    self.entry(provider, place, number, child)
                } else {
                    self.parm(provider, place, number, child)
                }
            })
            .collect();
        Element {
            children,
            ..bare(element)
        }
    }

    fn entry(
        &mut self,
        provider: &dyn Provider,
        place: &Place,
        number: usize,
        element: &Element,
    ) -> Element {
        let place = Place {
            entry: Some(element.name.value.clone()),
            ..place.clone()
        };
        match element.kind {
            Kind::Characteristic => {
                self.proposed.add_entry(place.provider, &element.name);
                self.group(provider, &place, element)
            }
            Kind::NoCharacteristic => self.delete(place, number, element),
            _ => {
                self.entered += count_below(element);
                query::of_entry(provider, &self.proposed, element)
            }
        }
    }

    fn parm(
        &mut self,
        provider: &dyn Provider,
        place: &Place,
        number: usize,
        element: &Element,
    ) -> Element {
        let name = element.name.value.as_str();
        let nodes = provider.nodes();
        let known = nodes.iter().find(|node| node.name == name);
        if known.is_none() {
            let names = nodes.iter().map(|node| node.name);
            let meant = nearest(name, names.clone());
            if provider.is_complete() || meant.is_some() {
                self.spoilt.extend(meant.map(|meant| Place {
                    node: Some(meant.to_owned()),
                    ..place.clone()
                }));
                let found = format!("{} has no parm {}", provider.name(), quoted(name));
                let fault = unknown(Diagnostic::error(element.name.at, found), name, names);
                return self.fail(number, element, fault);
            }
            let found = format!("{} of {} is not known here", quoted(name), provider.name());
            let warning = Diagnostic::warning(element.name.at, found);
            self.diagnostics
                .push(warning.expected("a parm that can be checked; it is kept as it is"));
        }
        let place = Place {
            node: Some(name.to_owned()),
            ..place.clone()
        };
        match element.kind {
            Kind::Parm => self.set(known, place, number, element),
            Kind::NoParm => self.delete(place, number, element),
            _ => {
                self.entered += count_below(element);
                query::of_parm(provider, &self.proposed, &place, element)
            }
        }
    }

    fn set(
        &mut self,
        known: Option<&Node>,
        place: Place,
        number: usize,
        element: &Element,
    ) -> Element {
        let name = element.name.value.as_str();
        let Some(value) = &element.value else {
            let expected = known.map_or("text".to_owned(), |node| node.kind.describe());
            let fault = Diagnostic::error(element.at, format!("{name} has no value"))
                .expected(expected)
                .cure(r#"add `value="…"`"#);
            self.spoilt.push(place);
            return self.fail(number, element, fault);
        };
        if let (Some(node), Some(datatype)) = (known, &element.datatype)
            && !node.kind.allows(datatype.value)
        {
            let wanted = node.kind.datatype().as_str();
            let found = format!("the datatype of {name} is `{}`", datatype.as_str());
            let fault = Diagnostic::error(datatype.at, found)
                .expected(format!("`{wanted}`"))
                .cure(format!(r#"write `datatype="{wanted}"`, or leave it out"#));
            self.spoilt.push(place);
            return self.fail(number, element, fault);
        }
        let stored = match known.map(|node| node.kind.read(value)) {
            None => value.value.as_str().into(),
            Some(Ok(stored)) => stored,
            Some(Err(not_taken)) => {
                let found = format!("{name} is `{}`", visible(value));
                let mut fault = Diagnostic::error(value.at, found).expected(not_taken.expected);
                fault.cure = not_taken.cure;
                self.spoilt.push(place);
                return self.fail(number, element, fault);
            }
        };
        if let Some(Node {
            presence: Presence::Retired,
            sentence,
            ..
        }) = known
        {
            let found = format!("{name} is no longer supported and is not stored");
            let warning = Diagnostic::warning(element.at, found);
            self.diagnostics.push(
                warning
                    .expected(sentence.trim_end_matches('.'))
                    .cure("leave it out"),
            );
            self.entered += count_below(element);
            return bare(element);
        }
        if self.touched.iter().any(|touch| touch.place == place) {
            let warning = Diagnostic::warning(element.at, format!("{name} is set more than once"));
            self.diagnostics
                .push(warning.expected("one value; the last one counts"));
        }
        self.proposed.set(&place, &stored);
        self.touch(place, number, element);
        bare(element)
    }

    fn delete(&mut self, place: Place, number: usize, element: &Element) -> Element {
        self.proposed.delete(&place);
        self.touch(place, number, element);
        bare(element)
    }

    /// What the settings as a whole lack.
    fn review(&mut self, root: Span) {
        let findings = PROVIDERS.iter().flat_map(|one| one.review(&self.proposed));
        for finding in findings.collect::<Vec<_>>() {
            let is_spoilt = |place: &Place| self.spoilt.contains(place);
            if finding.about.iter().any(is_spoilt) {
                continue;
            }
            let touch = finding.about.iter().find_map(|place| {
                let last = self.touched.iter().rev();
                last.clone().find(|touch| place.is_within(&touch.place))
            });
            if touch.is_none() && finding.level == Level::Warning {
                continue;
            }
            let diagnostic = Diagnostic {
                at: touch.map_or(root, |touch| touch.at),
                level: finding.level,
                found: finding.found,
                expected: Some(finding.expected),
                cure: Some(finding.cure),
            };
            if let Some(number) = touch.map(|touch| touch.number)
                && finding.level == Level::Error
            {
                self.faults
                    .entry(number)
                    .or_insert_with(|| describe(&diagnostic));
            }
            self.diagnostics.push(diagnostic);
        }
    }

    fn touch(&mut self, place: Place, number: usize, element: &Element) {
        self.entered += count_below(element);
        self.touched.push(Touch {
            place,
            number,
            at: element.at,
        });
    }

    fn misplaced(&mut self, number: usize, element: &Element, expected: &str) -> Element {
        let found = format!("a {} cannot stand here", element.kind.tag());
        let fault = Diagnostic::error(element.at, found).expected(expected);
        self.fail(number, element, fault)
    }

    fn fail(&mut self, number: usize, element: &Element, fault: Diagnostic) -> Element {
        let desc = describe(&fault);
        // The reader may have found the same value wrong for its datatype.
        self.diagnostics.push_instead(fault);
        self.faults.insert(number, desc.clone());
        self.entered += count_below(element);
        element.failed(desc)
    }

    fn enter(&mut self) -> usize {
        self.entered += 1;
        self.entered
    }
}

/// How many elements an element holds.
pub(super) fn count_below(element: &Element) -> usize {
    let below = |child| 1 + count_below(child);
    element.children.iter().map(below).sum()
}

/// The element as a response echoes it, without what it holds.
pub(super) fn bare(element: &Element) -> Element {
    Element {
        value: element.value.clone(),
        datatype: element.datatype,
        attributes: element.attributes.clone(),
        at: element.at,
        ..Element::new(element.kind, element.name.clone())
    }
}

/// Says which name was meant; if none was, which names there are.
fn unknown<'a>(
    fault: Diagnostic,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    match nearest(name, names.clone()) {
        Some(meant) => fault.cure(format!("write `{meant}`")),
        None => fault.expected(one_of(names)),
    }
}

/// A value as a message shows it: not too long, and without what cannot be seen.
/// Backslashes stay as they are, for paths are full of them.
fn visible(value: &str) -> String {
    const LONGEST: usize = 80;
    let seen = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = value.chars().take(LONGEST).map(seen).collect();
    if value.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// A fault in one sentence, for the `desc` of a response.
fn describe(fault: &Diagnostic) -> String {
    let mut text = fault.found.clone();
    for (before, more) in [("; expected ", &fault.expected), ("; ", &fault.cure)] {
        if let Some(more) = more {
            text.push_str(before);
            text.push_str(more);
        }
    }
    text
}

fn changes(before: &Settings, after: &Settings) -> Vec<Change> {
    let mut all: BTreeMap<Place, (Option<&str>, Option<&str>)> = BTreeMap::new();
    for (place, value) in before.nodes() {
        all.entry(place).or_default().0 = Some(value);
    }
    for (place, value) in after.nodes() {
        all.entry(place).or_default().1 = Some(value);
    }
    all.into_iter()
        .filter(|(_, (from, to))| from != to)
        .map(|(place, (from, to))| Change {
            takes: takes(&place),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            place,
        })
        .collect()
}

fn takes(place: &Place) -> Takes {
    let nodes = provider(place.provider).map_or(&[][..], |one| one.nodes());
    let known = nodes
        .iter()
        .find(|node| Some(node.name) == place.node.as_deref());
    known.map_or(Takes::AtOnce, |node| node.takes)
}

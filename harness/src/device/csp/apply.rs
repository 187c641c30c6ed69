//! A document is checked as a whole and applied whole or not at all.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, changes, tell_waiting};
use super::query::Answers;
use super::words::{describe, unknown, visible};
use super::{
    Access, Layout, Node, PROVIDERS, Place, Presence, Provider, Settings, provider, refuse,
};
use crate::device::document::names::{nearest, quoted};
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
        answers: Answers::default(),
        entered: 0,
        faults: BTreeMap::new(),
        touched: Vec::new(),
        set: BTreeSet::new(),
        spoilt: Vec::new(),
    };
    let mut children: Vec<_> = document.children.iter().map(|one| walk.top(one)).collect();
    walk.review(document.at);
    let mut outcome = Outcome {
        response: Document {
            version: document.version,
            children: Vec::new(),
            at: document.at,
        },
        settings: None,
        changes: Vec::new(),
    };
    if walk.diagnostics.refuse() {
        drop(children);
        outcome.response.children =
            refuse::respond(&document.children, &walk.faults, walk.diagnostics, settings);
    } else {
        outcome.changes = changes(settings, &walk.proposed);
        tell_waiting(&mut children, &outcome.changes);
        outcome.response.children = children;
        outcome.settings = Some(walk.proposed);
    }
    outcome
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
    answers: Answers,
    /// How many elements were entered, in document order.
    entered: usize,
    /// Why the element of this number cannot be done.
    faults: BTreeMap<usize, String>,
    touched: Vec<Touch>,
    /// Nodes that were set and not deleted since.
    set: BTreeSet<Place>,
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
            return self.unknown_provider(number, element);
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
            _ => self.query(number, element, |answers, settings| {
                answers.of_provider(provider, settings, element)
            }),
        }
    }

    /// A characteristic of no provider. If one seems to be meant, what stands in it
    /// is checked as its.
    fn unknown_provider(&mut self, number: usize, element: &Element) -> Element {
        let name = element.name.value.as_str();
        let names = PROVIDERS.iter().map(|one| one.name());
        let meant = nearest(name, names.clone()).and_then(provider);
        if let Some(provider) = meant.filter(|_| element.kind == Kind::Characteristic) {
            let entered = self.entered;
            let place = Place {
                provider: provider.name(),
                entry: None,
                node: None,
            };
            self.group(provider, &place, element);
            self.entered = entered;
        }
        let found = format!("no provider is called {}", quoted(name));
        let fault = unknown(Diagnostic::error(element.name.at, found), name, names);
        self.fail(number, element, fault)
    }

    /// The answer to a query, while there is room for it.
    fn query(
        &mut self,
        number: usize,
        element: &Element,
        answer: impl FnOnce(&mut Answers, &Settings) -> Option<Element>,
    ) -> Element {
        match answer(&mut self.answers, &self.proposed) {
            Some(answer) => {
                self.entered += count_below(element);
                answer
            }
            None => {
                let fault = Answers::too_many(element.at);
                self.fail(number, element, fault)
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
                // One that only asks or deletes makes no entry.
                let sets = |child: &Element| child.kind == Kind::Parm;
                if element.children.is_empty() || element.children.iter().any(sets) {
                    self.proposed.add_entry(place.provider, &element.name);
                }
                self.group(provider, &place, element)
            }
            Kind::NoCharacteristic => self.delete(place, number, element),
            _ => self.query(number, element, |answers, settings| {
                answers.of_entry(provider, settings, element)
            }),
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
        let exact = nodes.iter().find(|node| node.name == name);
        let names = nodes.iter().map(|node| node.name);
        let meant = match exact {
            Some(_) => None,
            None => nearest(name, names.clone()),
        };
        let known = exact.or_else(|| nodes.iter().find(|node| Some(node.name) == meant));
        let place = Place {
            node: Some(meant.unwrap_or(name).to_owned()),
            ..place.clone()
        };
        if element.spoilt {
            // Its reader has told of it.
            self.entered += count_below(element);
            self.spoilt.push(place);
            return bare(element);
        }
        if exact.is_none() && (provider.is_complete() || meant.is_some()) {
            let found = format!("{} has no parm {}", provider.name(), quoted(name));
            let fault = unknown(Diagnostic::error(element.name.at, found), name, names);
            if let (Some(_), Kind::Parm) = (known, element.kind)
                && let Err(fault) = stored_form(known, element)
            {
                // Its value is no better for its name.
                self.diagnostics.push_instead(fault);
            }
            self.spoilt.extend(meant.map(|_| place));
            return self.fail(number, element, fault);
        }
        if exact.is_none() {
            let found = format!("{} of {} is not known here", quoted(name), provider.name());
            let warning = Diagnostic::warning(element.name.at, found);
            self.diagnostics
                .push(warning.expected("a parm that can be checked; it is kept as it is"));
        }
        if let Some(retired) = known.filter(|node| node.presence == Presence::Retired) {
            self.warn_of_retired(retired, element);
            self.entered += count_below(element);
            return match element.kind {
                Kind::ParmQuery => Element {
                    at: element.at,
                    ..Element::new(Kind::NoParm, element.name.clone())
                },
                _ => bare(element),
            };
        }
        match element.kind {
            Kind::Parm => self.set(known, place, number, element),
            Kind::NoParm => self.delete(place, number, element),
            _ => self.query(number, element, |answers, settings| {
                answers.of_parm(provider, settings, &place, element)
            }),
        }
    }

    /// A retired node takes any value, keeps none and has none.
    fn warn_of_retired(&mut self, node: &Node, element: &Element) {
        let found = format!("{} is no longer supported and is not stored", node.name);
        let sentence = node.sentence.trim_end_matches('.');
        let warning = Diagnostic::warning(element.at, found)
            .expected("it left out")
            .cure(format!("remove it; the specification says: {sentence}"));
        self.diagnostics.push(warning);
    }

    fn set(
        &mut self,
        known: Option<&Node>,
        place: Place,
        number: usize,
        element: &Element,
    ) -> Element {
        let stored = match stored_form(known, element) {
            Ok(stored) => stored,
            Err(fault) => {
                self.spoilt.push(place);
                return self.fail(number, element, fault);
            }
        };
        if !self.set.insert(place.clone()) {
            let found = format!("{} is set more than once", element.name.value);
            let warning = Diagnostic::warning(element.at, found);
            self.diagnostics
                .push(warning.expected("one value; the last one counts"));
        }
        self.proposed.set(&place, &stored);
        self.touch(place, number, element);
        bare(element)
    }

    fn delete(&mut self, place: Place, number: usize, element: &Element) -> Element {
        if element.spoilt {
            self.entered += count_below(element);
            self.spoilt.push(place);
            return bare(element);
        }
        let deleted: Vec<_> = self
            .set
            .range(place.clone()..)
            .take_while(|one| one.is_within(&place))
            .cloned()
            .collect();
        if let Some(first) = deleted.first() {
            let node = first.node.as_deref().unwrap_or_default();
            let found = format!("{node} is set before it and deleted here");
            let warning = Diagnostic::warning(element.at, found);
            self.diagnostics
                .push(warning.expected("one of the two; the last one counts"));
        }
        for one in &deleted {
            self.set.remove(one);
        }
        self.proposed.delete(&place);
        self.touch(place, number, element);
        bare(element)
    }

    /// What the settings as a whole lack.
    fn review(&mut self, root: Span) {
        let findings = PROVIDERS.iter().flat_map(|one| one.review(&self.proposed));
        for finding in findings.collect::<Vec<_>>() {
            let is_spoilt =
                |place: &Place| self.spoilt.iter().any(|spoilt| place.is_within(spoilt));
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
        self.faults.entry(number).or_insert_with(|| desc.clone());
        self.entered += count_below(element);
        element.failed(desc)
    }

    fn enter(&mut self) -> usize {
        self.entered += 1;
        self.entered
    }
}

/// The value of a parm as it is stored, if its node takes it.
fn stored_form<'a>(known: Option<&Node>, parm: &'a Element) -> Result<Cow<'a, str>, Diagnostic> {
    let name = parm.name.value.as_str();
    let Some(value) = &parm.value else {
        let expected = known.map_or("text".to_owned(), |node| node.kind.describe());
        return Err(Diagnostic::error(parm.at, format!("{name} has no value"))
            .expected(expected)
            .cure(r#"add `value="…"`"#));
    };
    let Some(node) = known else {
        return Ok(Cow::Borrowed(value));
    };
    if let Some(datatype) = &parm.datatype
        && !node.kind.allows(datatype.value)
    {
        let wanted = node.kind.datatype().as_str();
        let found = format!("the datatype of {name} is `{}`", datatype.as_str());
        return Err(Diagnostic::error(datatype.at, found)
            .expected(format!("`{wanted}`"))
            .cure(format!(r#"write `datatype="{wanted}"`, or leave it out"#)));
    }
    node.kind.read(value).map_err(|not_taken| {
        let found = format!("{name} is `{}`", visible(value));
        Diagnostic {
            cure: not_taken.cure,
            ..Diagnostic::error(value.at, found).expected(not_taken.expected)
        }
    })
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

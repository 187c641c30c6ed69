//! The response to a document, which mirrors it.

use super::fault::describe;
use super::query::Answers;
use super::walk::Walked;
use super::{Layout, NodePath, Settings, provider_named};
use crate::document::{Diagnostic, Diagnostics, Document, Element, ElementTag, Level, ROOT};

/// The `desc` of an element that has no fault of its own.
const NOT_STORED: &str = "not stored: a document is applied whole or not at all, and another part of this one is at fault";

/// Mirrors the request: elements that succeeded are echoed, and queries have their
/// answers.
///
/// If the document is refused, no element claims to have been stored: one that would
/// have changed something becomes an `-error`, with its own fault if it has one; a
/// fault without an element is reported at the root; queries are answered from the
/// unchanged settings.
pub(super) fn respond(
    document: &Document,
    walked: &Walked,
    settings: &Settings,
    found: &Diagnostics,
) -> Vec<Element> {
    let mut mirror = Mirror {
        walked,
        settings,
        refused: found.refuse().then_some(found),
        room: Answers::default(),
    };
    let mut children = mirror.children(&document.children, &[]);
    if let Some(found) = mirror.refused {
        children.extend(of_root(document, found));
    }
    children
}

/// The first fault outside of any element that could be read: the response reports
/// it at the root.
fn of_root(document: &Document, found: &Diagnostics) -> Option<Element> {
    let mut spans = Vec::new();
    let mut rest: Vec<&Element> = document.children.iter().collect();
    while let Some(element) = rest.pop() {
        spans.push(element.at);
        rest.extend(&element.children);
    }
    let is_told = |fault: &Diagnostic| spans.iter().any(|at| at.holds(fault.at));
    let errors = found.sorted();
    let first = errors
        .into_iter()
        .find(|one| one.level == Level::Error && !is_told(one))?;
    Some(Element::new(ElementTag::Characteristic, ROOT.to_owned()).failed(describe(first)))
}

struct Mirror<'a> {
    walked: &'a Walked,
    /// The settings before the document.
    settings: &'a Settings,
    /// All faults, if they refuse the document.
    refused: Option<&'a Diagnostics>,
    /// The limit on the answers of a refused document.
    room: Answers,
}

impl Mirror<'_> {
    fn children(&mut self, children: &[Element], within: &[&str]) -> Vec<Element> {
        children
            .iter()
            .map(|child| self.element(child, within))
            .collect()
    }

    fn element(&mut self, element: &Element, within: &[&str]) -> Element {
        if let Some(fault) = self.fault(element) {
            return element.failed(fault);
        }
        if element.tag == ElementTag::Characteristic {
            let mut path = within.to_vec();
            path.push(&element.name);
            let children = self.children(&element.children, &path);
            return Element {
                children,
                ..bare(element)
            };
        }
        if self.refused.is_some() {
            let answer = self.answer(element, within);
            return answer.unwrap_or_else(|| element.failed(NOT_STORED));
        }
        let answer = self.walked.answers.get(&std::ptr::from_ref(element));
        let answer = answer.cloned().or_else(|| {
            let name = within.first().copied().unwrap_or(&element.name);
            provider_named(name).map_or_else(|| unanswerable(element), |_| None)
        });
        answer.unwrap_or_else(|| bare(element))
    }

    /// Why this element failed.
    fn fault(&self, element: &Element) -> Option<String> {
        let found = self.refused?;
        let own = self.walked.faults.get(&std::ptr::from_ref(element));
        own.cloned()
            .or_else(|| found.error_in(element.at).map(describe))
    }

    /// The answer from the settings as they are, if the element is a query that can
    /// be answered.
    fn answer(&mut self, element: &Element, within: &[&str]) -> Option<Element> {
        let name = within.first().copied().unwrap_or(&element.name);
        let Some(provider) = provider_named(name) else {
            return unanswerable(element);
        };
        match (element.tag, within) {
            (ElementTag::CharacteristicQuery, []) => {
                self.room.of_provider(provider, self.settings, element)
            }
            (ElementTag::CharacteristicQuery, [_]) if provider.layout() == Layout::Entries => {
                self.room.of_entry(provider, self.settings, element)
            }
            (ElementTag::CharacteristicQuery, [_, entry]) => {
                self.room.of_group(provider, self.settings, entry, element)
            }
            (ElementTag::ParmQuery, [_, rest @ ..]) => {
                let (entry, group) = match rest {
                    [] => (None, None),
                    [entry, group @ ..] => (Some((*entry).to_owned()), group.first()),
                };
                let name = match group {
                    Some(group) => format!("{group}/{}", element.name.value),
                    None => element.name.value.clone(),
                };
                let path = NodePath {
                    provider: provider.name(),
                    entry,
                    node: Some(provider.named(&name).map_or(name, |named| named.name)),
                };
                self.room.of_parm(provider, self.settings, &path, element)
            }
            _ => None,
        }
    }
}

/// What a device without settings of another provider answers to a query of them.
fn unanswerable(element: &Element) -> Option<Element> {
    let tag = match element.tag {
        ElementTag::CharacteristicQuery => ElementTag::NoCharacteristic,
        ElementTag::ParmQuery => ElementTag::NoParm,
        _ => return None,
    };
    Some(Element {
        at: element.at,
        ..Element::new(tag, element.name.clone())
    })
}

/// The element as a response echoes it, without what it holds.
fn bare(element: &Element) -> Element {
    Element {
        value: element.value.clone(),
        datatype: element.datatype,
        attributes: element.attributes.clone(),
        at: element.at,
        ..Element::new(element.tag, element.name.clone())
    }
}

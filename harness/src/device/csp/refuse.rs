//! The response to a document that was refused.

use std::collections::BTreeMap;

use super::apply::{bare, count_below};
use super::query::Answers;
use super::words::describe;
use super::{Layout, Place, Settings, provider};
use crate::device::document::{Diagnostics, Element, Kind};

/// What is said of an element that would have done nothing wrong.
const NOT_STORED: &str = "not stored: a document is applied whole or not at all, and another part of this one is at fault";

/// Mirrors the request. Nothing in it claims to have been stored: what would have
/// changed something is an `-error`, with its own fault where `faults` has one by
/// the element's number, or `found` one in its tag. Queries are answered from the settings as they are.
pub(super) fn respond(
    children: &[Element],
    faults: &BTreeMap<usize, String>,
    found: &Diagnostics,
    settings: &Settings,
) -> Vec<Element> {
    let mut mirror = Mirror {
        entered: 0,
        faults,
        found,
        answers: Answers::default(),
        settings,
    };
    mirror.children(children, &[])
}

struct Mirror<'a> {
    entered: usize,
    faults: &'a BTreeMap<usize, String>,
    found: &'a Diagnostics,
    answers: Answers,
    settings: &'a Settings,
}

impl Mirror<'_> {
    fn children(&mut self, children: &[Element], within: &[&str]) -> Vec<Element> {
        children
            .iter()
            .map(|child| self.element(child, within))
            .collect()
    }

    fn element(&mut self, element: &Element, within: &[&str]) -> Element {
        self.entered += 1;
        let fault = self.fault(element);
        if fault.is_none() && element.kind == Kind::Characteristic {
            let mut path = within.to_vec();
            path.push(&element.name);
            let children = self.children(&element.children, &path);
            return Element {
                children,
                ..bare(element)
            };
        }
        self.entered += count_below(element);
        let answer = match fault {
            Some(_) => None,
            None => self.answer(element, within),
        };
        answer.unwrap_or_else(|| element.failed(fault.unwrap_or_else(|| NOT_STORED.to_owned())))
    }

    /// Why this element, which was just entered, cannot be done.
    fn fault(&self, element: &Element) -> Option<String> {
        let own = self.faults.get(&self.entered).cloned();
        own.or_else(|| self.found.error_in(element.at).map(describe))
    }

    /// The answer, if the element is a query that can be answered.
    fn answer(&mut self, element: &Element, within: &[&str]) -> Option<Element> {
        let provider = provider(within.first().copied().unwrap_or(&element.name))?;
        match (element.kind, within) {
            (Kind::CharacteristicQuery, []) => {
                self.answers.of_provider(provider, self.settings, element)
            }
            (Kind::CharacteristicQuery, [_]) if provider.layout() == Layout::Entries => {
                self.answers.of_entry(provider, self.settings, element)
            }
            (Kind::ParmQuery, [_, entry @ ..]) => {
                let place = Place {
                    provider: provider.name(),
                    entry: entry.first().map(|entry| (*entry).to_owned()),
                    node: Some(element.name.value.clone()),
                };
                self.answers
                    .of_parm(provider, self.settings, &place, element)
            }
            _ => None,
        }
    }
}

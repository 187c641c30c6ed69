//! Answers to queries.

use super::{Group, Layout, Place, Provider, Settings};
use crate::device::document::{Element, Kind, Located};

/// The answer to a query of all that a provider has.
pub(super) fn of_provider(
    provider: &dyn Provider,
    settings: &Settings,
    query: &Element,
) -> Element {
    let group = settings.group(provider.name());
    let children = match provider.layout() {
        Layout::Flat => {
            let place = Place {
                provider: provider.name(),
                entry: None,
                node: None,
            };
            parms(provider, settings, &place, None)
        }
        Layout::Entries => {
            let Some(group) = group else {
                return absent(Kind::NoCharacteristic, query);
            };
            group
                .groups
                .iter()
                .map(|(name, entry)| {
                    let children = if query.is_recursive() {
                        entry_parms(provider, settings, name, entry)
                    } else {
                        Vec::new()
                    };
                    Element::characteristic(name.as_str(), children)
                })
                .collect()
        }
    };
    answer(query, children)
}

/// The answer to a query of an entry.
pub(super) fn of_entry(provider: &dyn Provider, settings: &Settings, query: &Element) -> Element {
    match settings.entry(provider.name(), &query.name) {
        Some(entry) => answer(query, entry_parms(provider, settings, &query.name, entry)),
        None => absent(Kind::NoCharacteristic, query),
    }
}

/// The answer to a query of a parm: its value, or its default.
pub(super) fn of_parm(
    provider: &dyn Provider,
    settings: &Settings,
    place: &Place,
    query: &Element,
) -> Element {
    let is_there = place
        .entry
        .as_ref()
        .is_none_or(|entry| settings.entry(provider.name(), entry).is_some());
    match value(provider, settings, place).filter(|_| is_there) {
        Some(parm) => Element {
            at: query.at,
            ..parm
        },
        None => absent(Kind::NoParm, query),
    }
}

fn entry_parms(
    provider: &dyn Provider,
    settings: &Settings,
    name: &str,
    entry: &Group,
) -> Vec<Element> {
    let place = Place {
        provider: provider.name(),
        entry: Some(name.to_owned()),
        node: None,
    };
    parms(provider, settings, &place, Some(entry))
}

/// The known nodes in the order of the table, then what else the entry has.
fn parms(
    provider: &dyn Provider,
    settings: &Settings,
    place: &Place,
    entry: Option<&Group>,
) -> Vec<Element> {
    let nodes = provider.nodes();
    let known = nodes.iter().map(|node| node.name.to_owned());
    let unknown = entry
        .into_iter()
        .flat_map(|entry| entry.parms.keys())
        .filter(|name| nodes.iter().all(|node| node.name != name.as_str()))
        .cloned();
    known
        .chain(unknown)
        .filter_map(|node| {
            let place = Place {
                node: Some(node),
                ..place.clone()
            };
            value(provider, settings, &place)
        })
        .collect()
}

fn value(provider: &dyn Provider, settings: &Settings, place: &Place) -> Option<Element> {
    let name = place.node.as_deref()?;
    let node = provider.nodes().iter().find(|node| node.name == name);
    let default = || node?.default;
    let value = settings.value(place).or_else(default)?;
    Some(Element {
        datatype: node.map(|node| Located::from(node.kind.datatype())),
        ..Element::parm(name, value)
    })
}

fn answer(query: &Element, children: Vec<Element>) -> Element {
    Element {
        at: query.at,
        ..Element::characteristic(query.name.clone(), children)
    }
}

fn absent(kind: Kind, query: &Element) -> Element {
    Element {
        at: query.at,
        ..Element::new(kind, query.name.clone())
    }
}

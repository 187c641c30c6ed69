//! Answers to queries.

use super::{Group, Layout, NodePath, Provider, Settings};
use crate::document::limits::MAX_ANSWERED;
use crate::document::{Diagnostic, Element, ElementTag, Located, Span};

/// The answers to a document's queries. A query whose answer exceeds the limit
/// is not answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    elements: usize,
}

impl Answers {
    /// The answer to a query of all that a provider has.
    pub(super) fn of_provider(
        &mut self,
        provider: &dyn Provider,
        settings: &Settings,
        query: &Element,
    ) -> Option<Element> {
        let group = settings.group(provider.name());
        if provider.layout() == Layout::Flat {
            let path = NodePath::provider(provider.name());
            return self.room_for(answer(query, parms(provider, settings, &path, None)));
        }
        let Some(group) = group else {
            return self.room_for(absent(ElementTag::NoCharacteristic, query));
        };
        let children = group.groups.iter().map(|(name, entry)| {
            let children = if query.is_recursive() {
                entry_parms(provider, settings, name, entry)
            } else {
                Vec::new()
            };
            self.room_for(Element::characteristic(name.as_str(), children))
        });
        let children = children.collect::<Option<_>>()?;
        Some(answer(query, children))
    }

    /// The answer to a query of an entry.
    pub(super) fn of_entry(
        &mut self,
        provider: &dyn Provider,
        settings: &Settings,
        query: &Element,
    ) -> Option<Element> {
        let Some(entry) = settings.entry(provider.name(), &query.name) else {
            return self.room_for(absent(ElementTag::NoCharacteristic, query));
        };
        let mut children = entry_parms(provider, settings, &query.name, entry);
        if !query.is_recursive() {
            // One level has the characteristics of the entry, and not what they hold.
            for child in &mut children {
                child.children.clear();
            }
        }
        self.room_for(answer(query, children))
    }

    /// The answer to a query of a characteristic in an entry.
    pub(super) fn of_group(
        &mut self,
        provider: &dyn Provider,
        settings: &Settings,
        entry: &str,
        query: &Element,
    ) -> Option<Element> {
        let has = settings.entry(provider.name(), entry);
        let children = has.map(|has| entry_parms(provider, settings, entry, has));
        let mut children = children.into_iter().flatten();
        let group = children.find(|one| {
            one.tag == ElementTag::Characteristic && one.name.eq_ignore_ascii_case(&query.name)
        });
        self.room_for(match group {
            Some(group) => answer(query, group.children),
            None => absent(ElementTag::NoCharacteristic, query),
        })
    }

    /// The answer to a query of a parm: its value, or its default.
    pub(super) fn of_parm(
        &mut self,
        provider: &dyn Provider,
        settings: &Settings,
        path: &NodePath,
        query: &Element,
    ) -> Option<Element> {
        let is_there = path
            .entry
            .as_ref()
            .is_none_or(|entry| settings.entry(provider.name(), entry).is_some());
        self.room_for(match value(provider, settings, path).filter(|_| is_there) {
            Some(parm) => Element {
                at: query.at,
                // As the query spells it.
                name: query.name.clone(),
                ..parm
            },
            None => absent(ElementTag::NoParm, query),
        })
    }

    /// The fault of a query whose answer exceeds the limit.
    pub(super) fn too_many(at: Span) -> Diagnostic {
        let found = format!("an answer that goes beyond {MAX_ANSWERED} elements in all");
        Diagnostic::error(at, found)
            .expected("queries whose answers fit into one response")
            .help("ask for less, or in several documents")
    }

    fn room_for(&mut self, element: Element) -> Option<Element> {
        self.elements += size(&element);
        (self.elements <= MAX_ANSWERED).then_some(element)
    }
}

/// How many elements it is, with those in it.
fn size(element: &Element) -> usize {
    1 + element.children.iter().map(size).sum::<usize>()
}

fn entry_parms(
    provider: &dyn Provider,
    settings: &Settings,
    name: &str,
    entry: &Group,
) -> Vec<Element> {
    let path = NodePath::entry(provider.name(), name);
    parms(provider, settings, &path, Some(entry))
}

/// The known nodes in the order of the table, then what else the entry has; those that
/// stand in a characteristic of the entry are in it.
fn parms(
    provider: &dyn Provider,
    settings: &Settings,
    path: &NodePath,
    entry: Option<&Group>,
) -> Vec<Element> {
    let nodes = provider.nodes();
    let known = nodes.iter().map(|node| node.name.to_owned());
    let unknown = entry
        .into_iter()
        .flat_map(|entry| entry.parms.keys())
        .filter(|name| nodes.iter().all(|node| node.name != name.as_str()))
        .cloned();
    let mut elements: Vec<Element> = Vec::new();
    for node in known.chain(unknown) {
        let group = node.split_once('/').map(|(group, _)| group.to_owned());
        let path = NodePath {
            node: Some(node),
            ..path.clone()
        };
        let Some(parm) = value(provider, settings, &path) else {
            continue;
        };
        let Some(group) = group else {
            elements.push(parm);
            continue;
        };
        let is_it = |one: &&mut Element| {
            one.tag == ElementTag::Characteristic && *one.name == group.as_str()
        };
        match elements.iter_mut().find(is_it) {
            Some(element) => element.children.push(parm),
            None => elements.push(Element::characteristic(group, vec![parm])),
        }
    }
    elements
}

fn value(provider: &dyn Provider, settings: &Settings, path: &NodePath) -> Option<Element> {
    let name = path.node.as_deref()?;
    let node = provider.node(name);
    let default = || node?.default;
    let value = settings.value(path).or_else(default)?;
    Some(Element {
        datatype: node.map(|node| Located::from(node.value_type.datatype())),
        ..Element::parm(leaf(name), value)
    })
}

fn answer(query: &Element, children: Vec<Element>) -> Element {
    Element {
        at: query.at,
        ..Element::characteristic(query.name.clone(), children)
    }
}

fn absent(tag: ElementTag, query: &Element) -> Element {
    Element {
        at: query.at,
        ..Element::new(tag, query.name.clone())
    }
}

/// A node's name without that of the characteristic that it stands in.
fn leaf(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, leaf)| leaf)
}

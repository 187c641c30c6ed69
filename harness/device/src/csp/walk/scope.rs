//! Where in a provider's characteristic an element stands, and the names that parms have
//! there.

use crate::csp::Provider;
use crate::document::names::quoted;
use crate::document::{Diagnostic, Element};

/// Where in a provider's characteristic an element stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope<'a> {
    /// The entry, where the provider has entries.
    pub(super) entry: Option<&'a str>,
    /// The characteristic inside of it.
    pub(super) group: Option<&'static str>,
}

impl Scope<'_> {
    /// The name of a node that stands here, as the provider's table has it.
    pub(super) fn full(self, leaf: &str) -> String {
        match self.group {
            Some(group) => format!("{group}/{leaf}"),
            None => leaf.to_owned(),
        }
    }

    /// The name in a document of a node of the table, if it stands here.
    pub(super) fn leaf(self, full: &'static str) -> Option<&'static str> {
        match (self.group, full.split_once('/')) {
            (None, None) => Some(full),
            (Some(group), Some((of, leaf))) if of == group => Some(leaf),
            _ => None,
        }
    }
}

/// The names that parms can have here.
pub(super) fn names_in(provider: &dyn Provider, scope: Scope<'_>) -> Vec<&'static str> {
    let nodes = provider.nodes().iter();
    // A name with a part that varies is none that could be written.
    let names = nodes.filter(|node| provider.named(node.name).is_some());
    names.filter_map(|node| scope.leaf(node.name)).collect()
}

/// The fault of a parm that has its place in a characteristic of the entry. The OEM's
/// form calls the one there is by a shorter name.
pub(super) fn belongs_inside(
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

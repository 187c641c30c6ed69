//! Whether a device can have a state: its file can be edited by hand.

use super::State;
use crate::csp::{
    EffectiveWhen, Group, Layout, NAPDEF, Node, PROVIDERS, Provider, ValueType, provider,
};
use crate::document::names::{nearest, one_of, quoted};

/// The first value in a state that no document can have stored: what was found, and
/// what was expected.
pub(super) fn first_violation(state: &State) -> Option<String> {
    let settings = state.settings.groups();
    let settings = settings.map(|(name, group)| of_provider(name, group));
    let pending = state.pending.iter().map(|one| {
        let provider = known_provider(&one.provider)?;
        of_parm(
            provider,
            provider.name(),
            &one.node,
            one.in_effect.as_deref(),
        )
    });
    settings.chain(pending).find_map(Result::err)
}

fn known_provider(name: &str) -> Result<&'static dyn Provider, String> {
    provider(name).ok_or_else(|| {
        let names = PROVIDERS.iter().map(|one| one.name());
        let found = format!("no provider is called {}", quoted(name));
        with_names(found, name, names)
    })
}

fn of_provider(name: &str, group: &Group) -> Result<(), String> {
    // Of network access points only the names are stored.
    if name == NAPDEF && group.parms.is_empty() && group.groups.values().all(Group::is_empty) {
        return Ok(());
    }
    let provider = known_provider(name)?;
    if provider.layout() == Layout::Flat {
        return of_parms(provider, name, group);
    }
    if let Some(node) = group.parms.keys().next() {
        return Err(format!(
            "{name} has the parm {} outside of an entry; expected entries alone",
            quoted(node)
        ));
    }
    group
        .groups
        .iter()
        .try_for_each(|(entry, group)| of_parms(provider, &format!("{name}/{entry}"), group))
}

fn of_parms(provider: &dyn Provider, path: &str, group: &Group) -> Result<(), String> {
    if let Some(entry) = group.groups.keys().next() {
        let entry = quoted(entry);
        return Err(format!(
            "{path} has the entry {entry}; expected parms alone"
        ));
    }
    group
        .parms
        .iter()
        .try_for_each(|(node, value)| of_parm(provider, path, node, Some(value)))
}

fn of_parm(
    provider: &dyn Provider,
    path: &str,
    name: &str,
    value: Option<&str>,
) -> Result<(), String> {
    // What is no longer supported is stored nowhere.
    let stored = |node: &&Node| node.effective != EffectiveWhen::Never;
    let Some(node) = provider.node(name).filter(stored) else {
        if !provider.is_complete() {
            return Ok(());
        }
        let found = format!("{} has no parm {}", provider.name(), quoted(name));
        let names = provider.nodes().iter().map(|one| one.name);
        return Err(with_names(found, name, names));
    };
    let Some(value) = value else { return Ok(()) };
    node.value_type.check_stored(value).map_err(|expected| {
        let shown = match node.value_type {
            ValueType::Secret => "(not shown)".to_owned(),
            _ => quoted(value),
        };
        format!("{path}/{name} is {shown}; expected {expected}")
    })
}

/// Suggests the nearest name; if none is near, lists all names.
fn with_names<'a>(
    found: String,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> String {
    match nearest(name, names.clone()) {
        Some(meant) => format!("{found}; write `{meant}`"),
        None => format!("{found}; expected {}", one_of(names)),
    }
}

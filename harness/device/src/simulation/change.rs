//! A change to the settings in words.

use crate::csp::{Change, Kind, provider};

/// A change in one line: `HotSpot/MaxUsers: 5 → 3`. Of a secret it is said only
/// whether there is one.
pub fn describe_change(change: &Change) -> String {
    let place = &change.place;
    let parts = [
        Some(place.provider),
        place.entry.as_deref(),
        place.node.as_deref(),
    ];
    let path: Vec<_> = parts.into_iter().flatten().collect();
    let path = path.join("/");
    if place.node.is_none() {
        let what = if change.to.is_some() {
            "made"
        } else {
            "deleted"
        };
        return format!("{path}: {what}");
    }
    let nodes = provider(place.provider).map_or(&[][..], |one| one.nodes());
    let node = nodes
        .iter()
        .find(|node| place.node.as_deref() == Some(node.name));
    let is_secret = node.is_some_and(|node| node.kind == Kind::Secret);
    let value = |value: &Option<String>| match value {
        Some(_) if is_secret => "(not shown)".to_owned(),
        Some(text) if text.is_empty() => "empty".to_owned(),
        Some(text) => text.clone(),
        None => "not set".to_owned(),
    };
    format!("{path}: {} → {}", value(&change.from), value(&change.to))
}

//! Changes to the settings, as text.

use crate::csp::{Change, ValueType, provider};

/// A change in one line: `HotSpot/MaxUsers: 5 → 3`. The value of a
/// secret is not shown.
pub fn describe_change(change: &Change) -> String {
    let path = &change.path;
    let parts = [
        Some(path.provider),
        path.entry.as_deref(),
        path.node.as_deref(),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let name = parts.join("/");
    if path.node.is_none() {
        let what = if change.to.is_some() {
            "made"
        } else {
            "deleted"
        };
        return format!("{name}: {what}");
    }
    let node = path.node.as_deref();
    let node = provider(path.provider).and_then(|provider| provider.node(node?));
    let is_secret = node.is_some_and(|node| node.value_type == ValueType::Secret);
    let value = |value: &Option<String>| match value {
        Some(_) if is_secret => "(not shown)".to_owned(),
        Some(text) if text.is_empty() => "empty".to_owned(),
        Some(text) => text.clone(),
        None => "not set".to_owned(),
    };
    format!("{name}: {} → {}", value(&change.from), value(&change.to))
}

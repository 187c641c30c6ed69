//! The changes that a device has stored and that are not in effect yet.

use ics_device::csp::{Settings, provider};
use ics_device::state::Pending;

/// One line for each node that waits: what is stored, what it waits for, and what
/// is in effect until then. Nothing where nothing waits.
pub(super) fn describe(pending: &[Pending], stored: &Settings) -> String {
    let mut text = String::new();
    for one in pending {
        let node = provider(&one.provider).and_then(|provider| provider.node(&one.node));
        let Some(node) = node else {
            continue;
        };
        let value = stored.parm(&one.provider, &one.node);
        let in_effect = one.in_effect.as_deref().or(node.default);
        let in_effect = in_effect.map_or("not set".to_owned(), |value| node.display(value));
        if text.is_empty() {
            text.push_str("stored and not in effect yet:\n");
        }
        text.push_str(&format!(
            "  {}  {}  {}; {in_effect} until then\n",
            node.name,
            node.display_or_default(value),
            node.effective.describe()
        ));
    }
    text
}

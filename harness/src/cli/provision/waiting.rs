//! What a device has stored and does not use yet, for people.

use std::fmt::Write as _;

use ics_device::csp::{Settings, provider};
use ics_device::state::Pending;

/// One line for each node that waits: what is stored, what it waits for, and what
/// is in effect until then. Nothing where nothing waits.
pub(super) fn words(pending: &[Pending], stored: &Settings) -> String {
    let mut text = String::new();
    for one in pending {
        let nodes = provider(&one.provider).map_or(&[][..], |provider| provider.nodes());
        let Some(node) = nodes.iter().find(|node| node.name == one.node) else {
            continue;
        };
        let value = stored.parm(&one.provider, &one.node);
        let in_effect = one.in_effect.as_deref().or(node.default);
        let in_effect = in_effect.map_or("not set".to_owned(), |value| node.display(value));
        if text.is_empty() {
            text.push_str("stored and not in effect yet:\n");
        }
        let _ = writeln!(
            text,
            "  {}  {}  {}; {in_effect} until then",
            node.name,
            node.display_or_default(value),
            node.takes.describe(),
        );
    }
    text
}

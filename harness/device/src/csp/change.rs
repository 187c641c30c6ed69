//! What a document changed.

use std::collections::BTreeMap;

use super::{EffectiveWhen, Node, NodePath, Settings, provider};
use crate::document::{Element, ElementTag, Located};

/// A node that has another value than before, or an entry that is new or gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The node, or the entry.
    pub path: NodePath,
    /// What was set before. An entry that was there has an empty text.
    pub from: Option<String>,
    /// What is set now. An entry that is there has an empty text.
    pub to: Option<String>,
    /// When it takes effect.
    pub effective: EffectiveWhen,
}

impl Change {
    /// Whether the effective value changes: setting the default explicitly does not
    /// change it.
    pub fn alters(&self) -> bool {
        let default = node(&self.path).and_then(|node| node.default);
        let meant = |value: &Option<String>| value.clone().or_else(|| default.map(str::to_owned));
        meant(&self.from) != meant(&self.to)
    }
}

pub(super) fn changes(before: &Settings, after: &Settings) -> Vec<Change> {
    let mut all: BTreeMap<NodePath, (Option<&str>, Option<&str>)> = BTreeMap::new();
    for (path, value) in before.paths() {
        all.entry(path).or_default().0 = Some(value);
    }
    for (path, value) in after.paths() {
        all.entry(path).or_default().1 = Some(value);
    }
    all.into_iter()
        .filter(|(_, (from, to))| from != to)
        .map(|(path, (from, to))| Change {
            effective: node(&path).map_or(EffectiveWhen::AtOnce, |node| node.effective),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            path,
        })
        .collect()
}

fn node(path: &NodePath) -> Option<&'static Node> {
    provider(path.provider)?.node(path.node.as_deref()?)
}

/// Has a response say what is stored and not in effect yet, in the `desc` of the
/// element that changed it.
pub(super) fn note_waiting(response: &mut [Element], changes: &[Change]) {
    for change in changes {
        let wait = match change.effective {
            EffectiveWhen::ServiceStart | EffectiveWhen::Reboot if change.alters() => {
                change.effective.describe()
            }
            _ => continue,
        };
        let node = change.path.node.as_deref().unwrap_or_default();
        let element = response
            .iter_mut()
            .filter(|group| group.name.eq_ignore_ascii_case(change.path.provider))
            .flat_map(|group| &mut group.children)
            .filter(|one| {
                matches!(one.tag, ElementTag::Parm | ElementTag::NoParm)
                    && one.name.eq_ignore_ascii_case(node)
            })
            .last();
        if let Some(element) = element {
            element.desc = Some(Located::from(format!("stored; takes effect {wait}")));
        }
    }
}

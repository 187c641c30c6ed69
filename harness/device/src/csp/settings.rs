//! What documents have set, as one tree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{NAPDEF, NodePath, provider};

/// The settings of all providers. Values are in the form in which they are
/// stored; a node that is not set is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings {
    groups: BTreeMap<String, Group>,
}

/// A characteristic: its parms and the characteristics in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    pub parms: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Group>,
}

impl Group {
    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.parms.is_empty() && self.groups.is_empty()
    }
}

/// The group of this name, created if missing. Usually it exists, and its name is
/// not copied.
fn within<'a>(groups: &'a mut BTreeMap<String, Group>, name: &str) -> &'a mut Group {
    if !groups.contains_key(name) {
        groups.insert(name.to_owned(), Group::default());
    }
    groups
        .get_mut(name)
        .expect("it was made if it was not there")
}

impl Settings {
    /// Sets a node; the path has to name one.
    pub fn set(&mut self, path: &NodePath, value: &str) {
        let Some(node) = &path.node else { return };
        let mut group = within(&mut self.groups, path.provider);
        if let Some(entry) = &path.entry {
            group = within(&mut group.groups, entry);
        }
        group.parms.insert(node.clone(), value.to_owned());
    }

    /// Creates an entry, if it is missing.
    pub fn add_entry(&mut self, provider: &str, entry: &str) {
        within(&mut within(&mut self.groups, provider).groups, entry);
    }

    /// Deletes a node, an entry, or all that a provider has.
    pub fn delete(&mut self, path: &NodePath) {
        let Some(group) = self.groups.get_mut(path.provider) else {
            return;
        };
        match (&path.entry, &path.node) {
            (None, None) => *group = Group::default(),
            (None, Some(node)) => {
                group.parms.remove(node);
            }
            (Some(entry), None) => {
                group.groups.remove(entry);
            }
            (Some(entry), Some(node)) => {
                if let Some(entry) = group.groups.get_mut(entry) {
                    entry.parms.remove(node);
                }
            }
        }
        if group.is_empty() {
            self.groups.remove(path.provider);
        }
    }

    /// The value that was set, without defaults.
    pub fn value(&self, path: &NodePath) -> Option<&str> {
        let mut group = self.groups.get(path.provider)?;
        if let Some(entry) = &path.entry {
            group = group.groups.get(entry)?;
        }
        Some(group.parms.get(path.node.as_ref()?)?)
    }

    /// What was set in a provider's own characteristic.
    pub fn parm(&self, provider: &str, node: &str) -> Option<&str> {
        Some(self.groups.get(provider)?.parms.get(node)?)
    }

    /// All that a provider has, if it has anything.
    pub fn group(&self, provider: &str) -> Option<&Group> {
        self.groups.get(provider)
    }

    /// What every provider has, by its name; a state that was edited by hand can
    /// have names of none.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &Group)> {
        let groups = self.groups.iter();
        groups.map(|(name, group)| (name.as_str(), group))
    }

    /// An entry of a provider, if it is there.
    pub fn entry(&self, provider: &str, entry: &str) -> Option<&Group> {
        self.groups.get(provider)?.groups.get(entry)
    }

    /// Every node that is set, with its value, and every entry, with an empty one.
    pub(super) fn paths(&self) -> Vec<(NodePath, &str)> {
        let mut all = Vec::new();
        for (name, group) in &self.groups {
            // A group of no known provider cannot be made by a document.
            let known = provider(name).map(|one| one.name());
            let Some(provider) = known.or((name == NAPDEF).then_some(NAPDEF)) else {
                continue;
            };
            let here = group
                .parms
                .iter()
                .map(|(node, value)| (NodePath::node(provider, node), value.as_str()));
            all.extend(here);
            for (entry, group) in &group.groups {
                all.push((NodePath::entry(provider, entry), ""));
                let there = group.parms.iter().map(|(node, value)| {
                    (NodePath::in_entry(provider, entry, node), value.as_str())
                });
                all.extend(there);
            }
        }
        all
    }
}

//! What a configuration service provider is.

use super::cellular::CellularEntries;
use super::hotspot::HotSpotProvider;
use super::{Capability, Node, Settings};
use crate::document::Level;

/// One configuration service provider.
pub trait Provider: Sync {
    /// The `type` of its characteristic; case-sensitive.
    fn name(&self) -> &'static str;

    /// Where its nodes are under its characteristic.
    fn layout(&self) -> Layout;

    fn nodes(&self) -> &'static [Node];

    /// Its node of this name.
    fn node(&self, name: &str) -> Option<&'static Node> {
        self.nodes().iter().find(|node| node.name == name)
    }

    /// Checks the constraints between nodes, and with other providers, in the
    /// settings that a document would leave.
    fn review(&self, proposed: &Settings) -> Vec<Finding>;

    /// The capability that a caller needs.
    fn capability(&self) -> Capability {
        Capability::Foundation
    }

    /// Whether the table has all nodes. If not, an unknown parm is kept unchecked,
    /// with a warning, unless it looks like a misspelling.
    fn is_complete(&self) -> bool {
        true
    }
}

/// Where nodes are under a provider's characteristic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Flat,
    /// In characteristics that the document names, one for each entry.
    Entries,
}

/// The path of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodePath {
    pub provider: &'static str,
    /// The entry, where the provider has entries.
    pub entry: Option<String>,
    /// The node; none for the whole entry.
    pub node: Option<String>,
}

impl NodePath {
    /// The whole of a provider.
    pub fn provider(provider: &'static str) -> Self {
        Self {
            provider,
            entry: None,
            node: None,
        }
    }

    /// A node of a provider without entries.
    pub fn node(provider: &'static str, node: &str) -> Self {
        Self {
            node: Some(node.to_owned()),
            ..Self::provider(provider)
        }
    }

    pub fn entry(provider: &'static str, entry: &str) -> Self {
        Self {
            entry: Some(entry.to_owned()),
            ..Self::provider(provider)
        }
    }

    /// A node of an entry.
    pub fn in_entry(provider: &'static str, entry: &str, node: &str) -> Self {
        Self {
            node: Some(node.to_owned()),
            ..Self::entry(provider, entry)
        }
    }

    /// Whether a change at `other` includes this node: the same node, or the whole
    /// entry or provider that it is in.
    pub fn is_within(&self, other: &Self) -> bool {
        self.provider == other.provider
            && (other.entry.is_none() || other.entry == self.entry)
            && (other.node.is_none() || other.node == self.node)
    }
}

/// A violated constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The nodes involved, the one to point at first. A warning is reported only
    /// for a document that touches one of them.
    pub about: Vec<NodePath>,
    /// Whether it refuses the document.
    pub level: Level,
    pub found: String,
    pub expected: String,
    /// What to write instead.
    pub help: String,
}

pub static PROVIDERS: &[&dyn Provider] = &[&HotSpotProvider, &CellularEntries];

/// The provider of this name.
pub fn provider(name: &str) -> Option<&'static dyn Provider> {
    PROVIDERS.iter().copied().find(|one| one.name() == name)
}

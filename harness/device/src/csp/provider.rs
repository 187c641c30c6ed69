//! What a configuration service provider is.

use super::cellular::CellularEntries;
use super::hotspot::HotSpotProvider;
use super::{Capability, Node, Settings};
use crate::document::{ElementTag, Level};

/// One configuration service provider.
pub trait Provider: Sync {
    /// The `type` of its characteristic.
    fn name(&self) -> &'static str;

    /// Where its nodes are under its characteristic.
    fn layout(&self) -> Layout;

    fn nodes(&self) -> &'static [Node];

    /// Its node of this name, as it is stored.
    fn node(&self, name: &str) -> Option<&'static Node> {
        self.nodes().iter().find(|node| node.name == name)
    }

    /// The node that a document calls by this name.
    fn named(&self, name: &str) -> Option<Named> {
        Named::among(self.nodes().iter(), name)
    }

    /// The characteristics that can stand among the nodes.
    fn groups(&self) -> &'static [&'static str] {
        &[]
    }

    /// Checks the constraints between nodes, and with other providers, in the
    /// settings that a document would leave. `own` are the connections that the device
    /// has besides.
    fn review(&self, proposed: &Settings, own: &[&str]) -> Vec<Finding>;

    /// The capability that a caller needs.
    fn capability(&self) -> Capability {
        Capability::Foundation
    }

    /// Whether an unknown parm is a fault. If not, it is kept unchecked, with a
    /// warning, unless it looks like a misspelling.
    fn is_complete(&self) -> bool {
        true
    }

    /// Whether its page lists this element among those that it takes.
    fn is_listed(&self, _: ElementTag) -> bool {
        true
    }
}

/// A node, found by the name that a document has for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub node: &'static Node,
    /// The name under which it is stored.
    pub name: String,
    pub spelling: Spelling,
}

/// How a document spells a known name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As a public page does.
    Documented,
    OtherCase,
}

impl Named {
    /// The node of this name among some, in any letter case.
    pub fn among(nodes: impl Iterator<Item = &'static Node> + Clone, name: &str) -> Option<Self> {
        let named = |node: &'static Node, spelling| Self {
            node,
            name: node.name.to_owned(),
            spelling,
        };
        let documented = |node: &&Node| node.name == name || node.aliases.contains(&name);
        if let Some(node) = nodes.clone().find(documented) {
            return Some(named(node, Spelling::Documented));
        }
        let is_name = |one: &str| one.eq_ignore_ascii_case(name);
        let other =
            |node: &&Node| is_name(node.name) || node.aliases.iter().any(|one| is_name(one));
        let mut nodes = nodes;
        Some(named(nodes.find(other)?, Spelling::OtherCase))
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
    /// Whether it is about the value of the first node, and not about the whole parm.
    pub at_value: bool,
}

pub static PROVIDERS: &[&dyn Provider] = &[&HotSpotProvider, &CellularEntries];

/// The provider of this name.
pub fn provider(name: &str) -> Option<&'static dyn Provider> {
    PROVIDERS.iter().copied().find(|one| one.name() == name)
}

/// The provider that a document calls by this name, in any letter case.
pub fn provider_named(name: &str) -> Option<&'static dyn Provider> {
    let is_it = |one: &&dyn Provider| one.name().eq_ignore_ascii_case(name);
    PROVIDERS.iter().copied().find(is_it)
}

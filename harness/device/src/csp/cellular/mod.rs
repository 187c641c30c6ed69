//! The CM_CellularEntries configuration service provider: the cellular connections of
//! Connection Manager.
//!
//! Source: Microsoft's page of the provider. What matters to Internet sharing is read
//! here for the service: which connections there are, which are disabled, where they
//! may roam, and which are used only where a policy names them.

mod rules;
mod table;

use std::borrow::Cow;

pub use table::*;

use super::other::NAPDEF;
use super::provider::{Named, Spelling};
use super::{Capability, Finding, Group, Layout, Node, Provider, Settings};

#[derive(Clone, Copy, Debug)]
pub struct CellularEntries;

impl Provider for CellularEntries {
    fn name(&self) -> &'static str {
        NAME
    }

    fn layout(&self) -> Layout {
        Layout::Entries
    }

    fn nodes(&self) -> &'static [Node] {
        NODES
    }

    fn node(&self, name: &str) -> Option<&'static Node> {
        let wanted = language(name).map_or(name, |_| DESC);
        NODES.iter().find(|node| node.name == wanted)
    }

    fn named(&self, name: &str) -> Option<Named> {
        let Some(digits) = language(name) else {
            return Named::among(NODES.iter().filter(|node| node.name != DESC), name);
        };
        let documented = format!("Desc.{}", digits.to_ascii_uppercase());
        Some(Named {
            node: self.node(DESC)?,
            // Hexadecimal digits have no letter case of their own.
            spelling: match name.starts_with("Desc.") {
                true => Spelling::Documented,
                false => Spelling::OtherCase,
            },
            name: documented,
        })
    }

    fn groups(&self) -> &'static [&'static str] {
        &[DEV_SPECIFIC_CELLULAR]
    }

    fn capability(&self) -> Capability {
        Capability::NetworkingAdmin
    }

    fn review(&self, proposed: &Settings, _: &[&str]) -> Vec<Finding> {
        rules::review(proposed)
    }

    fn is_complete(&self) -> bool {
        // Newer versions of Windows may have more, and their documents are not refused.
        false
    }

    fn is_listed(&self, tag: crate::document::ElementTag) -> bool {
        tag != crate::document::ElementTag::NoParm
    }
}

/// The language identifier of a `Desc.0409`.
fn language(name: &str) -> Option<&str> {
    let (desc, digits) = name.split_once('.')?;
    let is_language = desc.eq_ignore_ascii_case("Desc")
        && digits.len() == 4
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_language.then_some(digits)
}

/// The names of the provisioned connections: those of the entries, and those that
/// Connection Manager has for network access points, which end in `@WAP`.
pub fn connections(settings: &Settings) -> impl Iterator<Item = Cow<'_, str>> {
    let entries = settings.group(NAME).into_iter();
    let entries = entries.flat_map(|group| group.groups.keys());
    let naps = settings.group(NAPDEF).into_iter();
    let naps = naps.flat_map(|group| group.groups.keys());
    entries
        .map(|name| Cow::Borrowed(name.as_str()))
        .chain(naps.map(|name| Cow::Owned(format!("{name}@WAP"))))
}

/// Whether there is an entry of this name, and it is disabled.
pub fn is_disabled(settings: &Settings, name: &str) -> bool {
    flag(settings, name, ENABLED) == Some(false)
}

/// The names of the connections that nothing uses unless a mapping policy names them:
/// their entry requires it, or they are for other purposes than the Internet.
pub fn only_by_policy(settings: &Settings) -> Vec<String> {
    let groups = settings.group(NAME).into_iter();
    let entries = groups.flat_map(|group| &group.groups);
    entries
        .filter(|(_, entry)| requires_policy(entry) || lacks_internet(entry))
        .map(|(name, _)| name.clone())
        .collect()
}

fn requires_policy(entry: &Group) -> bool {
    set(entry, USE_REQUIRES_MAPPINGS_POLICY) == Some("1")
}

/// Whether it has purposes, and the Internet is none of them.
fn lacks_internet(entry: &Group) -> bool {
    set(entry, PURPOSE_GROUPS).is_some_and(|purposes| !has_internet(purposes))
}

fn has_internet(purposes: &str) -> bool {
    purposes.split(',').any(|purpose| purpose == INTERNET)
}

fn set<'a>(entry: &'a Group, node: &str) -> Option<&'a str> {
    entry.parms.get(node).map(String::as_str)
}

fn flag(settings: &Settings, name: &str, node: &str) -> Option<bool> {
    let value = set(settings.entry(NAME, name)?, node)?;
    Some(value == "1")
}

/// Where the device is, as seen by its operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whereabouts {
    #[default]
    Home,
    /// In another network of the same country.
    Domestic,
    /// In another country.
    Abroad,
}

/// Whether the entry's Roaming allows the connection here; a connection without an
/// entry is allowed everywhere, as one with the default.
pub fn may_connect(settings: &Settings, name: &str, at: Whereabouts) -> bool {
    let entry = settings.entry(NAME, name);
    let roaming = entry.and_then(|entry| set(entry, ROAMING)).unwrap_or("1");
    match at {
        Whereabouts::Home => matches!(roaming, "0" | "1" | "2"),
        Whereabouts::Domestic => matches!(roaming, "1" | "2" | "3" | "5"),
        Whereabouts::Abroad => matches!(roaming, "1" | "4" | "5"),
    }
}

/// The names of a list of purposes, for people.
fn purposes(list: &str) -> String {
    let names = list.split(',').map(|guid| {
        let known = PURPOSES.iter().find(|(known, _)| *known == guid);
        known.map_or(guid, |(_, name)| name)
    });
    names.collect::<Vec<_>>().join(", ")
}

/// What keeps a connection that HotSpot names from being shared, or may.
pub(super) fn doubts(settings: &Settings, name: &str) -> Vec<Doubt> {
    let Some(entry) = settings.entry(NAME, name) else {
        return Vec::new();
    };
    let mut doubts = Vec::new();
    let mut doubt = |node, found: String, sure| doubts.push(Doubt { node, found, sure });
    if is_disabled(settings, name) {
        let found = format!("`{name}`, which is disabled and is not shared");
        doubt(ENABLED, found, true);
    }
    if requires_policy(entry) {
        let found = format!("`{name}`, which only a mapping policy lets be used");
        doubt(USE_REQUIRES_MAPPINGS_POLICY, found, false);
    }
    if let Some(list) = set(entry, PURPOSE_GROUPS).filter(|list| !has_internet(list)) {
        let found = format!(
            "`{name}`, which is not for the Internet but for {}",
            purposes(list)
        );
        doubt(PURPOSE_GROUPS, found, false);
    }
    if set(entry, CONNECTION_TYPE) == Some("Iwlan") {
        let found = format!("`{name}`, which is always offloaded to Wi-Fi");
        doubt(CONNECTION_TYPE, found, false);
    }
    doubts
}

/// A node of an entry that speaks against sharing its connection.
pub(super) struct Doubt {
    pub(super) node: &'static str,
    pub(super) found: String,
    /// Whether it is what the document says, and not a likely mistake.
    pub(super) sure: bool,
}

//! The CM_CellularEntries configuration service provider, as far as a connection
//! with a network access identity for tethering needs it. The specification's
//! sample shows these four parms; the provider of a real device has more.

use super::{EffectiveWhen, Finding, Layout, Node, Presence, Provider, Settings, ValueType};

/// The `type` of its characteristic.
pub const NAME: &str = "CM_CellularEntries";
/// Whether the connection has a network access identity of its own for tethering.
pub const TETHERING_NAI: &str = "TetheringNAI";

const SAMPLE: &str = "The following sample demonstrates how to specify the connection.";

const OPTIONAL: Node = Node {
    name: "",
    value_type: ValueType::Text,
    presence: Presence::Optional,
    default: None,
    depends: None,
    effective: EffectiveWhen::AtOnce,
    sentence: SAMPLE,
};

/// The nodes of each entry.
pub const NODES: &[Node] = &[
    Node {
        name: "Version",
        value_type: ValueType::Integer {
            min: 1,
            max: i32::MAX.cast_unsigned(),
            unit: "",
        },
        ..OPTIONAL
    },
    Node {
        name: "UserName",
        ..OPTIONAL
    },
    Node {
        name: "Password",
        value_type: ValueType::Secret,
        ..OPTIONAL
    },
    Node {
        name: TETHERING_NAI,
        value_type: ValueType::Integer {
            min: 0,
            max: 1,
            unit: "",
        },
        default: Some("0"),
        sentence: "For CDMA networks that use a separate Network Access Identity (NAI) for Internet sharing, a new parm, TetheringNAI, has been added in the CM_CellularEntries configuration service provider configuration service provider.",
        ..OPTIONAL
    },
];

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

    fn review(&self, _: &Settings) -> Vec<Finding> {
        Vec::new()
    }

    fn is_complete(&self) -> bool {
        false
    }
}

/// The names of the provisioned connections.
pub fn connections(settings: &Settings) -> impl Iterator<Item = &str> {
    let groups = settings.group(NAME).into_iter();
    groups.flat_map(|group| group.groups.keys().map(String::as_str))
}

//! Which setting of an OEM's form is which node: the one place that says it.
//!
//! Sources: Microsoft's pages on Internet sharing and on connections for phones
//! (MCSF), and the pages of the HotSpot and Cellular settings of Windows Configuration
//! Designer and COSA.

use super::Form;
use crate::csp::{Node, ValueType, cellular, hotspot, provider};

/// Whether a form has a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// A public page of the form lists it or shows it.
    Yes,
    /// The form's other settings have the CSP's names, and no page shows this one.
    Unclear,
    No,
}

/// One setting of the forms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// Its name in the forms.
    pub(super) name: &'static str,
    /// The node's name in the provider's table.
    pub(super) node: &'static str,
    mcsf: Listed,
    wcd: Listed,
}

impl Setting {
    pub(super) fn listed(&self, form: Form) -> Listed {
        match form {
            Form::Mcsf => self.mcsf,
            Form::Wcd => self.wcd,
        }
    }
}

/// A setting that has the name of its node.
const fn same(node: &'static str, mcsf: Listed, wcd: Listed) -> Setting {
    Setting {
        name: node,
        node,
        mcsf,
        wcd,
    }
}

const fn other(name: &'static str, node: &'static str, mcsf: Listed, wcd: Listed) -> Setting {
    Setting {
        name,
        node,
        mcsf,
        wcd,
    }
}

use Listed::{No, Unclear, Yes};

/// The settings of HotSpot.
pub(super) const HOTSPOT: &[Setting] = &[
    same(hotspot::ENABLED, Yes, Yes),
    same(hotspot::DEDICATED_CONNECTIONS, Yes, Yes),
    same(hotspot::TETHERING_NAI_CONNECTION, Unclear, Yes),
    same(hotspot::MAX_USERS, Yes, Yes),
    same(hotspot::MAX_BLUETOOTH_USERS, Yes, Yes),
    same(hotspot::MO_HELP_NUMBER, Yes, Yes),
    same(hotspot::MO_INFO_LINK, Yes, Yes),
    same(hotspot::MO_APP_LINK, Yes, Yes),
    same(hotspot::MO_HELP_MESSAGE, Yes, Yes),
    same(hotspot::ENTITLEMENT_REQUIRED, Yes, No),
    same(hotspot::ENTITLEMENT_DLL, Yes, No),
    same(hotspot::ENTITLEMENT_INTERVAL, Yes, No),
    same(hotspot::PEERLESS_TIMEOUT, Yes, Yes),
    same(hotspot::PUBLIC_CONNECTION_TIMEOUT, Yes, Yes),
    same(hotspot::MIN_WIFI_KEY_LENGTH, No, No),
    same(hotspot::MIN_WIFI_SSID_LENGTH, No, No),
];

/// The settings of a cellular connection whose node in CM_CellularEntries is known.
pub(super) const CELLULAR: &[Setting] = &[
    other("AccessPointName", cellular::ACCESS_POINT_NAME, Yes, Yes),
    same(cellular::ALWAYS_ON, Yes, Yes),
    same(cellular::AUTH_TYPE, Yes, No),
    same(cellular::CONNECTION_TYPE, Yes, No),
    same(cellular::IP_TYPE, Yes, Yes),
    same(cellular::USE_REQUIRES_MAPPINGS_POLICY, Yes, No),
    same(cellular::EXEMPT_FROM_DISABLE_POLICY, Yes, No),
    other("OemConnectionId", cellular::OEM_CONNECTION_ID, Yes, No),
    same(cellular::PURPOSE_GROUPS, No, Yes),
    same(cellular::ROAMING, No, Yes),
];

/// The settings of a provider.
pub(super) fn settings_of(provider: &str) -> &'static [Setting] {
    match provider {
        cellular::NAME => CELLULAR,
        _ => HOTSPOT,
    }
}

/// The setting of this name, in any letter case.
pub(super) fn named(settings: &'static [Setting], name: &str) -> Option<&'static Setting> {
    settings
        .iter()
        .find(|one| one.name.eq_ignore_ascii_case(name))
}

/// The node of a setting of this provider.
pub(super) fn node(of: &str, setting: &Setting) -> &'static Node {
    let node = provider(of).and_then(|provider| provider.node(setting.node));
    node.expect("a test finds the node of each setting")
}

/// Whether a connection's node of this name, which no form lists, has a secret.
pub(super) fn node_is_secret(name: &str) -> bool {
    let mut nodes = cellular::NODES.iter();
    nodes.any(|one| one.value_type == ValueType::Secret && one.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_its_node_and_each_node_of_hotspot_its_setting() {
        for provider in [hotspot::NAME, cellular::NAME] {
            for setting in settings_of(provider) {
                assert_eq!(node(provider, setting).name, setting.node);
            }
        }
        let names: Vec<_> = HOTSPOT.iter().map(|one| one.node).collect();
        let nodes: Vec<_> = hotspot::NODES.iter().map(|node| node.name).collect();
        assert_eq!(names, nodes);
    }
}

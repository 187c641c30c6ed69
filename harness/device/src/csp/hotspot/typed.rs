//! HotSpot's settings as values, for the service.

use std::time::Duration;

use super::table::{
    DEDICATED_CONNECTIONS, ENABLED, ENTITLEMENT_DLL, ENTITLEMENT_INTERVAL, ENTITLEMENT_REQUIRED,
    MAX_BLUETOOTH_USERS, MAX_USERS, MO_APP_LINK, MO_HELP_MESSAGE, MO_HELP_NUMBER, MO_INFO_LINK,
    NAME, NODES, PEERLESS_TIMEOUT, PUBLIC_CONNECTION_TIMEOUT, TETHERING_NAI_CONNECTION,
};
use crate::csp::cellular;
use crate::csp::{EffectiveWhen, Settings, StringReference};

/// The settings that the service needs, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HotSpot {
    /// Whether any document has set `Enabled`.
    pub provisioned: bool,
    /// `Enabled`.
    pub enabled: bool,
    /// `DedicatedConnections`; none means any.
    pub dedicated: Vec<String>,
    /// The connections that are used only where a policy names them.
    pub only_by_policy: Vec<String>,
    /// `TetheringNAIConnection`.
    pub tethering_nai: Option<String>,
    /// `MaxUsers`.
    pub max_users: u8,
    /// `MaxBluetoothUsers`.
    pub max_bluetooth_users: u8,
    /// `MOHelpNumber`.
    pub help_number: Option<String>,
    /// `MOInfoLink`.
    pub info_link: Option<String>,
    /// `MOAppLink`.
    pub app_link: Option<String>,
    /// `MOHelpMessage`.
    pub help_message: Option<StringReference>,
    /// `EntitlementRequired`.
    pub entitlement_required: bool,
    /// `EntitlementDll`; nothing if it is missing or empty.
    pub entitlement_dll: Option<String>,
    /// `EntitlementInterval`.
    pub entitlement_interval: Duration,
    /// `PeerlessTimeout`.
    pub peerless_timeout: Duration,
    /// `PublicConnectionTimeout`.
    pub public_connection_timeout: Duration,
}

/// A setting that no document can have stored: the state was edited by hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the setting {node} is `{value}`; expected {expected}")]
pub struct NotReadable {
    pub node: String,
    pub value: String,
    pub expected: String,
}

impl HotSpot {
    /// Reads the settings, with defaults for what is not set.
    ///
    /// # Errors
    /// A value that its node does not accept, or an unknown node.
    pub fn read(settings: &Settings) -> Result<Self, NotReadable> {
        if let Some(group) = settings.group(NAME) {
            for (node, value) in &group.parms {
                check(node, value)?;
            }
        }
        let value = |node: &str| {
            let default = || NODES.iter().find(|one| one.name == node)?.default;
            settings.parm(NAME, node).or_else(default)
        };
        let text = |node| {
            value(node)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let is_true = |node| value(node) == Some("true");
        // Every value was checked above and every number has a default.
        let number = |node| {
            value(node)
                .and_then(|text| text.parse::<u32>().ok())
                .unwrap_or(0)
        };
        let users = |node| u8::try_from(number(node)).unwrap_or(u8::MAX);
        let minutes = |node| Duration::from_secs(60 * u64::from(number(node)));
        let names = value(DEDICATED_CONNECTIONS).unwrap_or_default();
        Ok(Self {
            provisioned: settings.parm(NAME, ENABLED).is_some(),
            enabled: is_true(ENABLED),
            dedicated: names
                .split(';')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            only_by_policy: cellular::only_by_policy(settings),
            tethering_nai: text(TETHERING_NAI_CONNECTION),
            max_users: users(MAX_USERS),
            max_bluetooth_users: users(MAX_BLUETOOTH_USERS),
            help_number: text(MO_HELP_NUMBER),
            info_link: text(MO_INFO_LINK),
            app_link: text(MO_APP_LINK),
            help_message: value(MO_HELP_MESSAGE).and_then(StringReference::parse),
            entitlement_required: is_true(ENTITLEMENT_REQUIRED),
            entitlement_dll: text(ENTITLEMENT_DLL),
            entitlement_interval: Duration::from_secs(number(ENTITLEMENT_INTERVAL).into()),
            peerless_timeout: minutes(PEERLESS_TIMEOUT),
            public_connection_timeout: minutes(PUBLIC_CONNECTION_TIMEOUT),
        })
    }
}

impl Default for HotSpot {
    /// The settings of a device that has received no document.
    fn default() -> Self {
        Self::read(&Settings::default()).expect("no settings hold no bad value")
    }
}

fn check(node: &str, value: &str) -> Result<(), NotReadable> {
    let not_readable = |expected| NotReadable {
        node: format!("{NAME}/{node}"),
        value: value.to_owned(),
        expected,
    };
    let known = NODES
        .iter()
        .find(|one| one.name == node && one.effective != EffectiveWhen::Never)
        .ok_or_else(|| not_readable("no setting of this name".to_owned()))?;
    known.value_type.check_stored(value).map_err(not_readable)
}

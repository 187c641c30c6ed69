//! The nodes of HotSpot, as the specification lists them.

use crate::csp::{EffectiveWhen, Node, Presence, ValueType};

/// The `type` of its characteristic.
pub const NAME: &str = "HotSpot";

pub const ENABLED: &str = "Enabled";
pub const DEDICATED_CONNECTIONS: &str = "DedicatedConnections";
pub const TETHERING_NAI_CONNECTION: &str = "TetheringNAIConnection";
pub const MAX_USERS: &str = "MaxUsers";
pub const MAX_BLUETOOTH_USERS: &str = "MaxBluetoothUsers";
pub const MO_HELP_NUMBER: &str = "MOHelpNumber";
pub const MO_INFO_LINK: &str = "MOInfoLink";
pub const MO_APP_LINK: &str = "MOAppLink";
pub const MO_HELP_MESSAGE: &str = "MOHelpMessage";
pub const ENTITLEMENT_REQUIRED: &str = "EntitlementRequired";
pub const ENTITLEMENT_DLL: &str = "EntitlementDll";
pub const ENTITLEMENT_INTERVAL: &str = "EntitlementInterval";
pub const PEERLESS_TIMEOUT: &str = "PeerlessTimeout";
pub const PUBLIC_CONNECTION_TIMEOUT: &str = "PublicConnectionTimeout";
pub const MIN_WIFI_KEY_LENGTH: &str = "MinWifiKeyLength";
pub const MIN_WIFI_SSID_LENGTH: &str = "MinWifiSSIDLength";

/// All sixteen, in the specification's order.
pub const NODES: &[Node] = &[
    Node {
        name: ENABLED,
        value_type: ValueType::Boolean,
        presence: Presence::Required,
        default: Some("false"),
        effective: EffectiveWhen::AtOnceOrReboot,
        sentence: "Specifies whether to enable Internet sharing on the device.",
        ..Node::OPTIONAL
    },
    Node {
        name: DEDICATED_CONNECTIONS,
        value_type: ValueType::Names,
        effective: EffectiveWhen::SharingRestart,
        sentence: "Specifies the semicolon separated list of Connection Manager cellular connections that Internet sharing will use as the public connections.",
        ..Node::OPTIONAL
    },
    Node {
        name: TETHERING_NAI_CONNECTION,
        value_type: ValueType::Name,
        depends: Some("an entry of CM_CellularEntries with TetheringNAI 1"),
        effective: EffectiveWhen::SharingRestart,
        sentence: "Specifies the CDMA TetheringNAI Connection Manager cellular connection that Internet sharing will use as a public connection.",
        ..Node::OPTIONAL
    },
    Node {
        name: MAX_USERS,
        value_type: ValueType::whole(1, 8, "users"),
        default: Some("5"),
        effective: EffectiveWhen::SharingRestart,
        sentence: "Specifies the maximum number of simultaneous users that can be connected to a device while in a sharing state.",
        ..Node::OPTIONAL
    },
    Node {
        name: MAX_BLUETOOTH_USERS,
        value_type: ValueType::whole(1, 7, "users"),
        default: Some("7"),
        sentence: "Specifies the maximum number of simultaneous Bluetooth users that can be connected to a device while sharing over Bluetooth.",
        ..Node::OPTIONAL
    },
    Node {
        name: MO_HELP_NUMBER,
        value_type: ValueType::Telephone,
        effective: EffectiveWhen::NextMessage,
        sentence: "A mobile operator–specified device number that is displayed to the user when the Internet sharing service fails to start.",
        ..Node::OPTIONAL
    },
    Node {
        name: MO_INFO_LINK,
        value_type: ValueType::WebLink,
        effective: EffectiveWhen::NextMessage,
        sentence: "A mobile operator–specified HTTP link that is displayed to the user when Internet sharing is disabled or the device is not entitled.",
        ..Node::OPTIONAL
    },
    Node {
        name: MO_APP_LINK,
        value_type: ValueType::AppLink,
        effective: EffectiveWhen::NextMessage,
        sentence: "A Windows device application link that points to a preinstalled application, provided by the mobile operator, that will help a user to subscribe to the mobile operator’s Internet sharing service when Internet sharing is not provisioned or entitlement fails.",
        ..Node::OPTIONAL
    },
    Node {
        name: MO_HELP_MESSAGE,
        value_type: ValueType::StringReference,
        depends: Some("MOAppLink"),
        effective: EffectiveWhen::NextMessage,
        sentence: "Reference to a localized string, provided by the mobile operator, that is displayed when Internet sharing is not enabled due to entitlement failure.",
        ..Node::OPTIONAL
    },
    Node {
        name: ENTITLEMENT_REQUIRED,
        value_type: ValueType::Boolean,
        default: Some("true"),
        effective: EffectiveWhen::NextAttempt,
        sentence: "Specifies whether the device requires an entitlement check to determine if Internet sharing should be enabled.",
        ..Node::OPTIONAL
    },
    Node {
        name: ENTITLEMENT_DLL,
        value_type: ValueType::FilePath,
        presence: Presence::RequiredIf("EntitlementRequired is true"),
        effective: EffectiveWhen::NextCheck,
        sentence: "The path to the entitlement DLL used to make entitlement checks that verify that the device is entitled to use the Internet sharing service on a mobile operator’s network.",
        ..Node::OPTIONAL
    },
    Node {
        name: ENTITLEMENT_INTERVAL,
        // No public source specifies a range.
        value_type: ValueType::whole(1, i32::MAX.cast_unsigned(), "seconds"),
        default: Some("86400"),
        effective: EffectiveWhen::NextCheck,
        sentence: "The time interval, in seconds, between entitlement checks.",
        ..Node::OPTIONAL
    },
    Node {
        name: PEERLESS_TIMEOUT,
        value_type: ValueType::whole(1, 120, "minutes"),
        default: Some("5"),
        effective: EffectiveWhen::ServiceStart,
        sentence: "The time-out period, in minutes, after which Internet sharing should automatically turn off if there are no longer any active clients.",
        ..Node::OPTIONAL
    },
    Node {
        name: PUBLIC_CONNECTION_TIMEOUT,
        value_type: ValueType::whole(1, 60, "minutes"),
        default: Some("20"),
        effective: EffectiveWhen::Reboot,
        sentence: "The time-out value, in minutes, after which Internet sharing is automatically turned off if a cellular connection is not available.",
        ..Node::OPTIONAL
    },
    Node {
        name: MIN_WIFI_KEY_LENGTH,
        value_type: ValueType::whole(0, u32::MAX, "characters"),
        presence: Presence::Obsolete,
        effective: EffectiveWhen::Never,
        sentence: "The enforced minimum allowed length of the Wi-Fi key is 8.",
        ..Node::OPTIONAL
    },
    Node {
        name: MIN_WIFI_SSID_LENGTH,
        value_type: ValueType::whole(0, u32::MAX, "characters"),
        presence: Presence::Obsolete,
        effective: EffectiveWhen::Never,
        sentence: "The enforced minimum allowed length of the Wi-Fi SSID is 1.",
        ..Node::OPTIONAL
    },
];

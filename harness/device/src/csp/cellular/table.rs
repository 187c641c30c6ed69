//! The nodes of an entry of CM_CellularEntries, as Microsoft's page of the provider lists them.

use crate::csp::{Node, Presence, ValueType};

/// The `type` of its characteristic.
pub const NAME: &str = "CM_CellularEntries";

/// The characteristic inside an entry.
pub const DEV_SPECIFIC_CELLULAR: &str = "DevSpecificCellular";

pub const VERSION: &str = "Version";
pub const ALWAYS_ON: &str = "AlwaysOn";
pub const AUTH_TYPE: &str = "AuthType";
pub const USER_NAME: &str = "UserName";
pub const PASSWORD: &str = "Password";
pub const CONNECTION_TYPE: &str = "ConnectionType";
/// A node for each language: `Desc.0409`.
pub const DESC: &str = "Desc.LANGID";
pub const ENABLED: &str = "Enabled";
pub const IP_HEADER_COMPRESSION: &str = "IpHeaderCompression";
pub const SW_COMPRESSION: &str = "SwCompression";
pub const USE_REQUIRES_MAPPINGS_POLICY: &str = "UseRequiresMappingsPolicy";
pub const ACCESS_POINT_NAME: &str = "DevSpecificCellular/GPRSInfoAccessPointName";
pub const ROAMING: &str = "Roaming";
pub const OEM_CONNECTION_ID: &str = "OEMConnectionID";
pub const APN_ID: &str = "ApnId";
pub const IP_TYPE: &str = "IPType";
pub const EXEMPT_FROM_DISABLE_POLICY: &str = "ExemptFromDisablePolicy";
pub const EXEMPT_FROM_ROAMING: &str = "ExemptFromRoaming";
/// Whether the connection has a network access identity of its own for tethering.
pub const TETHERING_NAI: &str = "TetheringNAI";
pub const IDLE_DISCONNECT_TIMEOUT: &str = "IdleDisconnectTimeout";
pub const SIM_ICC_ID: &str = "SimIccId";
pub const PURPOSE_GROUPS: &str = "PurposeGroups";

/// The purpose that a general connection has.
pub const INTERNET: &str = "3E5545D2-1137-4DC8-A198-33F1C657515F";

/// What PurposeGroups can name: the GUID, and what it stands for.
pub const PURPOSES: [(&str, &str); 9] = [
    (INTERNET, "Internet"),
    ("11A6FE68-5B47-4859-9CB6-1EAC96A8F0BD", "LTE attach"),
    ("53E2C5D3-D13C-4068-AA38-9C48FF2E55A8", "MMS"),
    ("474D66ED-0E4B-476B-A455-19BB1239ED13", "IMS"),
    ("6D42669F-52A9-408E-9493-1071DCC437BD", "SUPL"),
    ("95522B2B-A6D1-4E40-960B-05E6D3F962AB", "Purchase"),
    ("2FFD9261-C23C-4D27-8DCF-CDE4E14A3364", "Administrative"),
    ("52D7654A-00A8-4140-806C-087D66705306", "Application"),
    ("A36E171F-2377-4965-88FE-1F53EB4B47C0", "eSIM provisioning"),
];

/// The values of ConnectionType.
pub const CONNECTION_TYPES: &[&str] = &["Gprs", "Cdma", "Lte", "Legacy", "Lte_iwlan", "Iwlan"];

/// All nodes of an entry. Their sentences are summaries of the page.
pub const NODES: &[Node] = &[
    Node {
        name: VERSION,
        value_type: ValueType::whole(1, 1, ""),
        sentence: "The version of the XML format; 1 if it is present.",
        ..Node::OPTIONAL
    },
    Node {
        name: ALWAYS_ON,
        value_type: ValueType::Flag,
        sentence: "0: the connection is made when an application asks for it; 1: whenever the access point can be reached.",
        ..Node::OPTIONAL
    },
    Node {
        name: AUTH_TYPE,
        value_type: ValueType::Choice(&["CHAP", "PAP", "None"]),
        default: Some("None"),
        sentence: "How the device authenticates itself. With None, UserName and Password are ignored.",
        ..Node::OPTIONAL
    },
    Node {
        name: USER_NAME,
        presence: Presence::RequiredIf("AuthType is not None"),
        sentence: "The user name for AuthType.",
        ..Node::OPTIONAL
    },
    Node {
        name: PASSWORD,
        value_type: ValueType::Secret,
        presence: Presence::RequiredIf("AuthType is not None"),
        sentence: "The password for AuthType.",
        ..Node::OPTIONAL
    },
    Node {
        name: CONNECTION_TYPE,
        value_type: ValueType::Choice(CONNECTION_TYPES),
        default: Some("Gprs"),
        sentence: "The kind of network: Gprs for all of 3GPP, Lte for LTE and eHRPD, Legacy for 3GPP without LTE, Lte_iwlan for LTE that can be offloaded to Wi-Fi, Iwlan for offloaded alone.",
        ..Node::OPTIONAL
    },
    Node {
        name: DESC,
        sentence: "The name that is shown in the language with this identifier, four hexadecimal digits as in Desc.0409; the entry's name by default.",
        ..Node::OPTIONAL
    },
    Node {
        name: ENABLED,
        value_type: ValueType::Flag,
        sentence: "0: the connection is disabled.",
        ..Node::OPTIONAL
    },
    Node {
        name: IP_HEADER_COMPRESSION,
        value_type: ValueType::Flag,
        sentence: "Whether headers of IP are compressed.",
        ..Node::OPTIONAL
    },
    Node {
        name: SW_COMPRESSION,
        value_type: ValueType::Flag,
        sentence: "Whether software compression is used.",
        ..Node::OPTIONAL
    },
    Node {
        name: USE_REQUIRES_MAPPINGS_POLICY,
        aliases: &["UseRequiresMappingPolicy"],
        value_type: ValueType::Flag,
        sentence: "1: the connection is used only where a mapping policy names it, as for MMS; never for a general connection.",
        ..Node::OPTIONAL
    },
    Node {
        name: ACCESS_POINT_NAME,
        sentence: "The access point name (APN), as in +CGDCONT of GSM 07.07.",
        ..Node::OPTIONAL
    },
    Node {
        name: ROAMING,
        value_type: ValueType::whole(0, 5, ""),
        default: Some("1"),
        sentence: "Where the connection can be made. 0: at home; 1: everywhere; 2: at home and in domestic roaming; 3: in domestic roaming alone; 4: in non-domestic roaming alone; 5: in roaming alone.",
        ..Node::OPTIONAL
    },
    Node {
        name: OEM_CONNECTION_ID,
        // The page's own sample and the OEM's form write it so.
        aliases: &["OemConnectionId"],
        value_type: ValueType::Guid,
        default: Some("00000000-0000-0000-0000-000000000000"),
        sentence: "An identifier of the OEM's own; LTE devices only.",
        ..Node::OPTIONAL
    },
    Node {
        name: APN_ID,
        value_type: ValueType::whole(0, i32::MAX.cast_unsigned(), ""),
        default: Some("0"),
        sentence: "The identifier of the access point, 0 for none; LTE devices only.",
        ..Node::OPTIONAL
    },
    Node {
        name: IP_TYPE,
        value_type: ValueType::Choice(&["IPv4", "IPv6", "IPv4v6", "IPv4v6xlat"]),
        default: Some("IPv4"),
        sentence: "The versions of IP that the connection has.",
        ..Node::OPTIONAL
    },
    Node {
        name: EXEMPT_FROM_DISABLE_POLICY,
        value_type: ValueType::Flag,
        default: Some("0"),
        sentence: "1: the connection stays while cellular data is off, as for MMS; never for a general connection.",
        ..Node::OPTIONAL
    },
    Node {
        name: EXEMPT_FROM_ROAMING,
        value_type: ValueType::Flag,
        default: Some("0"),
        sentence: "1: the connection stays while data roaming is off; never for a general connection.",
        ..Node::OPTIONAL
    },
    Node {
        name: TETHERING_NAI,
        value_type: ValueType::Flag,
        default: Some("0"),
        depends: Some("ConnectionType Cdma"),
        sentence: "1: a connection for tethering, with a network access identity of its own; CDMA only.",
        ..Node::OPTIONAL
    },
    Node {
        name: IDLE_DISCONNECT_TIMEOUT,
        value_type: ValueType::whole(5, 60, "seconds"),
        default: Some("30"),
        sentence: "How long a connection that was made on demand may be idle.",
        ..Node::OPTIONAL
    },
    Node {
        name: SIM_ICC_ID,
        presence: Presence::RequiredIf("the device has two SIMs"),
        sentence: "The ICCID of the SIM that the connection belongs to.",
        ..Node::OPTIONAL
    },
    Node {
        name: PURPOSE_GROUPS,
        value_type: ValueType::Purposes,
        presence: Presence::Advised,
        sentence: "What the connection is for, as GUIDs with commas between them. The page calls it required; its own samples have none.",
        ..Node::OPTIONAL
    },
];

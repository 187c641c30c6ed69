//! HotSpot's nodes, as the specification describes them.

use std::time::Duration;

use super::{Tried, document, hotspot as hotspot_document, settled};
use crate::csp::hotspot::{self, HotSpot, NODES};
use crate::csp::{Access, Presence, Settings, apply};
use crate::document::{Diagnostics, Role, read, wbxml};

fn parm(name: &str, value: &str) -> String {
    format!(r#"<parm name="{name}" value="{value}"/>"#)
}

/// The outcome of a document that sets one node of a device that is enabled and
/// needs no check.
fn set(name: &str, value: &str) -> Tried {
    let free = settled(&hotspot_document(
        r#"<parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="false"/>"#,
    ));
    Tried::new(&free, &hotspot_document(&parm(name, value)))
}

fn takes(name: &str, good: &[&str], bad: &[&str]) {
    for value in good {
        let tried = set(name, value);
        assert!(!tried.is_refused(), "{name} {value}: {:?}", tried.found);
    }
    for value in bad {
        let tried = set(name, value);
        assert!(tried.is_refused(), "{name} {value}");
        assert!(
            tried.reports(&format!("{name} is `{value}`")),
            "{:?}",
            tried.found
        );
    }
}

fn typed(elements: &str) -> HotSpot {
    HotSpot::read(&settled(&hotspot_document(elements))).unwrap()
}

#[test]
fn enabled_is_required_and_a_document_without_it_is_warned() {
    let tried = Tried::new(
        &Settings::default(),
        &hotspot_document(&parm("MaxUsers", "3")),
    );
    assert!(
        tried.reports("Enabled is required and is not set"),
        "{:?}",
        tried.found
    );
    assert!(!HotSpot::read(&tried.settings()).unwrap().enabled);
}

#[test]
fn enabled_is_a_boolean_and_false_by_default() {
    assert!(!HotSpot::default().enabled);
    takes(
        "Enabled",
        &["true", "false", "True", "1", "0"],
        &["yes", "2", ""],
    );
    assert!(typed(r#"<parm name="Enabled" value="1"/>"#).enabled);
}

#[test]
fn enabled_can_be_provisioned_over_the_air() {
    let sample = hotspot_document(
        r#"<parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="false"/>"#,
    );
    let written = read(sample.as_bytes(), Role::Request).document.unwrap();
    let wbxml = wbxml::encode(&written).unwrap();
    let over_the_air = read(&wbxml, Role::Request).document.unwrap();
    let outcome = apply(
        &Settings::default(),
        &over_the_air,
        &Access::full(),
        &mut Diagnostics::new(),
    );
    let settings = HotSpot::read(&outcome.settings.unwrap()).unwrap();
    assert!(settings.enabled && settings.provisioned);
}

#[test]
fn every_optional_node_can_be_left_out() {
    let settings = typed(
        r#"<parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="false"/>"#,
    );
    let expected = HotSpot {
        enabled: true,
        provisioned: true,
        entitlement_required: false,
        ..HotSpot::default()
    };
    assert_eq!(settings, expected);
    let required = NODES
        .iter()
        .filter(|node| node.presence == Presence::Required);
    assert_eq!(
        required.map(|node| node.name).collect::<Vec<_>>(),
        ["Enabled"]
    );
    assert_eq!(NODES.len(), 16);
}

#[test]
fn every_default_is_a_value_that_its_node_takes() {
    for node in NODES {
        if let Some(default) = node.default {
            assert_eq!(
                node.value_type.read(default).as_deref(),
                Ok(default),
                "{}",
                node.name
            );
        }
    }
}

#[test]
fn dedicated_connections_is_a_list_with_semicolons() {
    takes(
        "DedicatedConnections",
        &["A", "A;B", " A ; My APN ;", ""],
        &["A;;B", ";"],
    );
    assert_eq!(
        typed(&parm("DedicatedConnections", " A ; My APN ;")).dedicated,
        ["A", "My APN"]
    );
}

#[test]
fn tethering_nai_connection_has_to_be_provisioned_through_cm_cellular_entries() {
    let nai = |value: &str| {
        document(&format!(
            r#"<characteristic type="HotSpot"><parm name="Enabled" value="false"/>
<parm name="TetheringNAIConnection" value="Conn"/></characteristic>
<characteristic type="CM_CellularEntries"><characteristic type="Conn">
<parm name="TetheringNAI" value="{value}"/></characteristic></characteristic>"#
        ))
    };
    let settings = settled(&nai("1"));
    let tried = Tried::new(&Settings::default(), &nai("0"));
    assert!(tried.is_refused());
    assert!(
        tried.reports("names `Conn`, whose TetheringNAI is not 1"),
        "{:?}",
        tried.found
    );
    let tried = set("TetheringNAIConnection", "Conn");
    assert!(tried.is_refused());
    assert!(
        tried.reports("names `Conn`, which is not provisioned"),
        "{:?}",
        tried.found
    );
    // Taking the connection away is as wrong as never providing it.
    for element in [
        r#"<nocharacteristic type="CM_CellularEntries"/>"#,
        r#"<characteristic type="CM_CellularEntries"><nocharacteristic type="Conn"/></characteristic>"#,
        r#"<characteristic type="CM_CellularEntries"><characteristic type="Conn"><noparm name="TetheringNAI"/></characteristic></characteristic>"#,
    ] {
        let tried = Tried::new(&settings, &document(element));
        assert!(tried.is_refused(), "{element}");
        assert!(tried.found[0].starts_with("2: "), "{:?}", tried.found);
    }
}

#[test]
fn max_users_is_between_1_and_8_and_5_by_default() {
    takes(
        "MaxUsers",
        &["1", "8"],
        &["0", "9", "-1", "five", "5.0", ""],
    );
    assert_eq!(HotSpot::default().max_users, 5);
}

#[test]
fn max_bluetooth_users_is_between_1_and_7_and_7_by_default() {
    takes("MaxBluetoothUsers", &["1", "7"], &["0", "8"]);
    assert_eq!(HotSpot::default().max_bluetooth_users, 7);
}

#[test]
fn mo_help_number_is_a_telephone_number() {
    takes(
        "MOHelpNumber",
        &["611", "+1 (425) 555-0100"],
        &["", "call us"],
    );
}

#[test]
fn mo_info_link_is_a_web_link() {
    takes(
        "MOInfoLink",
        &["http://www.operator.example/", "contoso.com/help"],
        &["", "ftp://a.example", "app://x"],
    );
}

#[test]
fn mo_app_link_has_the_form_app_link() {
    takes(
        "MOAppLink",
        &["app://MOapp"],
        &["", "MOapp", "http://MOapp"],
    );
}

#[test]
fn mo_help_message_is_a_library_and_a_string_id() {
    let tried = |value: &str| {
        let parms = parm("MOAppLink", "app://MOapp") + &parm("MOHelpMessage", value);
        Tried::new(&Settings::default(), &hotspot_document(&parms))
    };
    let settings = tried("@HotSpotMOHelp.dll,-101").settings();
    let message = HotSpot::read(&settings).unwrap().help_message.unwrap();
    assert_eq!(
        (message.library.as_str(), message.id),
        ("HotSpotMOHelp.dll", 101)
    );
    for bad in [
        "HotSpotMOHelp.dll,-101",
        "@HotSpotMOHelp.dll",
        "@a.dll,-x",
        "Call us",
    ] {
        assert!(tried(bad).is_refused(), "{bad}");
    }
}

#[test]
fn mo_help_message_needs_mo_app_link() {
    let tried = set("MOHelpMessage", "@HotSpotMOHelp.dll,-101");
    assert!(tried.is_refused());
    assert!(
        tried.reports("MOHelpMessage is set without MOAppLink"),
        "{:?}",
        tried.found
    );
    let both = parm("MOHelpMessage", "@a.dll,-1") + &parm("MOAppLink", "app://MOapp");
    let settings = settled(&hotspot_document(&both));
    let tried = Tried::new(
        &settings,
        &hotspot_document(r#"<noparm name="MOAppLink"/>"#),
    );
    assert!(tried.is_refused());
}

#[test]
fn entitlement_required_is_a_boolean_and_true_by_default() {
    takes("EntitlementRequired", &["false", "0"], &["no", ""]);
    assert!(HotSpot::default().entitlement_required);
}

#[test]
fn entitlement_dll_is_required_if_entitlement_required_is_set_to_true() {
    for more in [String::new(), parm("EntitlementDll", "")] {
        let parms = parm("EntitlementRequired", "true") + &more;
        let tried = Tried::new(&Settings::default(), &hotspot_document(&parms));
        assert!(tried.is_refused());
        assert!(
            tried.reports("EntitlementRequired is true and EntitlementDll is missing or empty"),
            "{:?}",
            tried.found
        );
    }
    let parms = parm("EntitlementRequired", "true") + &parm("EntitlementDll", "a.dll");
    settled(&hotspot_document(&parms));
    // The default alone refuses nothing: every check will fail, which is reported.
    let tried = Tried::new(
        &Settings::default(),
        &hotspot_document(&parm("Enabled", "true")),
    );
    assert!(!tried.is_refused());
    assert!(
        tried.reports("EntitlementRequired is true by default"),
        "{:?}",
        tried.found
    );
}

#[test]
fn entitlement_dll_is_a_valid_file_path() {
    takes(
        "EntitlementDll",
        &[
            r"c:\windows\system32\MOEntitlement.dll",
            r"%SystemRoot%\a.dll",
        ],
        &[r"c:\windows\a?.dll", r"c:\windows\"],
    );
}

#[test]
fn entitlement_interval_is_in_seconds_and_86400_by_default() {
    takes(
        "EntitlementInterval",
        &["1", "86400", "2147483647"],
        &["0", "2147483648"],
    );
    assert_eq!(
        HotSpot::default().entitlement_interval,
        Duration::from_secs(86_400)
    );
    assert!(set("EntitlementInterval", "59").reports("to spare the operator's server"));
    assert!(!set("EntitlementInterval", "60").reports("to spare the operator's server"));
}

#[test]
fn peerless_timeout_is_between_1_and_120_minutes_and_5_by_default() {
    takes("PeerlessTimeout", &["1", "120"], &["0", "121"]);
    assert_eq!(
        HotSpot::default().peerless_timeout,
        Duration::from_secs(5 * 60)
    );
}

#[test]
fn public_connection_timeout_is_between_1_and_60_minutes_and_20_by_default() {
    takes("PublicConnectionTimeout", &["1", "60"], &["0", "61"]);
    assert_eq!(
        HotSpot::default().public_connection_timeout,
        Duration::from_secs(20 * 60)
    );
}

#[test]
fn obsolete_nodes_are_accepted_with_a_warning_and_not_stored() {
    for name in ["MinWifiKeyLength", "MinWifiSSIDLength"] {
        for element in [
            parm(name, "3"),
            parm(name, "long"),
            format!(r#"<noparm name="{name}"/>"#),
            format!(r#"<parm-query name="{name}"/>"#),
        ] {
            let tried = Tried::new(&Settings::default(), &hotspot_document(&element));
            assert!(
                tried.reports(&format!("Warning: {name} is no longer supported")),
                "{element}: {:?}",
                tried.found
            );
            assert_eq!(tried.settings().parm(hotspot::NAME, name), None);
        }
    }
    assert_eq!((hotspot::MIN_WIFI_KEY, hotspot::MIN_WIFI_SSID), (8, 1));
}

#[test]
fn the_cdma_sample_of_the_specification_is_applied() {
    let sample = include_str!("../../../tests/vectors/cdma.xml");
    let tried = Tried::new(&Settings::default(), sample);
    // It has neither what the other provider's page calls required nor its type.
    assert!(tried.reports("Warning: `TetheringNAIConn` has no PurposeGroups"));
    assert!(tried.reports("Note: TetheringNAI of `TetheringNAIConn` is 1"));
    assert_eq!(tried.found.len(), 2, "{:?}", tried.found);
    let settings = HotSpot::read(&tried.settings()).unwrap();
    assert!(settings.enabled && !settings.entitlement_required);
    assert_eq!(settings.tethering_nai.as_deref(), Some("TetheringNAIConn"));
}

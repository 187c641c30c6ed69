//! CM_CellularEntries, as its public page describes it.

use super::{Tried, document, settled};
use crate::csp::cellular::{self, INTERNET, NODES, Whereabouts};
use crate::csp::{HotSpot, Settings};

const PURPOSE: &str =
    r#"<parm name="PurposeGroups" value="3E5545D2-1137-4DC8-A198-33F1C657515F"/>"#;

/// A document that makes one entry, which is for the Internet, of these elements.
fn entry(elements: &str) -> String {
    document(&format!(
        r#"<characteristic type="CM_CellularEntries"><characteristic type="C1">{PURPOSE}{elements}</characteristic></characteristic>"#
    ))
}

fn parm(name: &str, value: &str) -> String {
    format!(r#"<parm name="{name}" value="{value}"/>"#)
}

fn stored(settings: &Settings, node: &str) -> Option<String> {
    settings
        .entry("CM_CellularEntries", "C1")?
        .parms
        .get(node)
        .cloned()
}

#[test]
fn every_node_takes_what_its_page_says_and_nothing_else() {
    let flag: (&[&str], &[&str]) = (&["0", "1"], &["2", "true", "yes", ""]);
    let table: &[(&str, &[&str], &[&str])] = &[
        ("Version", &["1"], &["0", "2", ""]),
        ("AlwaysOn", flag.0, flag.1),
        ("AuthType", &["None", "none"], &["MsCHAPV2", ""]),
        (
            "ConnectionType",
            &["Gprs", "lte", "CDMA", "Legacy", "lte_IWLAN", "iwlan"],
            &["wifi", ""],
        ),
        ("Desc.0409", &["", "Example"], &[]),
        ("Enabled", flag.0, flag.1),
        ("IpHeaderCompression", flag.0, flag.1),
        ("SwCompression", flag.0, flag.1),
        ("UseRequiresMappingsPolicy", flag.0, flag.1),
        ("Roaming", &["0", "5"], &["6", "-1"]),
        (
            "OEMConnectionID",
            &[
                "00112233-4455-6677-8899-aabbccddeeff",
                "{00112233-4455-6677-8899-AABBCCDDEEFF}",
            ],
            &[
                "1234",
                "{00112233-4455-6677-8899-AABBCCDDEEFF",
                "00112233-4455-6677-8899-AABBCCDDEEFG",
            ],
        ),
        ("ApnId", &["0", "7"], &["-1", "a"]),
        (
            "IPType",
            &["IPv4", "ipv6", "IPv4v6", "IPv4v6xlat"],
            &["IPv5"],
        ),
        ("ExemptFromDisablePolicy", flag.0, flag.1),
        ("ExemptFromRoaming", flag.0, flag.1),
        ("TetheringNAI", flag.0, flag.1),
        ("IdleDisconnectTimeout", &["5", "60"], &["4", "61"]),
        ("SimIccId", &["8999000000000000001"], &[]),
        (
            "PurposeGroups",
            &[
                "{3e5545d2-1137-4dc8-a198-33f1c657515f}",
                "3E5545D2-1137-4DC8-A198-33F1C657515F, 11A6FE68-5B47-4859-9CB6-1EAC96A8F0BD",
            ],
            &["internet", "", "3E5545D2;11A6FE68"],
        ),
    ];
    for (name, good, bad) in table {
        for value in *good {
            let tried = Tried::new(&Settings::default(), &entry(&parm(name, value)));
            assert!(!tried.is_refused(), "{name} {value}: {:?}", tried.found);
        }
        for value in *bad {
            let tried = Tried::new(&Settings::default(), &entry(&parm(name, value)));
            assert!(tried.is_refused(), "{name} {value}");
            assert!(
                tried.reports(&format!("{name} is `{value}`")),
                "{:?}",
                tried.found
            );
        }
    }
    assert_eq!(NODES.len(), 22);
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
fn values_are_stored_in_one_form_and_answered_as_such() {
    let text = entry(
        &[
            parm("ConnectionType", "lte"),
            parm("OemConnectionId", "{00112233-4455-6677-8899-aabbccddeeff}"),
            parm("Desc.040c", "Exemple"),
        ]
        .concat(),
    );
    let settings = settled(&text);
    assert_eq!(stored(&settings, "ConnectionType").as_deref(), Some("Lte"));
    assert_eq!(
        stored(&settings, "OEMConnectionID").as_deref(),
        Some("00112233-4455-6677-8899-AABBCCDDEEFF")
    );
    assert_eq!(stored(&settings, "Desc.040C").as_deref(), Some("Exemple"));
    let query = document(
        r#"<characteristic type="CM_CellularEntries"><characteristic type="C1"><parm-query name="Desc.040c"/><parm-query name="Desc.0409"/></characteristic></characteristic>"#,
    );
    let response = Tried::new(&settings, &query).response();
    assert!(
        response.contains(r#"<parm name="Desc.040c" value="Exemple""#),
        "{response}"
    );
    assert!(
        response.contains(r#"<noparm name="Desc.0409"/>"#),
        "{response}"
    );
}

#[test]
fn both_spellings_of_the_page_are_accepted() {
    for (name, value) in [
        ("UseRequiresMappingPolicy", "0"),
        ("OemConnectionId", "00112233-4455-6677-8899-AABBCCDDEEFF"),
    ] {
        let tried = Tried::new(&Settings::default(), &entry(&parm(name, value)));
        assert_eq!(tried.found, <[String; 0]>::default());
    }
    let tried = Tried::new(
        &Settings::default(),
        &entry(&parm("simiccid", "8999000000000000001")),
    );
    assert!(
        tried.reports("Warning: `simiccid` in other letter case"),
        "{:?}",
        tried.found
    );
}

#[test]
fn the_access_point_stands_in_a_characteristic_of_the_entry() {
    let inside = |elements: &str| {
        entry(&format!(
            r#"<characteristic type="DevSpecificCellular">{elements}</characteristic>"#
        ))
    };
    let apn = inside(&parm("GPRSInfoAccessPointName", "apn.example"));
    let settings = settled(&apn);
    for (query, expected) in [
        (
            r#"<characteristic-query type="C1"/>"#,
            r#"<parm name="GPRSInfoAccessPointName" value="apn.example" datatype="string"/>"#,
        ),
        (
            r#"<characteristic-query type="C1" recursive="false"/>"#,
            r#"<characteristic type="DevSpecificCellular"/>"#,
        ),
        (
            r#"<characteristic type="C1"><characteristic-query type="DevSpecificCellular"/></characteristic>"#,
            r#"value="apn.example""#,
        ),
        (
            r#"<characteristic type="C1"><characteristic type="DevSpecificCellular"><parm-query name="GPRSInfoAccessPointName"/></characteristic></characteristic>"#,
            r#"value="apn.example""#,
        ),
    ] {
        let query = document(&format!(
            r#"<characteristic type="CM_CellularEntries">{query}</characteristic>"#
        ));
        let response = Tried::new(&settings, &query).response();
        assert!(response.contains(expected), "{response}");
    }
    for gone in [
        inside(r#"<noparm name="GPRSInfoAccessPointName"/>"#),
        entry(r#"<nocharacteristic type="DevSpecificCellular"/>"#),
    ] {
        let settings = Tried::new(&settings, &gone).settings();
        assert_eq!(stored(&settings, cellular::ACCESS_POINT_NAME), None);
    }
    for (text, fault) in [
        (
            inside(&parm("GPRSInfoAccessPoint", "a")),
            "write `GPRSInfoAccessPointName`",
        ),
        (
            entry(&parm("AccessPointName", "a")),
            "`AccessPointName` of CM_CellularEntries is not in a DevSpecificCellular",
        ),
        (
            entry(&parm("GPRSInfoAccessPointName", "a")),
            "is not in a DevSpecificCellular",
        ),
        (
            entry(r#"<characteristic type="DevSpecificCelular"/>"#),
            "write `DevSpecificCellular`",
        ),
        (
            entry(r#"<characteristic type="More"/>"#),
            "an entry of CM_CellularEntries has no `More`",
        ),
    ] {
        let tried = Tried::new(&Settings::default(), &text);
        assert!(
            tried.is_refused() && tried.reports(fault),
            "{fault}: {:?}",
            tried.found
        );
    }
}

#[test]
fn nodes_that_depend_on_each_other_are_checked_together() {
    for (elements, expected) in [
        (
            parm("AuthType", "CHAP") + &parm("UserName", "u"),
            "Error: AuthType of `C1` is CHAP and Password is missing",
        ),
        (
            parm("AuthType", "PAP") + &parm("Password", "p"),
            "Error: AuthType of `C1` is PAP and UserName is missing",
        ),
        (
            parm("UserName", "u"),
            "Note: UserName of `C1` is ignored: AuthType is None",
        ),
        (
            parm("TetheringNAI", "1"),
            "Note: TetheringNAI of `C1` is 1 and ConnectionType is not set",
        ),
        (
            parm("TetheringNAI", "1") + &parm("ConnectionType", "lte"),
            "Warning: TetheringNAI of `C1` is 1 and ConnectionType is Lte",
        ),
        (
            parm("UseRequiresMappingsPolicy", "1"),
            "Warning: UseRequiresMappingsPolicy of `C1` is 1",
        ),
        (
            parm("ExemptFromRoaming", "1"),
            "Warning: ExemptFromRoaming of `C1` is 1",
        ),
        (parm("SimIccId", "12"), "Warning: SimIccId of `C1` is `12`"),
        (
            r#"<noparm name="Version"/>"#.to_owned(),
            "Note: the page of CM_CellularEntries does not list `noparm`",
        ),
        (
            parm("Desc.0409", "$(__MVID)"),
            "Warning: `$(__MVID)` in Desc.0409",
        ),
    ] {
        let tried = Tried::new(&Settings::default(), &entry(&elements));
        assert!(tried.reports(expected), "{expected}: {:?}", tried.found);
        assert_eq!(tried.found.len(), 1, "{expected}: {:?}", tried.found);
        assert_eq!(
            tried.is_refused(),
            expected.starts_with("Error"),
            "{expected}"
        );
    }
    let full = parm("AuthType", "chap") + &parm("UserName", "") + &parm("Password", "");
    let tried = Tried::new(&Settings::default(), &entry(&full));
    assert_eq!(tried.found, <[String; 0]>::default());
    let without = document(
        r#"<characteristic type="CM_CellularEntries"><characteristic type="C1"/></characteristic>"#,
    );
    let tried = Tried::new(&Settings::default(), &without);
    assert!(
        tried.reports("Warning: `C1` has no PurposeGroups"),
        "{:?}",
        tried.found
    );
}

#[test]
fn special_connections_are_shared_only_by_name() {
    let mms = "53E2C5D3-D13C-4068-AA38-9C48FF2E55A8";
    let entries = |dedicated: &str| {
        document(&format!(
            r#"<characteristic type="CM_CellularEntries">
<characteristic type="Policy"><parm name="UseRequiresMappingsPolicy" value="1"/></characteristic>
<characteristic type="MMS"><parm name="PurposeGroups" value="{mms}"/></characteristic>
<characteristic type="Web"><parm name="PurposeGroups" value="{INTERNET}"/></characteristic></characteristic>
<characteristic type="HotSpot"><parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="false"/>{dedicated}</characteristic>"#
        ))
    };
    let shared = |settings: &Settings| {
        let mapping = crate::service::Mapping::new(&HotSpot::read(settings).unwrap());
        ["Policy", "MMS", "Web"].map(|name| mapping.maps(name))
    };
    assert_eq!(shared(&settled(&entries(""))), [false, false, true]);
    let named = entries(&parm("DedicatedConnections", "Policy;MMS"));
    let tried = Tried::new(&Settings::default(), &named);
    assert!(
        tried.reports("Warning: DedicatedConnections names `Policy`, which only a mapping policy")
    );
    assert!(tried.reports(
        "Warning: DedicatedConnections names `MMS`, which is not for the Internet but for MMS"
    ));
    assert_eq!(shared(&tried.settings()), [true, true, false]);
}

#[test]
fn roaming_says_where_a_connection_can_be_made() {
    let places = [
        Whereabouts::Home,
        Whereabouts::Domestic,
        Whereabouts::Abroad,
    ];
    for (value, expected) in [
        ("0", [true, false, false]),
        ("1", [true, true, true]),
        ("2", [true, true, false]),
        ("3", [false, true, false]),
        ("4", [false, false, true]),
        ("5", [false, true, true]),
    ] {
        let settings = settled(&entry(&parm("Roaming", value)));
        let may = places.map(|place| cellular::may_connect(&settings, "C1", place));
        assert_eq!(may, expected, "{value}");
    }
    let none = Settings::default();
    assert!(cellular::may_connect(&none, "C1", Whereabouts::Abroad));
}

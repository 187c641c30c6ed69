//! Documents as a whole: all faults at once, and applied whole or not at all.

use super::{Tried, document, hotspot, settled};
use crate::device::csp::{Access, Settings, Takes, apply};
use crate::device::document::{Role, read};

#[test]
fn a_caller_without_the_capability_is_refused() {
    let text = document(
        r#"<characteristic type="HotSpot"><parm name="Enabled" value="false"/></characteristic>
<characteristic-query type="HotSpot"/>
<nocharacteristic type="CM_CellularEntries"/>"#,
    );
    let tried = Tried::with_access(&Settings::default(), &text, &Access::none());
    assert!(tried.is_refused());
    assert_eq!(tried.found.len(), 3, "{:?}", tried.found);
    for fault in &tried.found {
        assert!(fault.contains("ID_CAP_CSP_FOUNDATION"), "{fault}");
    }
    let response = tried.response();
    for failed in [
        "characteristic-error",
        "characteristic-query-error",
        "nocharacteristic-error",
    ] {
        assert!(response.contains(&format!("<{failed} ")), "{response}");
    }
    assert!(!Tried::new(&Settings::default(), &text).is_refused());
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let text = document(
        r#"<characteristic type="Hotspot"><parm name="x" value="1"/></characteristic>
<characteristic type="HotSpot"><parm name="Enabled" value="false"/>
<parm name="Enable" value="true"/>
<parm name="MaxUsers" value="9"/>
<parm name="MaxBluetoothUsers"/>
<parm name="MOHelpMessage" value="@a.dll,-1"/>
<parm name="PeerlessTimeout" value="5" datatype="float"/>
<characteristic type="More"/>
</characteristic>
<characteristic type="CM_CellularEntries"><parm name="TetheringNAI" value="1"/></characteristic>"#,
    );
    let tried = Tried::new(&Settings::default(), &text);
    assert!(tried.is_refused());
    let expected = [
        (2, "no provider is called `Hotspot` | write `HotSpot`"),
        (4, "HotSpot has no parm `Enable` | write `Enabled`"),
        (
            5,
            "MaxUsers is `9` | a whole number of users from 1 to 8 | write `8`",
        ),
        (6, "MaxBluetoothUsers has no value"),
        (7, "MOHelpMessage is set without MOAppLink"),
        (8, "the datatype of PeerlessTimeout is `float` | `integer`"),
        (9, "a characteristic cannot stand here | a parm"),
        (
            11,
            "a parm cannot stand here | the characteristic of an entry",
        ),
    ];
    assert_eq!(tried.found.len(), expected.len(), "{:#?}", tried.found);
    for (found, (line, text)) in tried.found.iter().zip(expected) {
        let start = format!("{line}: Error: {text}");
        assert!(found.starts_with(&start), "{found}\n{start}");
    }
}

#[test]
fn a_document_is_applied_whole_or_not_at_all() {
    let before = settled(&hotspot(r#"<parm name="Enabled" value="false"/>"#));
    let bad = document(
        r#"<characteristic type="CM_CellularEntries"><characteristic type="New"/></characteristic>
<characteristic type="HotSpot"><parm name="MaxUsers" value="3"/><noparm name="Enabled"/><parm name="PeerlessTimeout" value="0"/></characteristic>"#,
    );
    let tried = Tried::new(&before, &bad);
    assert!(tried.is_refused());
    assert_eq!(tried.outcome.changes, []);
}

#[test]
fn deleting_a_node_restores_its_default() {
    let set = hotspot(
        r#"<parm name="Enabled" value="false"/><parm name="MaxUsers" value="3"/><parm name="EntitlementRequired" value="false"/>"#,
    );
    let before = settled(&set);
    let one = Tried::new(&before, &hotspot(r#"<noparm name="MaxUsers"/>"#)).settings();
    assert_eq!(one.parm("HotSpot", "MaxUsers"), None);
    assert_eq!(one.parm("HotSpot", "EntitlementRequired"), Some("false"));
    let text =
        document(r#"<nocharacteristic type="HotSpot"/><characteristic-query type="HotSpot"/>"#);
    let all = Tried::new(&before, &text);
    assert!(all.response().contains(r#"name="MaxUsers" value="5""#));
    assert_eq!(all.settings(), Settings::default());
}

#[test]
fn a_change_says_when_it_takes_effect() {
    let tried = Tried::new(
        &Settings::default(),
        &hotspot(
            r#"<parm name="Enabled" value="false"/><parm name="MaxUsers" value="3"/><parm name="PublicConnectionTimeout" value="3"/>"#,
        ),
    );
    let takes = tried.outcome.changes.iter().map(|one| one.takes);
    assert_eq!(
        takes.collect::<Vec<_>>(),
        [Takes::AtOnce, Takes::SharingRestart, Takes::Reboot]
    );
}

#[test]
fn setting_a_node_twice_is_warned_and_the_last_counts() {
    let text = hotspot(
        "<parm name=\"Enabled\" value=\"true\"/>\n<parm name=\"Enabled\" value=\"false\"/>",
    );
    let tried = Tried::new(&Settings::default(), &text);
    assert!(
        tried.found[0].starts_with("4: Warning: Enabled is set more than once"),
        "{:?}",
        tried.found
    );
    assert_eq!(tried.settings().parm("HotSpot", "Enabled"), Some("false"));
}

#[test]
fn an_unknown_parm_of_a_provider_we_know_in_part_is_kept() {
    let entry = |name: &str| {
        document(&format!(
            r#"<characteristic type="CM_CellularEntries"><characteristic type="A"><parm name="{name}" value="1"/></characteristic></characteristic>"#
        ))
    };
    let tried = Tried::new(&Settings::default(), &entry("AlwaysOn"));
    assert!(tried.says("Warning: `AlwaysOn` of CM_CellularEntries is not known here"));
    let settings = tried.settings();
    let kept = &settings.entry("CM_CellularEntries", "A").unwrap().parms;
    assert_eq!(kept.get("AlwaysOn").map(String::as_str), Some("1"));
    let tried = Tried::new(&Settings::default(), &entry("TetheringNal"));
    assert!(tried.says("write `TetheringNAI`"), "{:?}", tried.found);
    assert!(tried.is_refused());
}

#[test]
fn a_syncml_document_is_refused() {
    let text = r#"<SyncML xmlns="SYNCML:SYNCML1.2"><SyncBody><Replace/></SyncBody></SyncML>"#;
    let reading = read(text.as_bytes(), Role::Request);
    assert!(reading.accepted().is_none());
    let mut faults = reading.faults;
    assert!(faults.sorted()[0].found.contains("SyncML"), "{faults:?}");
    // Whatever could be read of it is not applied either.
    let before = settled(&hotspot(r#"<parm name="Enabled" value="false"/>"#));
    if let Some(document) = reading.document {
        let outcome = apply(&before, &document, &Access::foundation(), &mut faults);
        assert_eq!(outcome.settings, None);
    }
}

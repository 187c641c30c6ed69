//! Documents as a whole: all faults at once, and applied whole or not at all.

use super::{Tried, document, hotspot, settled};
use crate::csp::cellular::INTERNET;
use crate::csp::{Access, Capability, Change, EffectiveWhen, Settings, apply};
use crate::document::{Element, Role, read, wbxml};

#[test]
fn a_caller_without_the_capability_is_refused() {
    let text = document(
        r#"<characteristic type="HotSpot"><parm name="Enabled" value="false"/></characteristic>
<characteristic-query type="HotSpot"/>
<nocharacteristic type="CM_CellularEntries"/>"#,
    );
    let tried = Tried::with_access(&Settings::default(), &text, &Access::none());
    assert!(tried.is_refused());
    let needs = [
        "ID_CAP_CSP_FOUNDATION",
        "ID_CAP_CSP_FOUNDATION",
        "ID_CAP_NETWORKING_ADMIN",
    ];
    assert_eq!(tried.found.len(), needs.len(), "{:?}", tried.found);
    for (fault, capability) in tried.found.iter().zip(needs) {
        assert!(fault.contains(capability), "{fault}");
    }
    let entries = document(r#"<nocharacteristic type="CM_CellularEntries"/>"#);
    let admin = Access::with(&[Capability::NetworkingAdmin]);
    for (text, access, is_refused) in [
        (&entries, &admin, false),
        (&entries, &Access::with(&[Capability::Foundation]), true),
        (&hotspot(""), &admin, true),
    ] {
        let tried = Tried::with_access(&Settings::default(), text, access);
        assert_eq!(tried.is_refused(), is_refused, "{:?}", tried.found);
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
fn every_fault_is_reported_at_once_with_its_line() {
    let text = document(
        r#"<characteristic type="HotSpt"><parm name="x" value="1"/></characteristic>
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
        (2, "no provider is called `HotSpt` | write `HotSpot`"),
        (2, "HotSpot has no parm `x`"),
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
fn a_change_reports_when_it_takes_effect() {
    let tried = Tried::new(
        &Settings::default(),
        &hotspot(
            r#"<parm name="Enabled" value="false"/><parm name="MaxUsers" value="3"/><parm name="PublicConnectionTimeout" value="3"/>"#,
        ),
    );
    let takes = tried.outcome.changes.iter().map(|one| one.effective);
    assert_eq!(
        takes.collect::<Vec<_>>(),
        [
            EffectiveWhen::AtOnceOrReboot,
            EffectiveWhen::SharingRestart,
            EffectiveWhen::Reboot
        ]
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
fn an_unknown_parm_of_an_entry_is_kept_with_a_warning() {
    let entry = |name: &str| {
        document(&format!(
            r#"<characteristic type="CM_CellularEntries"><characteristic type="A"><parm name="{name}" value="1"/></characteristic></characteristic>"#
        ))
    };
    let tried = Tried::new(&Settings::default(), &entry("Preferred"));
    assert!(tried.reports("Warning: `Preferred` of CM_CellularEntries is not known here"));
    let settings = tried.settings();
    let kept = &settings.entry("CM_CellularEntries", "A").unwrap().parms;
    assert_eq!(kept.get("Preferred").map(String::as_str), Some("1"));
    let tried = Tried::new(&Settings::default(), &entry("TetheringNal"));
    assert!(tried.reports("write `TetheringNAI`"), "{:?}", tried.found);
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
        let outcome = apply(&before, &document, &Access::full(), &mut faults);
        assert_eq!(outcome.settings, None);
    }
}

#[test]
fn what_a_misspelt_name_was_meant_for_is_checked_too() {
    for (text, expected) in [
        (
            document(
                r#"<characteristic type="hotspt"><parm name="MaxUsers" value="9"/><parm name="Zork" value="1"/></characteristic>"#,
            ),
            &[
                "no provider is called `hotspt`",
                "HotSpot has no parm `Zork`",
                "MaxUsers is `9`",
            ][..],
        ),
        (
            hotspot(r#"<parm name="Enabled" value="false"/><parm name="MaxUser" value="9"/>"#),
            &["HotSpot has no parm `MaxUser`", "MaxUser is `9`"],
        ),
        (
            r#"<characteristic type="HotSpot"><parm name="MaxUsers" value="9"/></characteristic>"#
                .to_owned(),
            &["root element `characteristic`", "MaxUsers is `9`"],
        ),
    ] {
        let tried = Tried::new(&Settings::default(), &text);
        for one in expected {
            assert!(tried.reports(one), "{one}: {:#?}", tried.found);
        }
        assert_eq!(tried.found.len(), expected.len(), "{:#?}", tried.found);
    }
}

#[test]
fn a_broken_part_is_one_fault_and_not_missed_by_others() {
    let help =
        r#"<parm name="Enabled" value="false"/><parm name="MOHelpMessage" value="@a.dll,-1"/>"#;
    for (element, fault) in [
        (
            format!(r#"{help}<parm name="MOAppLink" value="app://x/>"#),
            "a quote without its pair",
        ),
        (
            format!(r#"{help}<parm name="MOAppLink" value=app://x/>"#),
            "a value without quotes",
        ),
        (
            r#"<parm name="Enabled" value="false"/><parm name="MOHelpNumber" value="&foo;"/>"#
                .to_owned(),
            "unknown entity `&foo;`",
        ),
        (
            r#"<parm name="Enabled" value="false"/><parm name="MaxUsers" value="abc" datatype="integer"/>"#
                .to_owned(),
            "MaxUsers is `abc`",
        ),
    ] {
        let tried = Tried::new(&Settings::default(), &hotspot(&element));
        assert!(tried.reports(fault), "{element}: {:#?}", tried.found);
        assert_eq!(tried.found.len(), 1, "{element}: {:#?}", tried.found);
    }
}

#[test]
fn only_what_sets_something_makes_an_entry() {
    let entry = |inside: &str| {
        document(&format!(
            r#"<characteristic type="CM_CellularEntries"><characteristic type="A">{inside}</characteristic></characteristic>"#
        ))
    };
    for (inside, made) in [
        ("", true),
        (r#"<parm name="Version" value="1"/>"#, true),
        (r#"<parm-query name="Version"/>"#, false),
        (r#"<noparm name="Version"/>"#, false),
    ] {
        let tried = Tried::new(&Settings::default(), &entry(inside));
        let is_entry = |one: &Change| one.path.node.is_none() && one.to.is_some();
        assert_eq!(tried.outcome.changes.iter().any(is_entry), made, "{inside}");
        let settings = tried.settings();
        assert_eq!(
            settings.entry("CM_CellularEntries", "A").is_some(),
            made,
            "{inside}"
        );
    }
    let before = settled(&entry(""));
    let gone = document(
        r#"<characteristic type="CM_CellularEntries"><nocharacteristic type="A"/></characteristic>"#,
    );
    let tried = Tried::new(&before, &gone);
    let [change] = &tried.outcome.changes[..] else {
        panic!("{:?}", tried.outcome.changes);
    };
    assert_eq!((change.from.as_deref(), &change.to), (Some(""), &None));
}

#[test]
fn what_is_deleted_and_then_set_is_set_once() {
    let text = r#"<parm name="Enabled" value="false"/><noparm name="MaxUsers"/><parm name="MaxUsers" value="3"/>"#;
    let tried = Tried::new(&Settings::default(), &hotspot(text));
    assert_eq!(tried.found, <[String; 0]>::default());
    let text = r#"<parm name="Enabled" value="false"/><parm name="MaxUsers" value="3"/><noparm name="MaxUsers"/>"#;
    let tried = Tried::new(&Settings::default(), &hotspot(text));
    assert!(
        tried.found[0].contains("MaxUsers is set before it and deleted here"),
        "{:?}",
        tried.found
    );
}

#[test]
fn queries_are_answered_up_to_a_limit() {
    let entries: String = (0..600)
        .map(|number| format!(r#"<characteristic type="n{number}"><parm name="PurposeGroups" value="{INTERNET}"/></characteristic>"#))
        .collect();
    let make = format!(r#"<characteristic type="CM_CellularEntries">{entries}</characteristic>"#);
    // Each answer has an element for the entry, one for its purpose and ten for defaults.
    let query = r#"<characteristic-query type="CM_CellularEntries"/>"#;
    let asks = |count: usize| document(&format!("{make}{}", query.repeat(count)));
    let few = Tried::new(&Settings::default(), &asks(9));
    assert!(!few.is_refused(), "{:?}", few.found);
    let many = Tried::new(&Settings::default(), &asks(200));
    assert!(
        many.reports("an answer that goes beyond 65536 elements in all"),
        "{:?}",
        many.found.first()
    );
    assert_eq!(many.found.len(), 1, "{:?}", many.found);
    let answered = count(&many.outcome.response.children);
    assert!(answered <= 65536 + 1000, "{answered}");
}

fn count(elements: &[Element]) -> usize {
    elements.iter().map(|one| 1 + count(&one.children)).sum()
}

#[test]
fn a_wrong_value_is_a_value_all_the_same() {
    let text = hotspot(
        r#"<parm name="Enabled" value="false"/><parm name="MaxUsers" value="9"/><parm name="MaxUsers" value="4"/>"#,
    );
    let tried = Tried::new(&Settings::default(), &text);
    assert!(
        tried.reports("MaxUsers is set more than once"),
        "{:?}",
        tried.found
    );
    assert_eq!(tried.found.len(), 2, "{:?}", tried.found);
}

#[test]
fn bytes_that_are_no_text_spoil_their_value_alone() {
    let text =
        hotspot(r#"<parm name="Enabled" value="false"/><parm name="MOAppLink" value="app://?"/>"#);
    let bytes = text.replace("app://?", "app://\u{e9}");
    let bytes: Vec<u8> = bytes.chars().map(|one| one as u8).collect();
    let mut reading = read(&bytes, Role::Request);
    let document = reading.document.expect("it can be read on");
    apply(
        &Settings::default(),
        &document,
        &Access::full(),
        &mut reading.faults,
    );
    let found: Vec<_> = reading
        .faults
        .sorted()
        .iter()
        .map(|one| &one.found)
        .collect();
    assert_eq!(found, ["bytes that are no UTF-8: [e9]"]);
}

#[test]
fn deleting_a_needed_node_suggests_to_keep_it_or_delete_what_needs_it() {
    let nai = r#"<characteristic type="CM_CellularEntries"><characteristic type="A"><parm name="TetheringNAI" value="1"/></characteristic></characteristic><characteristic type="HotSpot"><parm name="TetheringNAIConnection" value="A"/></characteristic>"#;
    let before = settled(&document(nai));
    let gone = r#"<characteristic type="CM_CellularEntries"><nocharacteristic type="A"/></characteristic>"#;
    let tried = Tried::new(&before, &document(gone));
    assert!(
        tried.reports("leave this out, or change TetheringNAIConnection as well"),
        "{:?}",
        tried.found
    );
}

#[test]
fn a_document_that_is_cut_off_lacks_its_end_and_nothing_else() {
    let text = hotspot(
        r#"<parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="true"/><parm name="MOHelpMessage" value="@a.dll,-1"/><parm name="MOAppLink" value="app://a"/><parm name="EntitlementDll" value="a.dll"/>"#,
    );
    let reading = read(text.as_bytes(), Role::Request);
    let whole = wbxml::encode(&reading.document.expect("a document")).expect("it can be written");
    for length in 1..whole.len() {
        let mut reading = read(&whole[..length], Role::Request);
        if let Some(document) = &reading.document {
            apply(
                &Settings::default(),
                document,
                &Access::full(),
                &mut reading.faults,
            );
        }
        let faults = reading.faults.sorted();
        assert_eq!(faults.len(), 1, "{length}: {faults:?}");
    }
}

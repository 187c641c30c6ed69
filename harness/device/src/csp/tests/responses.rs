//! What the device answers.

use super::{Tried, document, hotspot, settled};
use crate::csp::Settings;
use crate::document::{Role, read};

/// The response's elements, without the root and white space between tags.
fn answer(settings: &Settings, text: &str) -> String {
    let response = Tried::new(settings, text).response();
    let lines = response.lines().map(str::trim).collect::<String>();
    let start = lines.find("<wap-provisioningdoc>").expect("a root") + 21;
    let end = lines.rfind("</wap-provisioningdoc>").expect("a root's end");
    lines[start..end].replace(" />", "/>")
}

/// What an entry has that sets none of these.
const DEFAULTS: &str = r#"<parm name="AuthType" value="None" datatype="string"/><parm name="ConnectionType" value="Gprs" datatype="string"/><parm name="Roaming" value="1" datatype="integer"/><parm name="OEMConnectionID" value="00000000-0000-0000-0000-000000000000" datatype="string"/><parm name="ApnId" value="0" datatype="integer"/><parm name="IPType" value="IPv4" datatype="string"/><parm name="ExemptFromDisablePolicy" value="0" datatype="integer"/><parm name="ExemptFromRoaming" value="0" datatype="integer"/><parm name="TetheringNAI" value="0" datatype="integer"/><parm name="IdleDisconnectTimeout" value="30" datatype="integer"/>"#;

fn device() -> Settings {
    settled(&document(
        r#"<characteristic type="HotSpot"><parm name="Enabled" value="false"/><parm name="MaxUsers" value="3"/></characteristic>
<characteristic type="CM_CellularEntries"><characteristic type="A"><parm name="Version" value="1"/></characteristic><characteristic type="B"/></characteristic>"#,
    ))
}

#[test]
fn a_set_that_worked_is_echoed() {
    let text = r#"<characteristic type="HotSpot"><parm name="Enabled" value="1" datatype="boolean"/><parm name="EntitlementRequired" value="false"/><noparm name="MaxUsers"/></characteristic>"#;
    assert_eq!(answer(&device(), &document(text)), text);
}

#[test]
fn a_query_is_answered_with_the_value_or_the_default() {
    let text = hotspot(
        r#"<parm-query name="MaxUsers"/><parm-query name="PeerlessTimeout"/><parm-query name="MOAppLink"/>"#,
    );
    assert_eq!(
        answer(&device(), &text),
        r#"<characteristic type="HotSpot"><parm name="MaxUsers" value="3" datatype="integer"/><parm name="PeerlessTimeout" value="5" datatype="integer"/><noparm name="MOAppLink"/></characteristic>"#
    );
}

#[test]
fn a_query_of_a_group_is_answered_one_level_or_all() {
    for (query, expected) in [
        (
            r#"<characteristic-query type="CM_CellularEntries" recursive="false"/>"#,
            r#"<characteristic type="CM_CellularEntries"><characteristic type="A"/><characteristic type="B"/></characteristic>"#,
        ),
        (
            r#"<characteristic-query type="CM_CellularEntries"/>"#,
            &format!(
                r#"<characteristic type="CM_CellularEntries"><characteristic type="A"><parm name="Version" value="1" datatype="integer"/>{DEFAULTS}</characteristic><characteristic type="B">{DEFAULTS}</characteristic></characteristic>"#
            ),
        ),
        (
            r#"<characteristic type="CM_CellularEntries"><characteristic-query type="C"/></characteristic>"#,
            r#"<characteristic type="CM_CellularEntries"><nocharacteristic type="C"/></characteristic>"#,
        ),
    ] {
        assert_eq!(answer(&device(), &document(query)), expected);
    }
    let all = answer(
        &device(),
        &document(r#"<characteristic-query type="HotSpot"/>"#),
    );
    assert_eq!(all.matches("<parm ").count(), 7, "{all}");
}

#[test]
fn a_query_sees_what_the_document_set_before_it() {
    let text = hotspot(r#"<parm name="MaxUsers" value="8"/><parm-query name="MaxUsers"/>"#);
    assert!(answer(&device(), &text).contains(r#"value="8" datatype="integer""#));
}

#[test]
fn a_refused_document_is_mirrored_with_errors_and_claims_nothing() {
    let text = hotspot(
        r#"<parm name="MaxUsers" value="9"/><noparm name="Enabled"/><parm-query name="MaxUsers"/>"#,
    );
    let not_stored = "not stored: a document is applied whole or not at all, and another part of this one is at fault";
    let expected = [
        r#"<characteristic type="HotSpot"><parm-error name="MaxUsers" value="9" desc="MaxUsers is `9`; expected a whole number of users from 1 to 8; write `8`"/>"#,
        &format!(r#"<noparm-error name="Enabled" desc="{not_stored}"/>"#),
        r#"<parm name="MaxUsers" value="3" datatype="integer"/></characteristic>"#,
    ];
    assert_eq!(answer(&device(), &text), expected.concat());
}

#[test]
fn an_unknown_group_is_an_error_without_what_it_held() {
    let text = document(
        r#"<characteristic type="HotSpt"><parm name="Enabled" value="true"/></characteristic><nocharacteristic type="HotSpot"/>"#,
    );
    let answer = answer(&device(), &text);
    assert!(
        answer.starts_with(r#"<characteristic-error type="HotSpt" desc="no provider"#),
        "{answer}"
    );
    assert!(
        answer.contains(r#"<nocharacteristic-error type="HotSpot" desc="not stored"#),
        "{answer}"
    );
}

#[test]
fn what_waits_for_a_restart_is_reported_with_its_echo() {
    let waiting = |value: &str| {
        let text = format!(r#"<parm name="PublicConnectionTimeout" value="{value}"/>"#);
        let answer = Tried::new(&device(), &hotspot(&text)).response();
        let reading = read(answer.as_bytes(), Role::Response);
        assert!(reading.faults.is_empty(), "{answer}: {:?}", reading.faults);
        answer.contains(r#" desc="stored; takes effect after a reboot""#)
    };
    assert!(waiting("9"));
    assert!(!waiting("20"), "it is the default");
}

#[test]
fn a_fault_of_the_reader_is_reported_where_it_was() {
    let text = hotspot(
        r#"<parm name="MaxUsers" value="5" datatype="intege"/><parm name="MOHelpNumber" value="&foo;"/><parm name="Enabled" value="true"/>"#,
    );
    let answer = Tried::new(&device(), &text).response();
    let find = |line: &str| {
        answer
            .lines()
            .find(|one| one.contains(line))
            .map(str::to_owned)
    };
    let blamed = find("MaxUsers").expect("a line");
    assert!(blamed.contains("datatype `intege`"), "{blamed}");
    let blamed = find("MOHelpNumber").expect("a line");
    assert!(blamed.contains("unknown entity"), "{blamed}");
    let other = find("Enabled").expect("a line");
    assert!(
        other.contains("another part of this one is at fault"),
        "{other}"
    );
}

#[test]
fn what_no_document_can_hold_is_answered_all_the_same() {
    for text in ["\u{1D}", "\u{FFFE}", "a\u{1}b\u{2}"] {
        let element = format!(r#"<parm name="{text}" value="{text}"/>"#);
        let answer = Tried::new(&device(), &hotspot(&element)).response();
        assert!(answer.contains("<parm-error"), "{text:?}: {answer}");
    }
}

#[test]
fn a_fault_without_an_element_is_one_of_the_root() {
    for (text, fault) in [
        (
            document(r#"<parm name="Enabled" value="true"/>"#),
            "`parm` directly under the root",
        ),
        (
            hotspot(r#"<parm name="Enabled" value="true"/><parm value="3"/>"#),
            "`parm` without `name`",
        ),
        (
            hotspot(r#"<parm name="Enabled" value="true"/><bogus/>"#),
            "unknown element `bogus`",
        ),
    ] {
        let answer = Tried::new(&device(), &text).response();
        let root = answer
            .lines()
            .find(|line| line.contains(r#"<characteristic-error type="wap-provisioningdoc""#));
        let root = root.unwrap_or_else(|| panic!("{answer}"));
        assert!(root.contains(fault), "{root}");
    }
    let text = hotspot(r#"<parm name="MaxUsers" value="9"/>"#);
    let answer = Tried::new(&device(), &text).response();
    assert!(!answer.contains("wap-provisioningdoc\""), "{answer}");
}

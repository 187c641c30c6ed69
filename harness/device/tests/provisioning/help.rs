//! Every help text of a fix is applied, and makes the document better: fewer faults,
//! and none that was not there.

use std::collections::{BTreeMap, BTreeSet};

use ics_device::csp::{self, Access, Settings};
use ics_device::document::{Diagnostics, Level, Role, read};

use crate::support::fix::{self, Applied};
use crate::support::vectors::folder;

fn checked(bytes: &[u8]) -> Diagnostics {
    let mut reading = read(bytes, Role::Request);
    if let Some(document) = &reading.document {
        csp::check(
            &Settings::default(),
            document,
            &Access::full(),
            &mut reading.faults,
        );
    }
    reading.faults
}

/// How often each fault was found. Notes are none, unless the help was for one.
fn tally(faults: &Diagnostics, from: Level) -> BTreeMap<&str, usize> {
    let mut tally = BTreeMap::new();
    let faults = faults.sorted().into_iter();
    for fault in faults.filter(|fault| fault.level <= from) {
        *tally.entry(fault.found.as_str()).or_default() += 1;
    }
    tally
}

/// Documents with one mistake each, for the rules that no vector needs.
fn single_mistakes() -> Vec<Vec<u8>> {
    let hotspot = |inside: &str| {
        format!(
            "<wap-provisioningdoc><characteristic type=\"HotSpot\"><parm name=\"Enabled\" value=\"false\"/>{inside}</characteristic></wap-provisioningdoc>"
        )
    };
    let entry = |inside: &str| {
        format!(
            "<wap-provisioningdoc><characteristic type=\"CM_CellularEntries\"><characteristic type=\"C1\"><parm name=\"PurposeGroups\" value=\"3E5545D2-1137-4DC8-A198-33F1C657515F\"/>{inside}</characteristic></characteristic></wap-provisioningdoc>"
        )
    };
    let inside_hotspot = [
        r#"<parm name="MaxUsers"/>"#,
        r#"<parm name="MaxUsers" value="9"/>"#,
        r#"<parm name="MaxUser" value="4"/>"#,
        r#"<parm name="maxusers" value="4"/>"#,
        r#"<parm name="MaxUsers" value="4" datatype="float"/>"#,
        r#"<parm name="MaxUsers" value="4" datatype="intege"/>"#,
        r#"<parm name="MaxUsers" value="4" datatype="zork"/>"#,
        r#"<parm name="MOHelpNumber" value="611" datatype="boolean"/>"#,
        r#"<parm name="MOHelpNumber" value="611" translation="install"/>"#,
        r#"<parm name="MOHelpNumber" value="611" zork="1"/>"#,
        r#"<parm name="MOHelpNumber" value="611" valu="1"/>"#,
        r#"<parm name="MOHelpNumber" value="611" value="612"/>"#,
        r#"<parm name="MOHelpNumber"value="611"/>"#,
        r#"<parm value="611"/>"#,
        r#"<parm name="" value="611"/>"#,
        r#"<parm name="MOHelpNumber" value="611"/><parm name="MOAppLink" value="app://a&zork;b"/>"#,
        r#"<parm name="MOInfoLink" value="http://a.example/?a=1&b=2"/>"#,
        r#"<parm name="MOInfoLink" value="contoso.com/help"/>"#,
        r#"<parm name="MOInfoLink" value=" http://a.example"/>"#,
        r#"<parm name="MOAppLink" value="MOapp"/>"#,
        r#"<parm name="MOHelpMessage" value="@a.dll,-1"/>"#,
        r#"<parm name="MOHelpMessage" value="a.dll,1"/><parm name="MOAppLink" value="app://a"/>"#,
        r#"<parm name="EntitlementRequired" value="true"/>"#,
        r#"<parm name="EntitlementRequired" value="true"/><parm name="EntitlementDll" value=""/>"#,
        r#"<parm name="EntitlementRequired" value="no"/>"#,
        r#"<parm name="EntitlementInterval" value="5"/>"#,
        r#"<parm name="EntitlementDll" value="C:\Windows\a.dll\"/>"#,
        r#"<parm name="MinWifiKeyLength" value="12"/>"#,
        r#"<parm name="TetheringNAIConnection" value="C1"/>"#,
        r#"<parm name="DedicatedConnections" value="C1"/>"#,
        r#"<parme name="MaxUsers" value="4"></parme>"#,
        r#"<zork/>"#,
        r#"<parm-error name="MaxUsers" value="9" desc="x"/>"#,
        r#"<parm name="MOHelpNumber" value="611"><parm name="MaxUsers" value="4"/></parm>"#,
        r#"<parm name="MOHelpNumber" value="611">"#,
        r#"611"#,
        r#"<parm name="MOHelpNumber" value=611/>"#,
        r#"<parm name="MOHelpNumber" value/>"#,
        r#"<parm name="MOHelpNumber" value=/>"#,
        r#"<parm name="MOHelpNumber" value="611/>"#,
        r#"<parm name="MOAppLink" value="app://a<b"/>"#,
        "<parm name=\"MOHelpNumber\" value=\"611\"\n<parm name=\"MaxUsers\" value=\"4\"/>",
        "<!-- a -- b -->",
        "<!-- a\n",
        "<?1bad?>",
        "</zork>",
        "<parm name=\"MOHelpNumber\" value=\"6\u{1}11\"/>",
        r#"<parm name="MOHelpNumber" value="611&#1;"/>"#,
    ];
    let inside_entry = [
        r#"<parm name="AuthType" value="CHAP"/><parm name="UserName" value="u"/>"#,
        r#"<parm name="AuthType" value="PAPP"/><parm name="UserName" value="u"/><parm name="Password" value="p"/>"#,
        r#"<parm name="UserName" value="u"/><parm name="Password" value="p"/>"#,
        r#"<parm name="TetheringNAI" value="1"/>"#,
        r#"<parm name="TetheringNAI" value="1"/><parm name="ConnectionType" value="lte"/>"#,
        r#"<parm name="Enabled" value="true"/>"#,
        r#"<parm name="ExemptFromRoaming" value="1"/>"#,
        r#"<parm name="SimIccId" value="12"/>"#,
        r#"<parm name="AccessPointName" value="apn.example"/>"#,
        r#"<characteristic type="devspecificcellular"/>"#,
        r#"<characteristic type="DevSpecificCelular"/>"#,
        r#"<parm name="Version" value="7"/>"#,
        r#"<parm name="OemConnectionID" value="00112233-4455-6677-8899-AABBCCDDEEFF"/>"#,
    ];
    let good = hotspot("");
    let shared = |value: &str| {
        entry(r#"<parm name="Enabled" value="0"/>"#).replace(
            "</wap-provisioningdoc>",
            &format!(r#"<characteristic type="HotSpot"><parm name="Enabled" value="false"/>{value}</characteristic></wap-provisioningdoc>"#),
        )
    };
    let whole = [
        format!("\u{FEFF}{good}"),
        format!(" <?xml version=\"1.0\"?>{good}"),
        format!("<?xml version=\"1.1\"?>{good}"),
        format!("<?xml version=\"1.0\" encoding=\"latin1\"?>{good}"),
        format!("<?xml?>{good}"),
        format!("<!doctype wap-provisioningdoc>{good}"),
        format!("<!DOCTYPE html>{good}"),
        format!("<!DOCTYPE wap-provisioningdoc [<!ENTITY a \"b\">]>{good}"),
        format!("<!DOCTYPE wap-provisioningdoc PUBLIC \"a\">{good}"),
        format!("<!DOCTYPE wap-provisioningdoc><!DOCTYPE wap-provisioningdoc>{good}"),
        format!("{good}<wap-provisioningdoc/>").replace("<wap-provisioningdoc/>", "<wap-provisioningdoc></wap-provisioningdoc>"),
        format!("{good}</wap-provisioningdoc>"),
        format!("{good} text"),
        good.replace("wap-provisioningdoc", "wap-provisioning-doc"),
        good.replace("wap-provisioningdoc", "doc"),
        good.replace("<wap-provisioningdoc>", "").replace("</wap-provisioningdoc>", ""),
        good.replace("</characteristic>", "</characteristc>"),
        good.replace("</characteristic>", "</characteristic"),
        good.replace("</characteristic>", ""),
        good.replace("<wap-provisioningdoc>", "<wap-provisioningdoc version=\"1.2\">"),
        good.replace("type=\"HotSpot\"", "type=\"hotspot\""),
        good.replace("type=\"HotSpot\"", "type=\"HotSpt\""),
        good.replace("<characteristic ", "<characteristc ").replace("</characteristic>", "</characteristc>"),
        good.replace("</wap-provisioningdoc>", "<characteristic type=\"Registri\"/></wap-provisioningdoc>"),
        good.replace("</wap-provisioningdoc>", "<characteristic-query type=\"HotSpot\" recursive=\"TRUE\"/></wap-provisioningdoc>"),
        good.replace("</wap-provisioningdoc>", "<characteristic-query type=\"HotSpot\" recursive=\"yes\"/></wap-provisioningdoc>"),
        "<wap-provisioningdoc><parm name=\"Enabled\" value=\"false\"/></wap-provisioningdoc>".to_owned(),
        "<wap-provisioningdoc><characteristic type=\"HotSpot\"><parm name=\"MaxUsers\" value=\"4\"/></characteristic></wap-provisioningdoc>".to_owned(),
        "<wap-provisioningdoc><characteristic type=\"CM_CellularEntries\"><characteristic type=\"C1\"/></characteristic></wap-provisioningdoc>".to_owned(),
        entry("").replace("3E5545D2-1137-4DC8-A198-33F1C657515F", "internet"),
        entry("").replace("3E5545D2-1137-4DC8-A198-33F1C657515F", "00000000-1137-4DC8-A198-33F1C657515F"),
        shared(r#"<parm name="DedicatedConnections" value="C1"/>"#),
        shared(r#"<parm name="DedicatedConnections" value="c1"/>"#).replace(r#"<parm name="Enabled" value="0"/>"#, ""),
        shared(r#"<parm name="TetheringNAIConnection" value="C1"/>"#).replace(r#"<parm name="Enabled" value="0"/>"#, r#"<parm name="ConnectionType" value="cdma"/>"#),
        String::new(),
        "<wap-provisioningdoc>".to_owned(),
        // An answer of an OEM, and other kinds of documents.
        "<ImageCustomizations><Static><Settings Path=\"HotSpot\"><Setting Name=\"Enabled\" Value=\"1\"/></Settings></Static></ImageCustomizations>".to_owned(),
        "<CHARACTERISTIC-LIST/>".to_owned(),
    ];
    let hotspot = inside_hotspot.iter().map(|inside| hotspot(inside));
    let entries = inside_entry.iter().map(|inside| entry(inside));
    let texts = hotspot.chain(entries).chain(whole);
    let latin = good.replace(
        "value=\"false\"/>",
        "value=\"false\"/><parm name=\"MOAppLink\" value=\"app://\u{e9}\"/>",
    );
    let latin = latin
        .chars()
        .map(|one| u8::try_from(u32::from(one)).expect("Latin-1"))
        .collect();
    let binary: [&[u8]; 10] = [
        b"\x03\x0C\x6A\x00\x45\x01",
        b"\x03\x81\x0C\x6A\x00\x45\x01",
        b"\x03\x00\x00\x6A\x02x\0\x45\x01",
        b"\x03\x0B\x03\x00\x45\x01",
        b"\x03\x0B\x6A\x00\x45\x01\x45\x01",
        b"\x03\x0B\x6A\x00\xC5\x01\x01",
        b"\x03\x0B\x6A\x00\x45\xC6\x00\x00\x04\x00\x03a\0\x01\x01\x01",
        b"\x03\x0B\x6A\x00\x45\xC6\x50\x03HotSpot\0\x01\x87\x05\x03Enabled\0\x06\x030\0\x01\x40a\0\x01\x01",
        b"\x03\x0B\x6A\x00\x45\xC6\x50\x03HotSpot\0\x01\x87\x05\x03Enabled\0\x06\x030\0\x01\x87\x05\x03MOAppLink\0\x06\x03app://a\0\x40b\0\x01\x01\x01",
        b"\x03\x0B\x6A\x00\x45",
    ];
    let binary = binary.into_iter().map(<[u8]>::to_vec);
    texts
        .map(String::into_bytes)
        .chain([latin])
        .chain(binary)
        .collect()
}

#[test]
fn every_help_that_is_followed_makes_the_document_better() {
    let mut documents = single_mistakes();
    for folder in [folder(), folder().join("neighbours")] {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_file()
                && path
                    .extension()
                    .is_some_and(|one| one == "xml" || one == "wbxml")
            {
                documents.push(std::fs::read(path).unwrap());
            }
        }
    }
    let (mut applied, mut advice) = (0, 0);
    let mut rules = BTreeSet::new();
    let mut worse = Vec::new();
    for bytes in &documents {
        let before = checked(bytes);
        for fault in before.sorted() {
            if fault.help.is_none() {
                continue;
            }
            let (rule, outcome) = fix::apply(bytes, fault);
            rules.insert(rule);
            let Applied::Fixed(fixed) = outcome else {
                advice += 1;
                continue;
            };
            applied += 1;
            let after = checked(&fixed);
            let from = fault.level.max(Level::Warning);
            let had = tally(&before, from);
            let is_new =
                |(found, count): &(&str, usize)| had.get(found).copied().unwrap_or(0) < *count;
            let has = tally(&after, from);
            let fewer = has.values().sum::<usize>() < had.values().sum();
            let new: Vec<_> = has.into_iter().filter(is_new).collect();
            if !fewer || !new.is_empty() {
                worse.push(format!(
                    "{:?} of {:?}, rule {rule}: {} faults, then {}; new: {new:?}\n{}\n{}",
                    fault.help,
                    fault.found,
                    before.len(),
                    after.len(),
                    String::from_utf8_lossy(bytes),
                    String::from_utf8_lossy(&fixed),
                ));
            }
        }
    }
    assert!(
        worse.is_empty(),
        "{} of {applied}:\n{}",
        worse.len(),
        worse.join("\n\n")
    );
    assert!(applied >= 120, "{applied} applied, {advice} advice");
    assert!(rules.len() >= 45, "{} rules: {rules:?}", rules.len());
}

//! Forms that are written: what they cannot hold is named, and settings survive the way
//! into a form and back.

use ics_device::csp::{self, Access, Settings};
use ics_device::document::{Diagnostics, Document, Element, Level, Role, read, xml};
use ics_device::oem::{self, Form, Unheld};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;

use super::checked;
use crate::support::vectors::load;

fn document(inside: &str) -> Document {
    let text = format!("<wap-provisioningdoc>{inside}</wap-provisioningdoc>");
    let reading = read(text.as_bytes(), Role::Request);
    reading.document.expect("a document")
}

#[test]
fn nothing_is_left_out_of_a_form_silently() {
    let held = r#"<parm name="Enabled" value="false"/>"#;
    for (form, inside, what) in [
        (
            Form::Wcd,
            r#"<parm name="EntitlementRequired" value="false"/>"#,
            "`EntitlementRequired`",
        ),
        (
            Form::Wcd,
            r#"<parm name="EntitlementDll" value="a.dll"/>"#,
            "`EntitlementDll`",
        ),
        (
            Form::Wcd,
            r#"<parm name="EntitlementInterval" value="90"/>"#,
            "`EntitlementInterval`",
        ),
        (
            Form::Mcsf,
            r#"<parm name="EntitlementDll" value="%x%\a.dll"/>"#,
            "`%x%\\a.dll` of EntitlementDll",
        ),
        (
            Form::Mcsf,
            r#"<noparm name="MaxUsers"/>"#,
            "`noparm` `MaxUsers`",
        ),
        (
            Form::Mcsf,
            r#"<parm-query name="MaxUsers"/>"#,
            "`parm-query` `MaxUsers`",
        ),
        (
            Form::Wcd,
            r#"</characteristic><characteristic type="NAPDEF">"#,
            "`NAPDEF`, which is not for HotSpot",
        ),
        (
            Form::Mcsf,
            r#"</characteristic><characteristic type="CM_CellularEntries"><characteristic type="C1"/>"#,
            "the connection `C1` without settings",
        ),
        (
            Form::Mcsf,
            r#"</characteristic><characteristic type="CM_CellularEntries"><characteristic type="C1"><parm name="AlwaysOn" value="1"/><parm name="Enabled" value="1"/></characteristic>"#,
            "`Enabled`",
        ),
        (
            Form::Wcd,
            r#"</characteristic><nocharacteristic type="HotSpot"/><characteristic type="HotSpot">"#,
            "`nocharacteristic` `HotSpot`",
        ),
    ] {
        let document = document(&format!(
            "<characteristic type=\"HotSpot\">{held}{inside}</characteristic>"
        ));
        let mut faults = Diagnostics::new();
        assert_eq!(
            oem::write(&document, form, Unheld::Refuse, &mut faults),
            None
        );
        let found: Vec<_> = faults
            .sorted()
            .iter()
            .map(|one| one.found.clone())
            .collect();
        assert_eq!(found, [format!("{form} cannot hold {what}")]);
        let mut faults = Diagnostics::new();
        let text = oem::write(&document, form, Unheld::LeaveOut, &mut faults);
        assert!(text.is_some_and(|text| text.contains("Enabled")));
        assert_eq!(
            (faults.len(), faults.counts().warnings),
            (1, 1),
            "{faults:?}"
        );
    }
    // No device has these two; TetheringNAIConnection is in no sample of the form.
    for (inside, form) in [
        (r#"<parm name="MinWifiKeyLength" value="9"/>"#, Form::Mcsf),
        (r#"<parm name="MinWifiSSIDLength" value="9"/>"#, Form::Wcd),
        (
            r#"<parm name="TetheringNAIConnection" value="C"/>"#,
            Form::Mcsf,
        ),
    ] {
        let document = document(&format!(
            "<characteristic type=\"HotSpot\">{held}{inside}</characteristic>"
        ));
        let mut faults = Diagnostics::new();
        assert!(oem::write(&document, form, Unheld::Refuse, &mut faults).is_some());
        let levels: Vec<_> = faults.sorted().iter().map(|one| one.level).collect();
        assert_eq!(levels, [Level::Warning]);
    }
    let mut faults = Diagnostics::new();
    assert_eq!(
        oem::write(&document(""), Form::Wcd, Unheld::LeaveOut, &mut faults),
        None
    );
    assert_eq!(faults.counts().errors, 1);
}

#[test]
fn a_form_written_from_its_document_has_the_same_settings() {
    for (name, form) in [
        ("oem-01-mcsf.xml", Form::Mcsf),
        ("oem-02-mcsf-variant.xml", Form::Mcsf),
        ("oem-03-fragment.xml", Form::Mcsf),
        ("oem-04-wcd.xml", Form::Wcd),
        ("oem-05-cosa-cellular.xml", Form::Wcd),
    ] {
        let (document, _) = checked(&load(&format!("neighbours/{name}")));
        let document = document.expect("a section");
        assert_eq!(
            settings_of(&document),
            settings_of(&there_and_back(&document, form)),
            "{name}"
        );
    }
}

/// A document's way into a form, which can hold all of it, and back.
fn there_and_back(document: &Document, form: Form) -> Document {
    let mut faults = Diagnostics::new();
    let text = oem::write(document, form, Unheld::Refuse, &mut faults);
    let text = text.unwrap_or_else(|| panic!("{faults:?}"));
    assert_eq!(Form::of(text.as_bytes()), Some(form));
    let reading = oem::read(text.as_bytes(), form);
    assert!(reading.faults.is_empty(), "{:?}\n{text}", reading.faults);
    let section = reading.select(None).expect("a section");
    assert!(section.is_for_all());
    // What is read can be sent.
    xml::write(&section.document).expect("it can be written");
    section.document.clone()
}

fn settings_of(document: &Document) -> Settings {
    let mut faults = Diagnostics::new();
    let outcome = csp::apply(&Settings::default(), document, &Access::full(), &mut faults);
    outcome.settings.unwrap_or_else(|| panic!("{faults:?}"))
}

/// A name of a connection, with what XML and the forms have to write in another way.
fn connection() -> impl Strategy<Value = String> {
    prop_oneof![
        string_regex("[A-Za-z0-9]{1,8}").expect("a regex"),
        string_regex("[a-z/&<>\"'é$()]{1,6}").expect("a regex"),
        Just("zzzdemo $(__MVID)".to_owned()),
    ]
}

fn number(from: u32, to: u32) -> impl Strategy<Value = String> {
    (from..=to).prop_map(|number| number.to_string())
}

/// Settings of HotSpot that the form can hold, in any order.
fn hotspot(form: Form) -> impl Strategy<Value = Vec<Element>> {
    let flag = || select(vec!["true", "false", "1", "0", "TRUE"]).prop_map(str::to_owned);
    let telephone = string_regex(" ?[0-9+*#() -]{0,6}[0-9][0-9 ]{0,3}").expect("a regex");
    let link =
        string_regex("http://[a-z]{1,5}\\.example/[a-zA-Z0-9?&=%;'\"<>é]{0,12}").expect("a regex");
    let names = proptest::collection::vec(connection(), 0..4).prop_map(|all| all.join(";"));
    let path = select(vec![
        "a.dll",
        r"C:\Windows\System32\é & b.dll",
        r"C:\100%\a.dll",
    ])
    .prop_map(str::to_owned);
    let shared = (
        flag(),
        option::of(names),
        option::of(number(1, 8)),
        option::of(number(1, 7)),
        option::of(telephone),
        option::of(link),
        option::of(number(1, 120)),
        option::of(number(1, 60)),
        any::<bool>(),
    );
    let entitlement = (flag(), path, option::of(number(1, 86400)));
    (shared, entitlement).prop_flat_map(move |(shared, entitlement)| {
        let (enabled, dedicated, users, bluetooth, help, link, peerless, public, message) = shared;
        let (required, dll, interval) = entitlement;
        let mut all = vec![
            ("Enabled", Some(enabled)),
            ("DedicatedConnections", dedicated),
            ("MaxUsers", users),
            ("MaxBluetoothUsers", bluetooth),
            ("MOHelpNumber", help),
            ("MOInfoLink", link),
            ("PeerlessTimeout", peerless),
            ("PublicConnectionTimeout", public),
            (
                "MOHelpMessage",
                message.then(|| "@HotSpotMOHelp.dll,-101".to_owned()),
            ),
            ("MOAppLink", message.then(|| "app://MOapp".to_owned())),
        ];
        if form == Form::Mcsf {
            all.extend([
                ("EntitlementRequired", Some(required)),
                ("EntitlementDll", Some(dll)),
                ("EntitlementInterval", interval),
            ]);
        }
        let set = all
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let parms = set.map(|(name, value)| Element::parm(name, value.as_str()));
        Just(parms.collect::<Vec<_>>()).prop_shuffle()
    })
}

/// A connection that the form can hold.
fn entry(form: Form) -> impl Strategy<Value = Element> {
    let apn = string_regex("[ -~é\t\n]{0,12}").expect("a regex");
    let purpose = "3e5545d2-1137-4dc8-a198-33f1c657515f";
    let of_mcsf =
        (select(vec!["Gprs", "lte"]), select(vec!["0", "1"])).prop_map(|(kind, exempt)| {
            vec![
                Element::parm("ConnectionType", kind),
                Element::parm("ExemptFromDisablePolicy", exempt),
                Element::parm("OEMConnectionID", "{00112233-4455-6677-8899-aabbccddeeff}"),
            ]
        });
    let of_wcd = (0..6_u32).prop_map(move |roaming| {
        vec![
            Element::parm("PurposeGroups", purpose),
            Element::parm("Roaming", roaming.to_string().as_str()),
        ]
    });
    let own = match form {
        Form::Mcsf => of_mcsf.boxed(),
        Form::Wcd => of_wcd.boxed(),
    };
    (connection(), apn, select(vec!["IPv4", "ipv6"]), own).prop_map(|(name, apn, ip, mut parms)| {
        let apn = apn.replace('%', "");
        let apn = Element::parm("GPRSInfoAccessPointName", apn.as_str());
        parms.push(Element::characteristic("DevSpecificCellular", vec![apn]));
        parms.push(Element::parm("IPType", ip));
        Element::characteristic(name.as_str(), parms)
    })
}

fn settings(form: Form) -> impl Strategy<Value = Document> {
    let entries = proptest::collection::vec(entry(form), 0..3);
    (hotspot(form), entries).prop_map(|(parms, entries)| {
        let mut children = vec![Element::characteristic("HotSpot", parms)];
        if !entries.is_empty() {
            children.push(Element::characteristic("CM_CellularEntries", entries));
        }
        Document {
            children,
            ..Document::default()
        }
    })
}

proptest! {
    #[test]
    fn generated_settings_survive_an_answer_file(document in settings(Form::Mcsf)) {
        let back = there_and_back(&document, Form::Mcsf);
        prop_assert_eq!(settings_of(&back), settings_of(&document));
    }

    #[test]
    fn generated_settings_survive_customizations(document in settings(Form::Wcd)) {
        let back = there_and_back(&document, Form::Wcd);
        prop_assert_eq!(settings_of(&back), settings_of(&document));
    }

    #[test]
    fn a_damaged_form_is_read_without_a_panic(
        at in 0..700_usize,
        damage in string_regex("[<>/\"&= a-z]{0,3}").expect("a regex"),
        form in select(vec!["oem-02-mcsf-variant.xml", "oem-04-wcd.xml", "oem-05-cosa-cellular.xml"]),
    ) {
        let mut bytes = load(&format!("neighbours/{form}"));
        let at = at.min(bytes.len());
        let end = (at + damage.len()).min(bytes.len());
        bytes.splice(at..end, damage.bytes());
        if Form::of(&bytes).is_some() {
            let (_, faults) = checked(&bytes);
            for fault in faults.sorted() {
                prop_assert!(fault.at.end() as usize <= bytes.len());
            }
        }
    }
}

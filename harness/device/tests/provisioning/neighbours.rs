//! Documents that serve several providers, and those of other kinds: each vector
//! behaves as the public pages say.

use ics_device::csp::{self, Access, Outcome, Settings, cellular};
use ics_device::document::{
    Colour, Diagnostics, Element, Level, Rendered, Role, Source, read, xml,
};

use crate::support::vectors::load;

/// The outcome of a document on a device, with what was found.
fn tried(settings: &Settings, bytes: &[u8]) -> (Option<Outcome>, Diagnostics) {
    let mut reading = read(bytes, Role::Request);
    let outcome = reading
        .document
        .map(|document| csp::apply(settings, &document, &Access::full(), &mut reading.faults));
    (outcome, reading.faults)
}

fn found(faults: &Diagnostics, level: Level) -> Vec<String> {
    let faults = faults.sorted().into_iter();
    let faults = faults.filter(|one| one.level == level);
    faults.map(|one| one.found.clone()).collect()
}

/// A vector; what is found: errors, warnings and notes, each by how it begins.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const TABLE: &[Row] = &[
    ("cell-01-smallest.xml", &[], &[], &[]),
    ("cell-02-all-nodes.xml", &[], &[], &[]),
    (
        "cell-03-shared.xml",
        &[],
        &[
            "DedicatedConnections names `C3`, which only a mapping policy lets be used",
            "DedicatedConnections names `C3`, which is not for the Internet but for MMS",
        ],
        &["DedicatedConnections names `C2`, which is disabled and is not shared"],
    ),
    (
        "cell-04-delete.xml",
        &[],
        &[],
        &["CM_ProxyEntries is another provider"],
    ),
    (
        "cell-05-bad-values.xml",
        &[
            "Version is `2`",
            "AlwaysOn is `2`",
            "AuthType is `MsCHAPV2`",
            "ConnectionType is `wifi`",
            "Enabled is `yes`",
            "Roaming is `6`",
            "IPType is `IPv5`",
            "OemConnectionId is `1234`",
            "IdleDisconnectTimeout is `4`",
            "TetheringNAI is `true`",
            "PurposeGroups is `internet`",
        ],
        &[],
        &[],
    ),
    (
        "cell-06-auth-without-password.xml",
        &["AuthType of `C1` is CHAP and Password is missing"],
        &[],
        &[],
    ),
    ("cell-07-query.xml", &[], &[], &[]),
    (
        "csp-01-unknown-beside-hotspot.xml",
        &[],
        &["no provider of Windows is called `NoSuchProvider`"],
        &[
            "CM_ProxyEntries is another provider",
            "BrowserFavorite is another provider",
        ],
    ),
    ("oem-01-mcsf.as-provisioningdoc.xml", &[], &[], &[]),
    (
        "oem-01-mcsf.xml",
        &["an OEM's customization answer file (MCSF)"],
        &[],
        &[],
    ),
    (
        "oem-02-mcsf-variant.xml",
        &["an OEM's customization answer file (MCSF)"],
        &[],
        &[],
    ),
    (
        "oem-03-fragment.xml",
        &["a part of an OEM's customization answer file"],
        &[],
        &[],
    ),
    (
        "oem-04-wcd.xml",
        &["customizations of Windows Configuration Designer"],
        &[],
        &[],
    ),
    (
        "oem-05-cosa-cellular.xml",
        &["customizations of Windows Configuration Designer"],
        &[],
        &[],
    ),
];

#[test]
fn each_vector_behaves_as_the_public_pages_say() {
    for (name, errors, warnings, notes) in TABLE {
        let (outcome, faults) = tried(&Settings::default(), &load(&format!("neighbours/{name}")));
        for (level, expected) in [
            (Level::Error, errors),
            (Level::Warning, warnings),
            (Level::Note, notes),
        ] {
            let found = found(&faults, level);
            assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
            for (found, start) in found.iter().zip(*expected) {
                assert!(found.starts_with(start), "{name}: {found}\n{start}");
            }
        }
        let applied = outcome.is_some_and(|outcome| outcome.settings.is_some());
        assert_eq!(applied, errors.is_empty(), "{name}");
    }
    let folder = crate::support::vectors::folder().join("neighbours");
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
    let ours = names.filter(|name| !name.starts_with("ms-"));
    assert_eq!(ours.count(), TABLE.len(), "a vector is in no table");
}

#[test]
fn what_the_vectors_leave_is_what_a_device_has() {
    let after = |settings: &Settings, name: &str| {
        let (outcome, _) = tried(settings, &load(&format!("neighbours/{name}")));
        let outcome = outcome.expect("a document");
        let response = xml::write(&outcome.response).expect("it can be written");
        (outcome.settings.expect("it is accepted"), response)
    };
    let none = Settings::default();
    let (made, _) = after(&none, "cell-01-smallest.xml");
    assert_eq!(cellular::connections(&made).collect::<Vec<_>>(), ["C1"]);
    let (_, response) = after(&made, "cell-07-query.xml");
    assert!(
        response.contains(r#"name="GPRSInfoAccessPointName" value="apn.example""#),
        "{response}"
    );
    let (_, response) = after(&none, "cell-07-query.xml");
    assert!(
        response.contains(r#"<nocharacteristic type="C1"/>"#),
        "{response}"
    );
    let (gone, _) = after(&made, "cell-04-delete.xml");
    assert_eq!(gone, none);
    let (all, _) = after(&none, "cell-02-all-nodes.xml");
    let entry = all.entry(cellular::NAME, "C1").expect("it is there");
    assert_eq!(entry.parms.len(), 22, "{entry:?}");
    let (shared, _) = after(&none, "cell-03-shared.xml");
    assert!(cellular::is_disabled(&shared, "C2"));
    let (applied, _) = after(&none, "csp-01-unknown-beside-hotspot.xml");
    assert_eq!(applied.parm("HotSpot", "Enabled"), Some("false"));
}

/// Providers of real documents, with what they hold.
const OTHERS: [&str; 10] = [
    r#"<characteristic type="NAPDEF"><parm name="NAPID" value="N1"/><parm name="NAME" value="Web"/><characteristic type="NAPAUTHINFO"><parm name="AUTHTYPE" value="PAP"/></characteristic></characteristic>"#,
    r#"<characteristic type="PXLOGICAL"><parm name="PROXY-ID" value="P1"/><characteristic type="PXPHYSICAL"><parm name="PXADDR" value="192.0.2.1"/></characteristic></characteristic>"#,
    r#"<characteristic type="APPLICATION"><parm name="APPID" value="w4"/><parm name="ADDR" value="http://mms.example"/></characteristic>"#,
    r#"<characteristic type="BOOTSTRAP"><parm name="NAME" value="Operator"/></characteristic>"#,
    r#"<characteristic type="CM_ProxyEntries"><nocharacteristic type="P1"/></characteristic>"#,
    r#"<characteristic type="CMPolicy"><characteristic type="SomeApp"><parm name="ConnectionCount" value="1"/></characteristic></characteristic>"#,
    r#"<characteristic type="BrowserFavorite"><characteristic type="Operator"><parm name="URL" value="http://www.operator.example"/></characteristic></characteristic>"#,
    r#"<characteristic type="Registry"><characteristic type="HKLM\Software\Demo"><parm name="a" value="1" datatype="integer"/></characteristic></characteristic>"#,
    r#"<characteristic-query type="SecurityPolicy"/>"#,
    r#"<nocharacteristic type="EMAIL2"/>"#,
];

/// Ten documents with five providers each, ours among them.
pub(crate) fn ten() -> Vec<String> {
    let ours = r#"<characteristic type="HotSpot"><parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="false"/><parm name="MaxUsers" value="3"/></characteristic>"#;
    let document = |first: usize| {
        let others: Vec<_> = (first..first + 4)
            .map(|one| OTHERS[one % OTHERS.len()])
            .collect();
        let (before, after) = others.split_at(first % 5);
        let all = [&before.concat(), ours, &after.concat()].concat();
        format!("<wap-provisioningdoc>{all}</wap-provisioningdoc>")
    };
    (0..10).map(document).collect()
}

#[test]
fn ten_documents_with_five_providers_each_are_applied_and_answered() {
    for text in ten() {
        let (outcome, faults) = tried(&Settings::default(), text.as_bytes());
        let outcome = outcome.expect("a document");
        assert_eq!(found(&faults, Level::Note).len(), 4, "{text}: {faults:?}");
        assert_eq!(
            faults.counts().warnings + faults.counts().errors,
            0,
            "{faults:?}"
        );
        let settings = outcome.settings.expect("it is applied");
        assert_eq!(settings.parm("HotSpot", "MaxUsers"), Some("3"));
        let sent = read(text.as_bytes(), Role::Request)
            .document
            .expect("it was read");
        let names = |elements: &[Element]| -> Vec<String> {
            elements.iter().map(|one| one.name.value.clone()).collect()
        };
        assert_eq!(names(&outcome.response.children), names(&sent.children));
        for (sent, echoed) in sent.children.iter().zip(&outcome.response.children) {
            // What only asks is answered; the rest is echoed whole.
            if sent.tag == ics_device::document::ElementTag::CharacteristicQuery {
                continue;
            }
            assert_eq!(sent, echoed);
        }
    }
}

#[test]
fn documents_of_other_kinds_are_named_as_what_they_are() {
    let table: [(&[u8], &str); 13] = [
        (
            b"<s:Envelope xmlns:s=\"x\"><s:Body/></s:Envelope>",
            "a SOAP message",
        ),
        (
            b"<CHARACTERISTIC-LIST><CHARACTERISTIC TYPE=\"ADDRESS\"/></CHARACTERISTIC-LIST>",
            "settings in the older form of Nokia and Ericsson (OTA settings)",
        ),
        (
            b"\x01\x01\x6A\x00\x45\xC6\x06\x0D\x01\x01\x01",
            "settings in the older form of Nokia and Ericsson (OTA settings)",
        ),
        (
            b"<si><indication href=\"http://a.example\">x</indication></si>",
            "a service indication (WAP push with a link)",
        ),
        (
            b"\x02\x05\x6A\x00\x45\x01",
            "a service indication (WAP push with a link)",
        ),
        (
            b"<sl href=\"http://a.example\"/>",
            "a service loading message (WAP push)",
        ),
        (b"<SyncML><SyncHdr/></SyncML>", "a SyncML (OMA DM) document"),
        (
            b"{\"Vers\":{\"version\":\"1\"},\"Token\":{}}",
            "the answer of an entitlement server (GSMA TS.43) in JSON",
        ),
        (b"{\"a\":1}", "a JSON text"),
        (b"<html><body/></html>", "an HTML page"),
        (b"<wml/>", "a WML page"),
        (b"<apns/>", "a list of access points for Android"),
        (b"<zork><a/></zork>", "root element `zork`"),
    ];
    for (bytes, what) in table {
        let (_, faults) = tried(&Settings::default(), bytes);
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(found(&faults, Level::Error), [what], "{shown}");
        assert_eq!(faults.len(), 1, "{shown}");
    }
    // A root of another name around what a provisioning document holds is that root.
    let (_, faults) = tried(&Settings::default(), b"<doc><characteristic type=\"HotSpot\"><parm name=\"MaxUsers\" value=\"9\"/></characteristic></doc>");
    assert_eq!(
        found(&faults, Level::Error),
        ["root element `doc`", "MaxUsers is `9`"]
    );
}

#[test]
fn a_broken_comment_is_reported_and_not_its_consequences() {
    let text = b"<wap-provisioningdoc>\n<characteristic type=\"HotSpot\">\n<!-- broken ->\n<parm name=\"MaxUsers\" value=\"3\"/>\n</characteristic>\n</wap-provisioningdoc>";
    let (_, faults) = tried(&Settings::default(), text);
    assert_eq!(faults.len(), 1, "{faults:?}");
    let (_, faults) = tried(
        &Settings::default(),
        b"<!doctype wap-provisioningdoc><wap-provisioningdoc/>",
    );
    assert_eq!(found(&faults, Level::Error), ["`<!doctype`"]);
}

#[test]
fn a_secret_is_not_shown_beside_a_fault() {
    for text in [
        r#"<wap-provisioningdoc><characteristic type="CM_CellularEntries"><characteristic type="a"><parm name="Password" value="sesame"/></characteristic></characteristic></wap-provisioningdoc>"#,
        r#"<wap-provisioningdoc><characteristic type="NAPDEF"><parm name="AUTHSECRET" value="sesame"/></characteristic></wap-provisioningdoc>"#,
    ] {
        let (_, faults) = tried(&Settings::default(), text.as_bytes());
        let source = Source::new("it", text.as_bytes());
        let shown = Rendered::new(&faults, &source, Colour::Never).to_string();
        assert!(!shown.is_empty() && !shown.contains("sesame"), "{shown}");
    }
}

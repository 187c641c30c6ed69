//! Documents that serve other providers as well, and spellings of names.

use super::{Tried, document, hotspot};
use crate::csp::{Access, Settings, apply, cellular, other_provider, refuse_other_providers};
use crate::document::{Role, read};

const OURS: &str =
    r#"<characteristic type="HotSpot"><parm name="Enabled" value="false"/></characteristic>"#;

#[test]
fn known_and_unknown_providers_are_kept_unread_and_ours_is_applied() {
    let text = document(&format!(
        r#"<characteristic type="CM_ProxyEntries"><characteristic type="P1"><parm name="Enable" value="9"/></characteristic></characteristic>
<nocharacteristic type="BrowserFavorite"/>
<characteristic-query type="Registry"/>
<characteristic type="NoSuchProvider"><parm-query name="a"/></characteristic>
<characteristic type="Registri"/>
{OURS}"#
    ));
    let tried = Tried::new(&Settings::default(), &text);
    let expected = [
        "2: Note: CM_ProxyEntries is another provider of Windows (proxies of connections); what it holds is kept unread",
        "3: Note: BrowserFavorite is another provider",
        "4: Note: Registry is another provider",
        "5: Warning: no provider of Windows is called `NoSuchProvider`",
        "6: Warning: no provider of Windows is called `Registri`",
    ];
    assert_eq!(tried.found.len(), expected.len(), "{:#?}", tried.found);
    for (found, start) in tried.found.iter().zip(expected) {
        assert!(found.starts_with(start), "{found}\n{start}");
    }
    assert!(tried.reports("write `Registry`"));
    let response = tried.response();
    for echoed in [
        r#"<parm name="Enable" value="9"/>"#,
        r#"<nocharacteristic type="BrowserFavorite"/>"#,
        r#"<nocharacteristic type="Registry"/>"#,
        r#"<noparm name="a"/>"#,
    ] {
        assert!(response.contains(echoed), "{echoed}: {response}");
    }
    assert_eq!(tried.settings().parm("HotSpot", "Enabled"), Some("false"));
}

#[test]
fn other_providers_of_a_refused_document_claim_nothing() {
    let text = document(
        r#"<characteristic type="NAPDEF"><parm name="NAPID" value="X"/></characteristic>
<characteristic type="HotSpot"><parm name="MaxUsers" value="9"/></characteristic>"#,
    );
    let response = Tried::new(&Settings::default(), &text).response();
    assert!(
        response.contains(r#"<parm-error name="NAPID" value="X" desc="not stored"#),
        "{response}"
    );
}

#[test]
fn other_providers_are_refused_where_that_is_asked_for() {
    let text = document(&format!(
        r#"<characteristic type="NAPDEF"/><characteristic type="Nothing"/>{OURS}"#
    ));
    let mut reading = read(text.as_bytes(), Role::Request);
    let document = reading.document.unwrap();
    refuse_other_providers(&document, &mut reading.faults);
    let outcome = apply(
        &Settings::default(),
        &document,
        &Access::full(),
        &mut reading.faults,
    );
    assert_eq!(outcome.settings, None);
    let found: Vec<_> = reading
        .faults
        .sorted()
        .iter()
        .map(|one| one.found.clone())
        .collect();
    assert_eq!(
        found,
        [
            "`NAPDEF` is another provider",
            "`Nothing` is another provider"
        ]
    );
}

#[test]
fn a_misspelt_name_of_ours_is_an_error() {
    for (name, meant) in [
        ("HotSpt", "HotSpot"),
        ("CM_CellularEntry", "CM_CellularEntries"),
    ] {
        let text = document(&format!(r#"<characteristic type="{name}"/>"#));
        let tried = Tried::new(&Settings::default(), &text);
        assert!(tried.is_refused());
        assert!(
            tried.reports(&format!("write `{meant}`")),
            "{:?}",
            tried.found
        );
    }
    // A known provider is no misspelling of ours.
    for name in ["CM_GPRSEntries", "CM_NetEntries", "napdef", "PXLogical"] {
        assert!(other_provider(name).is_some(), "{name}");
        let text = document(&format!(r#"<characteristic type="{name}"/>"#));
        assert!(
            !Tried::new(&Settings::default(), &text).is_refused(),
            "{name}"
        );
    }
}

#[test]
fn names_in_other_letter_case_are_understood_with_a_warning() {
    let text = document(
        r#"<characteristic type="hotspot"><parm name="ENABLED" value="false"/><parm-query name="maxusers"/></characteristic>"#,
    );
    let tried = Tried::new(&Settings::default(), &text);
    for (name, meant) in [
        ("hotspot", "HotSpot"),
        ("ENABLED", "Enabled"),
        ("maxusers", "MaxUsers"),
    ] {
        let expected = format!(
            "Warning: `{name}` in other letter case | `{meant}`, as its page spells it | write `{meant}`"
        );
        assert!(tried.reports(&expected), "{expected}: {:?}", tried.found);
    }
    assert_eq!(tried.found.len(), 3, "{:?}", tried.found);
    let response = tried.response();
    assert!(
        response.contains(r#"<parm name="maxusers" value="5""#),
        "{response}"
    );
    assert_eq!(tried.settings().parm("HotSpot", "Enabled"), Some("false"));
}

#[test]
fn recursive_in_capitals_is_understood_with_a_warning() {
    let query = |word: &str| {
        document(&format!(
            r#"<characteristic-query type="HotSpot" recursive="{word}"/>"#
        ))
    };
    for (word, lower) in [("TRUE", "true"), ("False", "false")] {
        let tried = Tried::new(&Settings::default(), &query(word));
        assert!(!tried.is_refused());
        assert!(
            tried.reports(&format!("Warning: recursive `{word}`")),
            "{:?}",
            tried.found
        );
        assert!(
            tried.reports(&format!("write `{lower}`")),
            "{:?}",
            tried.found
        );
    }
    assert!(Tried::new(&Settings::default(), &query("yes")).is_refused());
    let mwid = document(r#"<characteristic-query type="HotSpot" mwid="1"/>"#);
    assert_eq!(
        Tried::new(&Settings::default(), &mwid).found,
        <[String; 0]>::default()
    );
}

#[test]
fn an_access_point_is_a_connection_that_hotspot_can_name() {
    let nap = r#"<characteristic type="NAPDEF"><parm name="NAME" value="Web"/><parm name="NAPID" value="X"/></characteristic>"#;
    let named = hotspot(
        r#"<parm name="Enabled" value="false"/><parm name="DedicatedConnections" value="X@WAP"/>"#,
    );
    let with = named.replace(
        "<wap-provisioningdoc>",
        &format!("<wap-provisioningdoc>{nap}"),
    );
    let tried = Tried::new(&Settings::default(), &with);
    assert_eq!(tried.found.len(), 1, "{:?}", tried.found);
    let settings = tried.settings();
    assert_eq!(
        cellular::connections(&settings).collect::<Vec<_>>(),
        ["X@WAP"]
    );
    // It is remembered: a later document can name it.
    let later = Tried::new(&settings, &named);
    assert_eq!(later.found, <[String; 0]>::default());
    let gone = Tried::new(&settings, &document(r#"<nocharacteristic type="NAPDEF"/>"#)).settings();
    assert_eq!(cellular::connections(&gone).count(), 0);
}

#[test]
fn a_connection_that_nothing_provisions_is_a_note() {
    let text = hotspot(
        r#"<parm name="Enabled" value="false"/><parm name="DedicatedConnections" value="C1;c2;C3"/>"#,
    );
    let entries = r#"<characteristic type="CM_CellularEntries"><characteristic type="C2"><parm name="PurposeGroups" value="3E5545D2-1137-4DC8-A198-33F1C657515F"/></characteristic></characteristic>"#;
    let text = text.replace(
        "<wap-provisioningdoc>",
        &format!("<wap-provisioningdoc>{entries}"),
    );
    let tried = Tried::new(&Settings::default(), &text);
    assert!(
        tried.reports("Note: DedicatedConnections names `C1` and `C3`, which neither"),
        "{:?}",
        tried.found
    );
    assert!(tried.reports("provision `C1` and `C3`, unless"));
    assert!(tried.reports("Warning: DedicatedConnections names `c2`"));
    assert!(tried.reports("write `C1;C2;C3`"));
    assert!(!tried.is_refused());
}

#[test]
fn what_a_value_does_not_mean_in_a_document_is_warned_of() {
    let text = hotspot(
        r#"<parm name="Enabled" value="false"/><parm name="MOHelpNumber" value="611" translation="install"/>
<parm name="MOInfoLink" value="contoso.com/help"/>
<parm name="DedicatedConnections" value="zzz $(__MVID)"/>"#,
    );
    let tried = Tried::new(&Settings::default(), &text);
    for expected in [
        "3: Warning: `translation` `install` of MOHelpNumber",
        "4: Note: MOInfoLink has no scheme | an HTTP link, as the specification calls it | write `http://contoso.com/help`",
        "5: Warning: `$(__MVID)` in DedicatedConnections",
    ] {
        assert!(tried.reports(expected), "{expected}: {:#?}", tried.found);
    }
    assert!(!tried.is_refused());
}

#[test]
fn the_answer_of_a_configuration_server_is_named_as_what_it_is() {
    let answer = |more: &str| {
        document(&format!(
            r#"<characteristic type="VERS"><parm name="version" value="1"/></characteristic><characteristic type="APPLICATION"><parm name="AppID" value="{more}"/></characteristic>{OURS}"#
        ))
    };
    for (id, what) in [
        ("ap2004", "the answer of an entitlement server (GSMA TS.43)"),
        ("ap2002", "the answer of an RCS configuration server"),
        (
            "w7",
            "the answer of a configuration server for RCS or TS.43",
        ),
    ] {
        let tried = Tried::new(&Settings::default(), &answer(id));
        assert!(tried.is_refused());
        assert_eq!(tried.found.len(), 1, "{:?}", tried.found);
        assert!(tried.reports(what), "{:?}", tried.found);
    }
}

//! The OEM's forms: what each vector gives, what is a fault, and where.

mod written;

use ics_device::csp::{self, Access, Settings};
use ics_device::document::{
    Colour, Diagnostic, Diagnostics, Document, Element, Rendered, Role, Source, read,
};
use ics_device::oem::{self, Form};

use crate::support::vectors::load;

/// What is found in a form: in itself, and in the section that is chosen by default.
fn checked(bytes: &[u8]) -> (Option<Document>, Diagnostics) {
    let form = Form::of(bytes).expect("a form");
    let mut reading = oem::read(bytes, form);
    let document = reading.select(None).ok().map(|one| one.document.clone());
    if let Some(document) = &document {
        let faults = &mut reading.faults;
        csp::check(&Settings::default(), document, &Access::full(), faults);
    }
    reading.form.reword(&mut reading.faults);
    (document, reading.faults)
}

/// Each fault as level, place and what was found.
fn listed(text: &str) -> Vec<String> {
    let (_, faults) = checked(text.as_bytes());
    let source = Source::new("it", text.as_bytes());
    let line =
        |one: &&Diagnostic| format!("{:?} {} {}", one.level, source.location(one.at), one.found);
    faults.sorted().iter().map(line).collect()
}

fn errors(text: &str) -> Vec<String> {
    let lines = listed(text).into_iter();
    lines
        .filter_map(|line| line.strip_prefix("Error ").map(str::to_owned))
        .collect()
}

fn help_of(text: &str, found: &str) -> String {
    let (_, faults) = checked(text.as_bytes());
    let sorted = faults.sorted();
    let fault = sorted.iter().find(|one| one.found.contains(found));
    let fault = fault.unwrap_or_else(|| panic!("no {found}: {faults:?}"));
    fault.help.clone().unwrap_or_default()
}

fn mcsf(settings: &str) -> String {
    format!(
        "<ImageCustomizations xmlns=\"http://schemas.microsoft.com/embedded/2004/10/ImageUpdate\">\n<Static>\n<Settings Path=\"HotSpot\">\n{settings}\n</Settings>\n</Static>\n</ImageCustomizations>\n"
    )
}

fn wcd(settings: &str) -> String {
    format!(
        "<WindowsCustomizations>\n<Settings xmlns=\"urn:schemas-microsoft-com:windows-provisioning\"><Customizations><Common><Settings>\n<HotSpot>\n{settings}\n</HotSpot>\n</Settings></Common></Customizations></Settings>\n</WindowsCustomizations>\n"
    )
}

fn setting(name: &str, value: &str) -> String {
    format!("<Setting Name=\"{name}\" Value=\"{value}\"/>")
}

#[test]
fn each_vector_gives_what_the_public_pages_say() {
    for (name, form, section, parms, warnings) in [
        (
            "oem-01-mcsf.xml",
            Form::Mcsf,
            "Static",
            &["Enabled=true", "EntitlementRequired=false", "MaxUsers=4"][..],
            0,
        ),
        (
            "oem-02-mcsf-variant.xml",
            Form::Mcsf,
            "Variant `V1`",
            &[
                "GPRSInfoAccessPointName=apn.example",
                "AlwaysOn=1",
                "Enabled=true",
                "EntitlementRequired=false",
                "DedicatedConnections=zzzdemo $(__MVID)",
            ],
            3,
        ),
        (
            "oem-03-fragment.xml",
            Form::Mcsf,
            "Settings",
            &["Enabled=true"],
            1,
        ),
        (
            "oem-04-wcd.xml",
            Form::Wcd,
            "Common",
            &["Enabled=true", "MaxUsers=4"],
            1,
        ),
        (
            "oem-05-cosa-cellular.xml",
            Form::Wcd,
            "Profile `Example`",
            &[
                "PurposeGroups={3e5545d2-1137-4dc8-a198-33f1c657515f}",
                "AlwaysOn=1",
                "GPRSInfoAccessPointName=apn.example",
                "IPType=IPv4v6",
            ],
            1,
        ),
    ] {
        let bytes = load(&format!("neighbours/{name}"));
        assert_eq!(Form::of(&bytes), Some(form), "{name}");
        let reading = oem::read(&bytes, form);
        let sections: Vec<_> = reading.sections.iter().map(ToString::to_string).collect();
        assert_eq!(sections, [section], "{name}");
        let (document, faults) = checked(&bytes);
        let document = document.expect("a section");
        let mut found = Vec::new();
        document
            .children
            .iter()
            .for_each(|one| parms_of(one, &mut found));
        assert_eq!(found, parms, "{name}");
        let counts = faults.counts();
        assert_eq!(
            (counts.errors, counts.warnings),
            (0, warnings),
            "{name}: {faults:?}"
        );
    }
    let (document, _) = checked(&load("neighbours/oem-01-mcsf.xml"));
    let vector = load("neighbours/oem-01-mcsf.as-provisioningdoc.xml");
    assert_eq!(document, read(&vector, Role::Request).document);
}

fn parms_of(element: &Element, into: &mut Vec<String>) {
    if let Some(value) = &element.value {
        into.push(format!("{}={}", element.name.value, value.value));
    }
    element.children.iter().for_each(|one| parms_of(one, into));
}

#[test]
fn a_fault_has_its_place_in_the_form_and_says_what_to_write() {
    for (form, found, help) in [
        (
            mcsf(&setting("MaxUser", "4")),
            "4:16 HotSpot has no setting `MaxUser`",
            "write `MaxUsers`",
        ),
        (
            mcsf(&setting("MaxUsers", "0x9")),
            "4:33 MaxUsers is `9`",
            "write `8`",
        ),
        (
            mcsf(&setting("Enabled", "yes")),
            "4:32 Enabled is `yes`",
            "write `true`",
        ),
        (
            mcsf(&(setting("MaxUsers", "4") + "\n" + &setting("maxusers", "5"))),
            "5:1 `maxusers` is set for the second time",
            "remove one of the two",
        ),
        (
            mcsf(&setting("EntitlementDll", "%SystemRoot%\\a.dll")),
            "4:39 `%SystemRoot%` in EntitlementDll",
            "write what it stands for on the device",
        ),
        (
            mcsf("<Setting Name=\"MaxUsers\"/>"),
            "4:1 `Setting` without `Value`",
            "add Value=\"…\"",
        ),
        (
            mcsf("<Setting name=\"MaxUsers\" Value=\"4\"/>"),
            "4:10 unknown attribute `name`",
            "write `Name`",
        ),
        (
            mcsf("<Settin Name=\"MaxUsers\" Value=\"4\"/>"),
            "4:2 unknown element `Settin`",
            "write `Setting`",
        ),
        (
            mcsf("<Setting Name=\"MaxUsers\" Value=\"4\">4</Setting>"),
            "4:36 text in a `Setting`",
            "write <Setting Name=\"…\" Value=\"…\"/>",
        ),
        (
            mcsf(&setting("MOInfoLink", "http://a.example/?a=1&b=2")),
            "4:56 `&` without an entity",
            "write `&amp;` for the sign itself",
        ),
        (
            wcd("<MaxUser>4</MaxUser>"),
            "4:2 HotSpot has no setting `MaxUser`",
            "write `MaxUsers`",
        ),
        (
            wcd("<MaxUsers>0x9</MaxUsers>"),
            "4:11 MaxUsers is `9`",
            "write `8`",
        ),
        (
            wcd("<MaxUsers>4</MaxUsers><MaxUsers>5</MaxUsers>"),
            "4:23 `MaxUsers` is set for the second time",
            "remove one of the two",
        ),
        (
            wcd("<MaxUsers><Enabled>1</Enabled></MaxUsers>"),
            "4:11 `Enabled` inside `MaxUsers`",
            "end the setting before it",
        ),
    ] {
        assert_eq!(errors(&form), [found], "{form}");
        let (_, what) = found.split_once(' ').expect("a place");
        assert_eq!(help_of(&form, what), help, "{form}");
    }
}

#[test]
fn what_is_not_well_formed_is_one_error_with_its_place() {
    for (text, found) in [
        (
            mcsf("<Setting Name=\"MaxUsers\" Value=\"4\">"),
            "4:2 `Setting` is never ended",
        ),
        (
            mcsf("<Setting Name=\"MaxUsers\" Value=4/>"),
            "4:32 a value without quotes",
        ),
        (
            mcsf("<Setting Name=\"MaxUsers\" Value=\"4\"\n<Setting Name=\"Enabled\" Value=\"1\"/>"),
            "4:1 a tag without `>`",
        ),
        (wcd("<MaxUsers>4</MaxUser>"), "4:12 end tag </MaxUser>"),
        (
            "<Settings Path=\"HotSpot\">".to_owned(),
            "1:2 `Settings` is never ended",
        ),
        (
            "<Settings Path=\"HotSpot\"/><Settings Path=\"HotSpot\"/>".to_owned(),
            "1:28 a second root element `Settings`",
        ),
    ] {
        assert_eq!(errors(&text), [found], "{text}");
    }
}

#[test]
fn advice_is_in_the_words_of_the_form() {
    let required = [setting("Enabled", "1"), setting("EntitlementRequired", "1")].concat();
    assert_eq!(
        help_of(&mcsf(&required), "EntitlementDll is missing"),
        r#"add `<Setting Name="EntitlementDll" Value="C:\Windows\System32\MOEntitlement.dll"/>`, or set EntitlementRequired to false if no check is wanted"#
    );
    assert_eq!(
        help_of(&mcsf(&setting("MaxUsers", "4")), "Enabled is required"),
        r#"add `<Setting Name="Enabled" Value="0"/>`"#
    );
    assert_eq!(
        help_of(&wcd("<MaxUsers>4</MaxUsers>"), "Enabled is required"),
        "add `<Enabled>0</Enabled>`"
    );
    assert_eq!(
        help_of(&wcd("<Enabled>1</Enabled>"), "EntitlementDll is missing"),
        "set EntitlementDll with a provisioning document; no page of this form lists it"
    );
}

#[test]
fn what_else_a_form_has_is_no_fault() {
    let text = "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- ours -->\n<m:ImageCustomizations xmlns:m=\"http://schemas.microsoft.com/embedded/2004/10/ImageUpdate\" Name=\"n\" OwnerType=\"OEM\">\n<m:Static><m:DataAssets Type=\"MapData\"><m:DataAsset Source=\"a\"/></m:DataAssets><m:Applications><m:Application Source=\"a\"/></m:Applications><m:Settings Path=\"Phone/Dialer\"><m:Setting Name=\"x\" Value=\"%y%\"/></m:Settings>\n<m:Settings Path=\"HotSpot\"><m:Asset Name=\"a\" Source=\"b\"/><m:Setting Name=\"Enabled\" Value=\"0\"/></m:Settings></m:Static></m:ImageCustomizations>";
    assert_eq!(listed(text), <[String; 0]>::default());
    let text = wcd("<!-- a -->\n<Enabled>\n  <![CDATA[0]]>\n</Enabled><MOInfoLink>http://a.example/?a=1&amp;b=2</MOInfoLink>")
        .replace("<HotSpot>", "<Theme><Colour>1</Colour></Theme><HotSpot>");
    assert_eq!(listed(&text), <[String; 0]>::default());
    let (document, _) = checked(text.as_bytes());
    let mut parms = Vec::new();
    parms_of(&document.expect("it").children[0], &mut parms);
    assert_eq!(
        parms,
        ["Enabled=false", "MOInfoLink=http://a.example/?a=1&b=2"]
    );
}

#[test]
fn what_cannot_be_known_of_a_form_is_named() {
    let text = mcsf(&setting("Enabled", "0")).replace(
        "<Static>",
        "<Imports><Import Source=\"b.xml\"/></Imports><Static><Settings Path=\"Connections\"><Setting Name=\"Cellular/C1/AccessPointName\" Value=\"a\"/><Setting Name=\"Cellular/C1/AuthType\" Value=\"1\"/><Setting Name=\"Cellular/C1/Password\" Value=\"sesame\"/></Settings>",
    );
    let notes: Vec<_> = listed(&text)
        .into_iter()
        .filter(|line| line.starts_with("Note"))
        .collect();
    assert_eq!(
        notes,
        [
            "Note 2:26 the file `b.xml` is imported",
            "Note 2:180 AuthType `1`",
            "Note 2:211 `Password` of a connection",
        ]
    );
    let (_, faults) = checked(text.as_bytes());
    let source = Source::new("it", text.as_bytes());
    let shown = Rendered::new(&faults, &source, Colour::Never);
    assert!(!shown.to_string().contains("sesame"), "{shown}");
    let doubted = listed(&wcd(
        "<Enabled>0</Enabled><EntitlementRequired>0</EntitlementRequired>",
    ));
    assert_eq!(doubted.len(), 1, "{doubted:?}");
    assert!(
        doubted[0].starts_with("Warning 4:22 EntitlementRequired in"),
        "{doubted:?}"
    );
}

#[test]
fn customizations_as_public_files_have_them_are_understood() {
    // Groups directly under Common, as the tool writes them.
    let text = wcd("<Enabled>0</Enabled>")
        .replace("<Common><Settings>", "<Common><Accounts/>")
        .replace("</Settings></Common>", "</Common>");
    assert_eq!(listed(&text), <[String; 0]>::default());
    // A variant without a name is called as its target.
    let variant = "<Variant><TargetRefs><TargetRef Id=\"AnyUicc\"/></TargetRefs><Settings>";
    let text = wcd("<Enabled>0</Enabled>")
        .replace(
            "<Common><Settings>",
            &format!("<Targets><Target Id=\"AnyUicc\"/></Targets>{variant}"),
        )
        .replace("</Settings></Common>", "</Settings></Variant>");
    assert_eq!(listed(&text), <[String; 0]>::default());
    let reading = oem::read(text.as_bytes(), Form::Wcd);
    assert_eq!(reading.sections[0].to_string(), "Variant `AnyUicc`");
    // What is replaced is a profile of COSA, and one setting is there twice.
    let connection = "<Connections><EnterpriseAPN/><Cellular><Connection ConnectionName=\"C\"><PurposeGroups>{3e5545d2-1137-4dc8-a198-33f1c657515f}</PurposeGroups><AlwaysOn>1</AlwaysOn><FriendlyName>x</FriendlyName><AlwaysOn>1</AlwaysOn><Roaming>5</Roaming></Connection></Cellular></Connections><Cellular><PerSimSettings/></Cellular>";
    let text = wcd("")
        .replace(
            "<Common>",
            "<Replace Name=\"r\"><TargetRefs><TargetRef Id=\"aaaa\"/></TargetRefs>",
        )
        .replace("</Common>", "</Replace>")
        .replace("<HotSpot>\n\n</HotSpot>", connection);
    let found = listed(&text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].ends_with("`FriendlyName` of a connection"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("Warning")
            && found[1].ends_with("`AlwaysOn` is set for the second time")
    );
    let near = listed(&wcd("<Enabled>0</Enabled>").replace("HotSpot", "Hotspott"));
    assert!(near[0].starts_with("Error 3:2 unknown element"), "{near:?}");
    // Other parts of an image have paths of their own.
    let other = mcsf("").replace("HotSpot", "Connectivity");
    assert_eq!(listed(&other), <[String; 0]>::default());
    let near = mcsf(&setting("Enabled", "0")).replace("\"HotSpot\"", "\"HotSpt\"");
    assert_eq!(errors(&near), ["3:17 the path `HotSpt`"]);
}

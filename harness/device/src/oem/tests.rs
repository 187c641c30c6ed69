//! What was decided about forms where no public page says more.

use super::{Form, NotSelected, Reading, Unheld, read, write};
use crate::csp::{Access, Settings, check};
use crate::document::{self, Diagnostics, Role};

/// A section whose HotSpot has one setting.
fn section(tag: &str, setting: &str) -> String {
    let end = tag.split(' ').next().unwrap_or_default();
    format!("<{tag}><Settings Path=\"HotSpot\">{setting}</Settings></{end}>")
}

fn form(sections: &[String]) -> Reading {
    let inside = sections.concat();
    let text = format!("<ImageCustomizations>{inside}</ImageCustomizations>");
    read(text.as_bytes(), Form::Mcsf)
}

const ENABLED: &str = r#"<Setting Name="Enabled" Value="0"/>"#;

#[test]
fn one_section_is_converted_and_the_one_for_all_devices_comes_first() {
    let [a, b] = ["Variant Name=\"A\"", "Variant Name=\"B\""].map(|tag| section(tag, ENABLED));
    let chosen =
        |reading: &Reading, wanted: Option<&str>| reading.select(wanted).map(ToString::to_string);
    let all = form(&[a.clone(), section("Static", ENABLED), b.clone()]);
    assert_eq!(chosen(&all, None).as_deref(), Ok("Static"));
    assert_eq!(chosen(&all, Some("B")).as_deref(), Ok("Variant `B`"));
    assert_eq!(chosen(&all, Some("Static")).as_deref(), Ok("Static"));
    let one = form(std::slice::from_ref(&a));
    assert_eq!(chosen(&one, None).as_deref(), Ok("Variant `A`"));
    let two = form(&[a, b]);
    let names = ["Variant `A`", "Variant `B`"].map(str::to_owned).to_vec();
    assert_eq!(chosen(&two, None), Err(NotSelected::Several(names)));
    assert_eq!(chosen(&form(&[]), None), Err(NotSelected::Nothing));
    let connections = section("Static", "").replace("HotSpot", "Phone");
    let other = form(&[connections, section("Variant Name=\"A\"", ENABLED)]);
    assert_eq!(chosen(&other, None).as_deref(), Ok("Variant `A`"));
}

#[test]
fn a_section_or_another_value_for_the_second_time_is_refused() {
    let other = ENABLED.replace("\"0\"", "\"1\"");
    let counts = |second: &str| {
        let twice = [ENABLED, second].concat();
        form(&[section("Static", &twice)]).faults.counts()
    };
    assert_eq!(counts(&other).errors, 1);
    let same = counts(ENABLED);
    // The form without a namespace is warned of, too.
    assert_eq!((same.errors, same.warnings), (0, 2));
    let two = [section("Static", ENABLED), section("Static", ENABLED)];
    assert_eq!(form(&two).faults.counts().errors, 1);
}

#[test]
fn a_truth_value_is_a_digit_in_both_forms() {
    let text = r#"<wap-provisioningdoc><characteristic type="HotSpot"><parm name="Enabled" value="true"/></characteristic></wap-provisioningdoc>"#;
    let document = document::read(text.as_bytes(), Role::Request).document;
    let document = document.expect("a document");
    for (form, written) in [
        (Form::Mcsf, r#"Name="Enabled" Value="1""#),
        (Form::Wcd, "<Enabled>1</Enabled>"),
    ] {
        let mut faults = Diagnostics::new();
        let text = write(&document, form, Unheld::Refuse, &mut faults);
        assert!(text.is_some_and(|text| text.contains(written)));
    }
}

#[test]
fn a_macro_stays_with_a_warning() {
    let named = r#"<Setting Name="DedicatedConnections" Value="a $(__ICCID)"/>"#;
    let reading = form(&[section("Static", &[ENABLED, named].concat())]);
    let document = &reading.select(None).expect("a section").document;
    let value = document.children[0].children[1].value.as_ref();
    assert_eq!(value.map(|value| value.as_str()), Some("a $(__ICCID)"));
    let mut faults = Diagnostics::new();
    check(&Settings::default(), document, &Access::full(), &mut faults);
    let found = faults.sorted();
    assert!(found[0].found.starts_with("`$(__ICCID)` in"), "{found:?}");
}

#[test]
fn an_option_s_number_is_left_out_with_a_note() {
    let named = r#"<Setting Name="Cellular/C/AuthType" Value="0"/>"#;
    let connections = section("Static", named).replace("HotSpot", "Connections");
    let reading = form(&[connections]);
    assert_eq!(reading.faults.counts().notes, 1);
    assert!(reading.sections.is_empty(), "{:?}", reading.sections);
}

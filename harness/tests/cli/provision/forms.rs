//! OEMs' forms: checked, shown, converted to provisioning documents and back.

use std::fs;

use super::{CommandOutput, provision};

const MCSF: &str = "neighbours/oem-01-mcsf.xml";
const VARIANT: &str = "neighbours/oem-02-mcsf-variant.xml";
const WCD: &str = "neighbours/oem-04-wcd.xml";

/// Writes a file and runs the command on it.
fn on(text: &str, before: &[&str], after: &[&str]) -> CommandOutput {
    let work = tempfile::tempdir().expect("a folder");
    let path = work.path().join("form.xml").display().to_string();
    fs::write(&path, text).expect("written");
    provision(&[before, &[&path], after].concat())
}

fn answer_file(inside: &str) -> String {
    format!(
        "<ImageCustomizations xmlns=\"http://schemas.microsoft.com/embedded/2004/10/ImageUpdate\">\n{inside}</ImageCustomizations>\n"
    )
}

/// A variant with as many users.
fn variant(name: &str, users: u8) -> String {
    format!(
        "<Variant Name=\"{name}\"><Settings Path=\"HotSpot\"><Setting Name=\"Enabled\" Value=\"0\"/>\n<Setting Name=\"MaxUsers\" Value=\"{users}\"/></Settings></Variant>\n"
    )
}

#[test]
fn the_check_says_which_form_it_is_and_what_was_read() {
    for (file, line) in [
        (MCSF, "a customization answer file (MCSF), read: Static\n"),
        (
            VARIANT,
            "a customization answer file (MCSF), read: Variant `V1`\n",
        ),
        (
            "neighbours/oem-03-fragment.xml",
            "a customization answer file (MCSF), read: Settings\n",
        ),
        (
            WCD,
            "customizations of Windows Configuration Designer (WCD), read: Common\n",
        ),
        (
            "neighbours/oem-05-cosa-cellular.xml",
            "customizations of Windows Configuration Designer (WCD), read: Profile `Example`\n",
        ),
    ] {
        let result = provision(&["check", file]);
        assert_eq!(result.code, 0, "{}", result.err);
        assert!(result.err.contains(line), "{}", result.err);
        assert!(
            result.err.contains("accepted: 1 document"),
            "{}",
            result.err
        );
    }
    let result = provision(&["check", "--json", VARIANT]);
    assert!(
        result.text().contains("\"form\": \"mcsf\""),
        "{}",
        result.text()
    );
    assert!(
        result.text().contains("\"Variant `V1`\""),
        "{}",
        result.text()
    );
    assert!(result.text().contains("\"line\": 22"), "{}", result.text());
}

#[test]
fn every_variant_is_checked_and_a_fault_has_its_place_in_the_form() {
    let text = answer_file(&(variant("A", 4) + &variant("B", 9)));
    let result = on(&text, &["check"], &[]);
    assert_eq!(result.code, 1);
    assert!(
        result.err.contains("read: Variant `A`, Variant `B`"),
        "{}",
        result.err
    );
    assert!(result.err.contains("MaxUsers is `9`"), "{}", result.err);
    assert!(result.err.contains("form.xml:5:33"), "{}", result.err);
    assert!(
        result.err.ends_with("refused: 1 document, 1 error\n"),
        "{}",
        result.err
    );
}

#[test]
fn a_form_becomes_a_provisioning_document_that_is_accepted() {
    let work = tempfile::tempdir().expect("a folder");
    let out = work.path().join("out.xml").display().to_string();
    for file in [MCSF, VARIANT, WCD, "neighbours/oem-05-cosa-cellular.xml"] {
        let result = provision(&["convert", file, "--to", "provisioningdoc", "-o", &out]);
        assert_eq!(result.code, 0, "{}", result.err);
        assert_eq!(provision(&["check", &out]).code, 0, "{file}");
    }
    let result = provision(&["convert", MCSF, "--to", "provisioningdoc"]);
    let vector = provision(&["decode", "neighbours/oem-01-mcsf.as-provisioningdoc.xml"]);
    assert_eq!(result.text(), vector.text());
}

#[test]
fn a_document_becomes_a_form_and_comes_back() {
    let document = "neighbours/oem-01-mcsf.as-provisioningdoc.xml";
    let work = tempfile::tempdir().expect("a folder");
    let form = work.path().join("form.xml").display().to_string();
    for (to, options) in [("mcsf", &[][..]), ("wcd", &["--leave-out"][..])] {
        let arguments = [&["convert", document, "--to", to, "-o", &form], options].concat();
        let result = provision(&arguments);
        assert_eq!(result.code, 0, "{}", result.err);
        let back = provision(&["convert", &form, "--to", "provisioningdoc"]);
        let original = provision(&["decode", document]);
        let without_required = |text: &str| {
            let lines = text
                .lines()
                .filter(|line| !line.contains("EntitlementRequired"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        match to {
            "mcsf" => assert_eq!(back.text(), original.text()),
            _ => assert_eq!(
                without_required(back.text()),
                without_required(original.text())
            ),
        }
    }
}

#[test]
fn what_the_form_cannot_hold_is_an_error_or_left_out_with_a_warning() {
    let document = "neighbours/oem-01-mcsf.as-provisioningdoc.xml";
    let refused = provision(&["convert", document, "--to", "wcd"]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.is_empty());
    let words = "error: customizations of Windows Configuration Designer (WCD) cannot hold `EntitlementRequired`";
    assert!(refused.err.contains(words), "{}", refused.err);
    assert!(refused.err.contains("--leave-out"), "{}", refused.err);
    let written = provision(&["convert", document, "--to", "wcd", "--leave-out"]);
    assert_eq!(written.code, 0);
    assert!(
        written.err.contains(&words.replace("error", "warning")),
        "{}",
        written.err
    );
    assert!(written.text().contains("<MaxUsers>4</MaxUsers>"));
}

#[test]
fn a_variant_that_is_written_for_all_devices_is_warned_of() {
    let to_form = provision(&["convert", VARIANT, "--to", "mcsf"]);
    assert_eq!(to_form.code, 0, "{}", to_form.err);
    let warning = "warning: settings for the devices of some targets";
    assert!(to_form.err.contains(warning), "{}", to_form.err);
    let to_document = provision(&["convert", VARIANT, "--to", "provisioningdoc"]);
    assert!(!to_document.err.contains(warning), "{}", to_document.err);
}

#[test]
fn a_variant_is_chosen_by_its_name() {
    let text = answer_file(&(variant("A", 4) + &variant("Other", 5)));
    let to = ["--to", "provisioningdoc"];
    let result = on(&text, &["convert"], &to);
    assert_eq!(result.code, 2);
    assert!(
        result
            .err
            .contains("Variant `A` and Variant `Other` have such settings"),
        "{}",
        result.err
    );
    let result = on(&text, &["convert", "--variant", "Other"], &to);
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(result.text().contains(r#"name="MaxUsers" value="5""#));
    assert!(
        result.err.contains("not read: Variant `A`"),
        "{}",
        result.err
    );
    let result = on(&text, &["convert", "--variant", "Othr"], &to);
    assert_eq!(result.code, 2);
    assert!(
        result.err.contains("did you mean `Other`?"),
        "{}",
        result.err
    );
    // With settings for all devices, those are meant.
    let for_all = variant("X", 7)
        .replace("Variant Name=\"X\"", "Static")
        .replace("/Variant", "/Static");
    let text = answer_file(&(for_all + &variant("A", 4)));
    let result = on(&text, &["convert"], &to);
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(result.text().contains(r#"value="7""#), "{}", result.text());
    let result = on(&text, &["show", "--variant", "A"], &[]);
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(result.text().contains("4 users"), "{}", result.text());
    assert!(
        result.text().contains("(MCSF): Variant `A`)"),
        "{}",
        result.text()
    );
}

#[test]
fn the_sample_form_has_no_fault() {
    let sample = super::folder("../sample-plugins/documents/oem/answer-file.xml");
    let sample = sample.display().to_string();
    let result = provision(&["check", &sample]);
    assert_eq!(result.code, 0);
    assert!(
        result
            .err
            .ends_with("read: Static, Variant `TestOperator`\naccepted: 1 document\n"),
        "{}",
        result.err
    );
    for options in [&[][..], &["--variant", "TestOperator"]] {
        let arguments = [&["convert", &sample, "--to", "provisioningdoc"], options].concat();
        assert_eq!(provision(&arguments).code, 0);
    }
}

#[test]
fn a_form_about_other_things_and_a_wrong_option_are_reported() {
    let other =
        answer_file("<Static><Settings Path=\"Phone\"/><DataAssets Type=\"x\"/></Static>\n");
    let result = on(&other, &["convert"], &["--to", "provisioningdoc"]);
    assert_eq!(result.code, 1);
    assert!(
        result.err.contains("no settings of HotSpot"),
        "{}",
        result.err
    );
    let document = "neighbours/oem-01-mcsf.as-provisioningdoc.xml";
    let result = provision(&["convert", document, "--to", "mcsf", "--variant", "A"]);
    assert_eq!(result.code, 2);
    let result = provision(&["convert", "gone.xml", "--to", "mcsf"]);
    assert_eq!(result.code, 2);
}

#[test]
fn the_form_itself_is_never_overwritten() {
    let work = tempfile::tempdir().expect("a folder");
    let form = work.path().join("form.xml").display().to_string();
    let text = answer_file(&variant("A", 4));
    fs::write(&form, &text).expect("written");
    let folder = work.path().display().to_string();
    for output in [&form, &folder] {
        let result = provision(&["convert", &form, "--to", "provisioningdoc", "-o", output]);
        assert_eq!(result.code, 2, "{}", result.err);
        assert_eq!(fs::read_to_string(&form).expect("it is there"), text);
    }
}

#[test]
fn a_form_is_not_applied_before_it_is_converted() {
    let work = tempfile::tempdir().expect("a folder");
    let state = work.path().join("device").display().to_string();
    let result = provision(&["apply", MCSF, "--state", &state]);
    assert_eq!(result.code, 1);
    assert!(
        result
            .err
            .contains("error: an OEM's customization answer file (MCSF)"),
        "{}",
        result.err
    );
    assert!(result.err.contains("provision convert"), "{}", result.err);
}

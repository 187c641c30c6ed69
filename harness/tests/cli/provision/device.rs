//! A device's folder as the commands find it.

use std::fs;
use std::path::Path;

use super::{documents, provision};

/// A device that this document of the samples was applied to.
fn device(folder: &Path, samples: &[&str]) -> String {
    let state = folder.join("device").display().to_string();
    for sample in samples {
        let files = documents();
        let file = files.iter().find(|path| path.ends_with(sample));
        let file = file.expect("it is a sample");
        let result = provision(&["apply", file, "--state", &state]);
        assert_eq!(result.code, 0, "{}", result.err);
    }
    state
}

#[test]
fn a_mistyped_folder_is_no_new_device() {
    let work = tempfile::tempdir().expect("a folder");
    let empty = work.path().display().to_string();
    let gone = work.path().join("my-devcie").display().to_string();
    for state in [&empty, &gone] {
        for arguments in [
            &["query", "--state", state][..],
            &["show", "cdma.xml", "--state", state],
            &["check", "cdma.xml", "--state", state],
        ] {
            let result = provision(arguments);
            assert_eq!(result.code, 2, "{arguments:?}");
            assert!(result.out.is_empty(), "{arguments:?}");
            let message = format!("there is no device in {state}");
            assert!(
                result.err.contains(&message),
                "{arguments:?}: {}",
                result.err
            );
            assert!(
                result.err.contains("`provision apply`"),
                "{arguments:?}: {}",
                result.err
            );
        }
    }
    assert!(!Path::new(&gone).exists());
    let result = provision(&["apply", "cdma.xml", "--state", &empty]);
    assert_eq!(result.code, 0, "a writer makes a new one: {}", result.err);
}

#[test]
fn a_refused_document_leaves_no_new_device() {
    let work = tempfile::tempdir().expect("a folder");
    let state = work.path().join("device").display().to_string();
    let result = provision(&["apply", "mistakes-values.xml", "--state", &state]);
    assert_eq!(result.code, 1);
    assert!(result.text().contains("parm-error"), "it is answered");
    assert!(!Path::new(&state).exists());
}

#[test]
fn what_is_pending_is_reported_with_what_is_in_effect_until_then() {
    let work = tempfile::tempdir().expect("a folder");
    let state = device(work.path(), &["unlocked.xml", "fewer-users.xml"]);
    let pending = "stored and not in effect yet:\n  \
                PublicConnectionTimeout  5 minutes  after a reboot; 20 minutes until then\n";
    let result = provision(&["query", "HotSpot", "--state", &state]);
    assert_eq!((result.code, result.err.as_str()), (0, pending));
    let result = provision(&["show", "query.xml", "--state", &state]);
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(result.err.ends_with(pending), "{}", result.err);
    assert!(!result.text().contains("until then"), "{}", result.text());

    let other = work.path().join("other");
    let state = device(&other, &["unlocked.xml"]);
    let result = provision(&["query", "HotSpot", "--state", &state]);
    assert_eq!((result.code, result.err.as_str()), (0, ""));
}

#[test]
fn a_password_is_not_shown() {
    let work = tempfile::tempdir().expect("a folder");
    let state = work.path().join("device").display().to_string();
    let file = work.path().join("a.xml");
    for (password, change) in [
        ("sesame1", "not set → (not shown)"),
        ("sesame2", "(not shown) → (not shown)"),
    ] {
        let text = format!(
            r#"<wap-provisioningdoc><characteristic type="CM_CellularEntries"><characteristic type="a"><parm name="Password" value="{password}"/></characteristic></characteristic></wap-provisioningdoc>"#
        );
        fs::write(&file, text).expect("written");
        let file = file.display().to_string();
        let result = provision(&["apply", &file, "--state", &state]);
        assert_eq!(result.code, 0, "{}", result.err);
        assert!(!result.err.contains("sesame"), "{}", result.err);
        assert!(result.err.contains(change), "{}", result.err);
    }
}

#[test]
fn a_state_edited_by_hand_is_refused_by_all() {
    let work = tempfile::tempdir().expect("a folder");
    let state = device(work.path(), &["unlocked.xml"]);
    let file = Path::new(&state).join("device.json");
    let text = fs::read_to_string(&file).expect("readable");
    for (from, to, message) in [
        (
            r#""Enabled": "true""#,
            r#""Enabled": "true", "MaxUsers": "99""#,
            "HotSpot/MaxUsers is `99`; expected a whole number of users from 1 to 8",
        ),
        (
            r#""HotSpot""#,
            r#""HotSpott""#,
            "no provider is called `HotSpott`; write `HotSpot`",
        ),
        (r#""format": 1"#, r#""format": 0"#, "its format is 0"),
    ] {
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replace(from, to)).expect("written");
        for arguments in [
            &["query", "--state", &state][..],
            &["show", "cdma.xml", "--state", &state],
            &["check", "cdma.xml", "--state", &state],
            &["apply", "cdma.xml", "--state", &state],
        ] {
            let result = provision(arguments);
            assert_eq!(result.code, 2, "{arguments:?}: {}", result.err);
            assert!(result.err.contains("device.json"), "{}", result.err);
            assert!(result.err.contains(message), "{}", result.err);
        }
    }
}

#[test]
fn an_answer_takes_the_place_of_no_device() {
    let work = tempfile::tempdir().expect("a folder");
    let state = device(work.path(), &["minimal.xml"]);
    let before = fs::read(Path::new(&state).join("device.json")).expect("it is there");
    let new = work.path().join("new").display().to_string();
    for (state, output) in [
        (&state, format!("{state}/device.json")),
        (&state, format!("{state}/lock")),
        (&new, new.clone()),
    ] {
        let result = provision(&["apply", "cdma.xml", "--state", state, "--output", &output]);
        assert_eq!(result.code, 2, "{output}: {}", result.err);
        assert!(result.err.contains(&output), "{}", result.err);
        assert!(!Path::new(&new).exists(), "{output}");
    }
    let output = format!("{state}/device.json");
    let result = provision(&["query", "--state", &state, "--output", &output]);
    assert_eq!(result.code, 2, "{}", result.err);
    let after = fs::read(Path::new(&state).join("device.json")).expect("it is there");
    assert_eq!(before, after);
}

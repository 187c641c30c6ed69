//! `ics-harness provision` as its users meet it.

mod device;
mod files;
mod forms;
mod providers;
mod sms;

use std::path::{Path, PathBuf};

use assert_cmd::Command;

struct CommandOutput {
    code: i32,
    out: Vec<u8>,
    err: String,
}

impl CommandOutput {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("text")
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Runs it where the vectors are.
fn provision(arguments: &[&str]) -> CommandOutput {
    let output = Command::cargo_bin("ics-harness")
        .expect("cargo builds the program first")
        .env_remove("CLICOLOR_FORCE")
        .current_dir(folder("device/tests/vectors"))
        .arg("provision")
        .args(arguments)
        .output()
        .expect("the program starts");
    CommandOutput {
        code: output.status.code().unwrap_or(-1),
        out: output.stdout,
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

fn documents() -> Vec<String> {
    let mut files: Vec<String> = std::fs::read_dir(folder("../sample-plugins/documents"))
        .expect("the samples are there")
        .map(|entry| entry.expect("readable").path().display().to_string())
        .filter(|path| path.ends_with(".xml"))
        .collect();
    files.sort();
    files
}

#[test]
fn five_wrong_values_are_shown_with_what_to_write() {
    let result = provision(&["check", "mistakes-values.xml"]);
    assert_eq!(result.code, 1);
    assert!(
        result.out.is_empty(),
        "human-readable text goes to standard error"
    );
    insta::assert_snapshot!(result.err);
}

#[test]
fn five_wrong_names_are_shown_with_the_nearest() {
    let result = provision(&["check", "mistakes-names.xml"]);
    assert_eq!(result.code, 1);
    insta::assert_snapshot!(result.err);
}

#[test]
fn five_breaches_of_the_rules_between_nodes_are_shown() {
    let result = provision(&["check", "mistakes-rules.xml"]);
    assert_eq!(result.code, 1);
    insta::assert_snapshot!(result.err);
}

#[test]
fn the_sample_documents_have_no_fault() {
    let files = documents();
    assert!(files.len() >= 6);
    let mut arguments = vec!["check"];
    arguments.extend(files.iter().map(String::as_str));
    let result = provision(&arguments);
    // Alone, the change of two settings lacks Enabled, and the specification's sample
    // lacks PurposeGroups and ConnectionType. The device has the connection Internet of
    // its own, which three documents name.
    let words = format!("accepted: {} documents, 2 warnings, 4 notes\n", files.len());
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(result.err.ends_with(&words), "{}", result.err);
    assert!(result.err.contains("fewer-users.xml"), "{}", result.err);
}

#[test]
fn machines_get_lines_and_columns() {
    let result = provision(&["check", "--json", "mistakes-values.xml", "cdma.xml"]);
    assert_eq!(result.code, 1);
    let report: serde_json::Value = serde_json::from_slice(&result.out).expect("JSON");
    assert_eq!(report[0]["accepted"], false);
    assert_eq!(report[0]["faults"].as_array().map(Vec::len), Some(5));
    assert_eq!(report[0]["faults"][1]["line"], 5);
    assert_eq!(report[0]["faults"][1]["help"], "write `8`");
    assert_eq!(report[1]["accepted"], true);
    assert!(result.err.is_empty(), "{}", result.err);
}

#[test]
fn a_tree_shows_defaults_and_when_changes_take_effect() {
    let result = provision(&["show", "cdma.xml"]);
    assert_eq!(result.code, 0);
    insta::assert_snapshot!(result.text());
}

#[test]
fn a_document_is_applied_whole_or_not_at_all_and_answered() {
    let state = tempfile::tempdir().expect("a folder");
    let state = state.path().display().to_string();
    let result = provision(&["apply", "cdma.xml", "--state", &state]);
    assert_eq!(result.code, 0, "{}", result.err);
    insta::assert_snapshot!("applied", result.err);
    insta::assert_snapshot!("answered", result.text());

    let result = provision(&["apply", "mistakes-values.xml", "--state", &state]);
    assert_eq!(result.code, 1);
    assert!(
        result
            .text()
            .contains("<parm-error name=\"MaxUsers\" value=\"9\" desc=")
    );
    assert!(
        result.err.contains("nothing of it is stored"),
        "{}",
        result.err
    );

    let result = provision(&[
        "query",
        "HotSpot/MaxUsers",
        "HotSpot/MOHelpNumber",
        "--state",
        &state,
    ]);
    assert_eq!(result.code, 0);
    insta::assert_snapshot!("queried", result.text());
}

#[test]
fn without_the_capability_nothing_is_to_be_had() {
    let state = tempfile::tempdir().expect("a folder");
    let state = state.path().display().to_string();
    let result = provision(&[
        "apply",
        "cdma.xml",
        "--state",
        &state,
        "--without-capability",
    ]);
    assert_eq!(result.code, 1);
    assert!(
        result.err.contains("ID_CAP_CSP_FOUNDATION")
            && result.err.contains("ID_CAP_NETWORKING_ADMIN"),
        "{}",
        result.err
    );
    assert!(
        result.text().contains("characteristic-error"),
        "{}",
        result.text()
    );
}

#[test]
fn a_query_changes_nothing_and_needs_a_query_document() {
    let state = tempfile::tempdir().expect("a folder");
    let state = state.path().display().to_string();
    let result = provision(&["apply", "cdma.xml", "--state", &state]);
    assert_eq!(result.code, 0, "{}", result.err);
    let result = provision(&["query", "--document", "cdma.xml", "--state", &state]);
    assert_eq!(result.code, 2);
    assert!(result.err.contains("no query"), "{}", result.err);
    let query = folder("../sample-plugins/documents/query.xml")
        .display()
        .to_string();
    let result = provision(&["query", "--document", &query, "--state", &state]);
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(
        result.text().contains("<noparm name=\"MOHelpNumber\"/>"),
        "{}",
        result.text()
    );
}

#[test]
fn xml_becomes_wbxml_and_comes_back() {
    let work = tempfile::tempdir().expect("a folder");
    let path = |name: &str| work.path().join(name).display().to_string();
    let (binary, text) = (path("a.wbxml"), path("b.xml"));
    assert_eq!(
        provision(&["encode", "cdma.xml", "--output", &binary]).code,
        0
    );
    let bytes = std::fs::read(&binary).expect("written");
    assert_eq!(bytes[..3], [0x03, 0x0B, 0x6A], "WBXML 1.3, PROV 1.0, UTF-8");
    assert_eq!(provision(&["decode", &binary, "--output", &text]).code, 0);
    let first = provision(&["show", "cdma.xml"]);
    let second = provision(&["show", &text]);
    let tree = |result: &CommandOutput| {
        result
            .text()
            .lines()
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(tree(&first), tree(&second));
}

#[test]
fn several_documents_go_into_a_folder() {
    let work = tempfile::tempdir().expect("a folder");
    let target = work.path().join("new").display().to_string();
    let result = provision(&["encode", "cdma.xml", "query.xml"]);
    assert_eq!(result.code, 2);
    assert!(result.err.contains("--output"), "{}", result.err);
    let result = provision(&["encode", "cdma.xml", "query.xml", "--output", &target]);
    assert_eq!(result.code, 0, "{}", result.err);
    for name in ["cdma.wbxml", "query.wbxml"] {
        assert!(work.path().join("new").join(name).is_file(), "{name}");
    }
}

#[test]
fn a_push_is_taken_from_who_can_prove_it() {
    let work = tempfile::tempdir().expect("a folder");
    let path = |name: &str| work.path().join(name).display().to_string();
    let (push, state) = (path("a.push"), path("device"));
    let sign = [
        "sign", "cdma.xml", "--method", "userpin", "--pin", "1234", "--output", &push,
    ];
    assert_eq!(provision(&sign).code, 0);

    let result = provision(&["verify", &push, "--pin", "1234"]);
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(
        result.text().contains("proven by USERPIN"),
        "{}",
        result.text()
    );
    let result = provision(&["verify", &push, "--pin", "1235"]);
    assert_eq!(result.code, 1);
    assert!(
        result.err.contains("does not fit its USERPIN"),
        "{}",
        result.err
    );
    let result = provision(&["verify", &push, "--pin", "1234", "--method", "netwpin"]);
    assert_eq!(result.code, 1);

    let result = provision(&["apply", &push, "--state", &state, "--pin", "1235"]);
    assert_eq!(result.code, 1);
    assert!(
        result.err.contains("nothing of it is stored"),
        "{}",
        result.err
    );
    assert!(!Path::new(&state).exists(), "no device is made of it");

    let result = provision(&["apply", &push, "--state", &state, "--pin", "1234"]);
    assert_eq!(result.code, 0, "{}", result.err);
    let result = provision(&["query", "HotSpot/Enabled", "--state", &state]);
    assert!(
        result.text().contains("value=\"true\""),
        "{}",
        result.text()
    );
}

#[test]
fn what_the_user_types_proves_a_userpinmac_push() {
    let work = tempfile::tempdir().expect("a folder");
    let push = work.path().join("a.push").display().to_string();
    let result = provision(&[
        "sign",
        "cdma.xml",
        "--method",
        "userpinmac",
        "--pin",
        "12345",
        "--output",
        &push,
    ]);
    assert_eq!(result.code, 0, "{}", result.err);
    let typed = result
        .err
        .trim()
        .rsplit(' ')
        .next()
        .expect("digits")
        .to_owned();
    assert_eq!(typed.len(), 10);
    assert_eq!(provision(&["verify", &push, "--pin", &typed]).code, 0);
    assert_eq!(provision(&["verify", &push, "--pin", "1234500000"]).code, 1);
}

#[test]
fn nodes_are_listed_with_the_specifications_sentences() {
    let result = provision(&["nodes", "--json"]);
    let nodes: serde_json::Value = serde_json::from_slice(&result.out).expect("JSON");
    let nodes = nodes.as_array().expect("a list");
    let hotspot = nodes.iter().filter(|node| {
        node["path"]
            .as_str()
            .is_some_and(|path| path.starts_with("HotSpot/"))
    });
    assert_eq!(hotspot.count(), 16);
    let result = provision(&["nodes", "--markdown"]);
    assert!(
        result
            .text()
            .contains("| HotSpot/MaxUsers | optional | a whole number of users from 1 to 8 | 5 |")
    );
    assert!(provision(&["nodes"]).text().contains("simultaneous users"));
}

#[test]
fn what_is_not_there_is_a_usage_error() {
    let result = provision(&["check", "gone.xml"]);
    assert_eq!(result.code, 2);
    assert!(result.err.contains("gone.xml"), "{}", result.err);
}

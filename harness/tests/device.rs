//! `ics-harness device run`, with what is typed coming from a pipe.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Types these lines and returns the exit code and both outputs.
fn run(folder: &Path, more: &[&str], lines: &str) -> (i32, String, String) {
    let output = Command::cargo_bin("ics-harness")
        .expect("cargo builds the program first")
        .env_remove("CLICOLOR_FORCE")
        .current_dir(workspace())
        .args(["device", "run"])
        .arg(folder)
        .args(more)
        .write_stdin(lines)
        .output()
        .expect("the program starts");
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).expect("text"),
        String::from_utf8(output.stderr).expect("text"),
    )
}

/// What stands in the outputs, in this order.
#[track_caller]
fn assert_order(text: &str, wanted: &[&str]) {
    let mut rest = text;
    for words in wanted {
        let at = rest.find(words);
        rest = &rest[at.unwrap_or_else(|| panic!("{words:?} does not follow in:\n{text}"))..];
    }
}

#[test]
fn a_device_shares_when_the_real_plugin_is_told_yes_and_stops_when_the_server_is_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = "apply sample-plugins/documents/carrier-json.xml\non\njoin 3\nstatus\ncut\nskip 30m\nstatus\nserver deny\non\n";
    let plugin = ["--plugin", "sample-plugins/carrier-json"];
    let (code, out, err) = run(folder.path(), &plugin, lines);
    assert_eq!(code, 0, "{err}");
    assert_order(
        &out,
        &[
            "ENTITLEMENT_SUCCESS",
            "shares Internet",
            "3 joins over Wi-Fi",
            "sharing      on",
            "connect/refused",
            "ENTITLEMENT_UNAVAILABLE",
            "stops sharing: the periodic check had no answer",
            "Visit https://operator.example",
            "sharing      off",
            "ENTITLEMENT_FAILED",
            "does not share: the device is not entitled",
        ],
    );
}

#[test]
fn what_was_set_is_there_at_the_next_start_which_is_what_a_reboot_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = folder.path().join("device");
    let waits = "apply sample-plugins/documents/unlocked.xml\napply sample-plugins/documents/fewer-users.xml\nstatus\n";
    let (code, out, err) = run(&device, &[], &format!("{waits}reboot\nstatus\n"));
    assert_eq!(code, 0, "{err}");
    let took = "uses from now on: PublicConnectionTimeout";
    assert_order(
        &out,
        &[
            "turns the device on",
            "waiting      PublicConnectionTimeout",
            "restarts the device",
            took,
            "waiting      none",
        ],
    );
    let device = folder.path().join("another");
    run(&device, &[], waits);
    let (code, out, err) = run(&device, &[], "status\non\njoin 4\nquit\non\n");
    assert_eq!(code, 0, "{err}");
    assert_order(
        &out,
        &[
            "turns the device on",
            took,
            "waiting      none",
            "shares Internet",
            "4 is turned away over Wi-Fi: MaxUsers are connected",
        ],
    );
    assert_eq!(
        out.matches("turns Internet sharing on").count(),
        1,
        "quit ends it"
    );
}

#[test]
fn time_outs_come_when_time_is_let_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = "apply sample-plugins/documents/unlocked.xml\non\ntime\nskip 6m\n";
    let (code, out, err) = run(folder.path(), &[], lines);
    assert_eq!(code, 0, "{err}");
    assert_order(
        &out,
        &[
            "by itself in",
            "stops sharing: no client for PeerlessTimeout",
        ],
    );
}

#[test]
fn slips_are_answered_and_the_device_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, _) = run(
        folder.path(),
        &[],
        "jion 3\napply gone.xml\nhelp\nserver http/50\n",
    );
    assert_eq!(code, 0);
    assert_order(
        &out,
        &[
            "write `join`",
            "cannot read gone.xml",
            "skip SPAN",
            "write `server http/500`",
        ],
    );
    assert!(!out.contains('\u{1b}'), "a pipe gets no colour");
}

#[test]
fn a_second_device_in_one_folder_is_told_to_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let lock = ics_harness::device::state::Folder::open(folder.path()).expect("free");
    let (code, _, err) = run(folder.path(), &[], "status\n");
    assert_eq!(code, 2);
    assert!(err.contains("in use by another process"), "{err}");
    drop(lock);
}

#[test]
fn asking_without_a_plugin_says_how_to_name_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = "apply sample-plugins/documents/minimal.xml\non\n";
    let (code, _, err) = run(folder.path(), &[], lines);
    assert_eq!(code, 2);
    assert!(err.contains("--plugin"), "{err}");
}

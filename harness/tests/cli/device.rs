//! `ics-harness device run`, with what is typed coming from a pipe.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::prerequisites;
use crate::support::assert_order;

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

#[test]
fn a_device_shares_when_the_server_allows_it_and_stops_when_the_server_is_unreachable() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = "apply sample-plugins/documents/carrier-json.xml\non\njoin 3\nstatus\nserver connect/refused\nskip 30m\nstatus\nserver deny\non\n";
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
fn a_push_is_taken_from_its_short_messages_if_the_sim_proves_it() {
    let lines = "apply sample-plugins/documents/unlocked.xml\npush sample-plugins/documents/fewer-users.cmgs\nsim 001010123456789\npush sample-plugins/documents/fewer-users.cmgs\npush sample-plugins/documents/unlocked.xml\npush gone\n";
    let refused = "sends sample-plugins/documents/fewer-users.cmgs, which is refused: ";
    for (imsi, first) in [
        ("001010987654321", refused),
        (
            "001010123456789",
            "sends sample-plugins/documents/fewer-users.cmgs: 2 settings",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let (code, out, err) = run(folder.path(), &["--imsi", imsi], lines);
        assert_eq!(code, 0, "{err}");
        assert_order(
            &out,
            &[
                first,
                "inserts another SIM",
                "sends sample-plugins/documents/fewer-users.cmgs: ",
                "holds no whole push message",
                "cannot read `gone`",
            ],
        );
    }
}

#[test]
fn other_providers_are_refused_where_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("two.xml");
    let text = r#"<wap-provisioningdoc><characteristic type="BOOTSTRAP"><parm name="NAME" value="O"/></characteristic><characteristic type="HotSpot"><parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="false"/></characteristic></wap-provisioningdoc>"#;
    std::fs::write(&document, text).expect("written");
    let lines = format!("apply {}\n", document.display());
    let state = folder.path().join("device");
    let (code, out, err) = run(&state, &["--strict-providers"], &lines);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("which is refused: 1 error"), "{out}");
    assert!(err.contains("BOOTSTRAP"), "{err}");
    let (_, out, err) = run(&state, &[], &lines);
    assert!(out.contains("2 settings, 1 note"), "{out}{err}");
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
            "4 is refused over Wi-Fi: MaxUsers are connected",
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
            "cannot read `gone.xml`",
            "skip SPAN",
            "write `http/500`",
        ],
    );
    assert!(!out.contains('\u{1b}'), "a pipe gets no colour");
}

#[test]
fn a_second_device_in_one_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let lock = ics_device::state::Folder::open(folder.path()).expect("free");
    let (code, _, err) = run(folder.path(), &[], "status\n");
    assert_eq!(code, 2);
    assert!(err.contains("in use by another process"), "{err}");
    drop(lock);
}

#[test]
fn asking_without_a_plugin_shows_how_to_name_one_and_the_device_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = "apply sample-plugins/documents/minimal.xml\non\nstatus\n";
    let (code, out, err) = run(folder.path(), &[], lines);
    assert_eq!(code, 0, "{err}");
    assert_order(
        &out,
        &[
            "ENTITLEMENT_UNAVAILABLE after 0 ms: there is no plugin; name it with --plugin",
            "does not share",
            "sharing      off",
        ],
    );
}

#[test]
fn what_has_spaces_stands_in_quotes() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("my document.xml");
    let entry = r#"<wap-provisioningdoc><characteristic type="CM_CellularEntries"><characteristic type="My Net"/></characteristic></wap-provisioningdoc>"#;
    std::fs::write(&document, entry).expect("written");
    let lines = format!(
        "apply {0}\napply '{0}'\nconnection \"My Net\" up\nstatus\n",
        document.display()
    );
    let (code, out, err) = run(&folder.path().join("device"), &[], &lines);
    assert_eq!(code, 0, "{err}");
    assert_order(
        &out,
        &[
            "write `apply FILE`, with quotes around spaces",
            "My Net is up",
            "My Net (up)",
        ],
    );
}

#[test]
fn an_image_that_is_not_there_leaves_no_device() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = folder.path().join("device");
    let (code, _, err) = run(&device, &["--image", "no-image"], "status\n");
    assert_eq!(code, 2);
    assert!(err.contains("no-image"), "{err}");
    assert!(!device.exists());
}

#[test]
fn an_unknown_connection_cannot_go_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = "connection Interent down\nconnection MMS gone\nconnection MMS up\nconnection MMS gone\nstatus\n";
    let (code, out, err) = run(folder.path(), &[], lines);
    assert_eq!(code, 0, "{err}");
    assert_order(
        &out,
        &[
            "no connection is called `Interent`; write `Internet`",
            "no connection is called `MMS`; expected `Internet`",
            "MMS is up",
            "MMS is gone",
            "connections  Internet (up)\n",
        ],
    );
}

#[test]
fn a_push_is_not_taken_and_the_device_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let push = folder.path().join("m.push");
    std::fs::write(&push, [1, 6, 1, 0xb6]).expect("written");
    let lines = format!("apply {}\nstatus\n", push.display());
    let (code, out, err) = run(&folder.path().join("device"), &[], &lines);
    assert_eq!(code, 0, "{err}");
    assert_order(&out, &["is a push message", "provision decode", "screen"]);
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = std::fs::File::options().write(true).open("/dev/full");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .args(["device", "run"])
        .arg(folder.path())
        .stdin(std::process::Stdio::null())
        .stdout(full.expect("Linux has it"))
        .output()
        .expect("the program starts");
    let err = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(err.contains("cannot write to standard output"), "{err}");
}

/// Writes to a pipe whether it runs alone, and never answers.
const HANGS: &str = r#"
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
int IsEntitled(void) {
    int lock = open(FOLDER "/lock", O_RDONLY);
    int alone = flock(lock, LOCK_EX | LOCK_NB) == 0;
    int pipe = open(FOLDER "/pipe", O_WRONLY);
    if (alone) write(pipe, "alone\n", 6); else write(pipe, "not alone\n", 10);
    for (;;) pause();
}
"#;

/// At a terminal things happen to a device while a check goes on.
#[test]
fn a_check_that_is_not_wanted_any_more_is_ended_before_the_next_is_asked() {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::Stdio;
    use std::time::Duration;

    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    if let Some(how) = prerequisites::missing("cc") {
        return prerequisites::not_shown("that one plugin runs at a time", &how);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("hangs.c"), HANGS).expect("written");
    let compiled = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o"])
        .args([at("libhangs.so"), at("hangs.c")])
        .arg(format!("-DFOLDER=\"{}\"", folder.path().display()))
        .status();
    assert!(compiled.expect("the compiler starts").success());
    // A plugin cannot create files outside of its run's own folders.
    std::fs::write(at("lock"), "").expect("written");
    mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RWXU, 0).expect("made");
    // Held open for writing, too, so that it never ends.
    let pipe = std::fs::File::options()
        .read(true)
        .write(true)
        .open(at("pipe"));
    let (sender, receiver) = std::sync::mpsc::channel();
    let lines = BufReader::new(pipe.expect("it is there")).lines();
    std::thread::spawn(move || {
        lines
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    // By itself a plugin that hangs is ended only after a minute.
    let next_line = || receiver.recv_timeout(Duration::from_secs(30));

    let mut keys = std::fs::File::from(
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal"),
    );
    grantpt(&keys)
        .and_then(|()| unlockpt(&keys))
        .expect("a terminal");
    let name = ptsname(&keys, Vec::new()).expect("it has a name");
    let terminal = std::fs::File::options()
        .read(true)
        .write(true)
        .open(name.to_str().expect("a path"))
        .expect("a terminal");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .current_dir(workspace())
        .args(["device", "run"])
        .arg(at("device"))
        .arg("--plugin")
        .arg(at("libhangs.so"))
        .stdin(terminal)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut press = |text: &str| keys.write_all(text.as_bytes()).expect("it reads");
    press("apply sample-plugins/documents/minimal.xml\n");
    for _ in 0..3 {
        press("on\n");
        let line = next_line().expect("the plugin runs");
        assert_eq!(line, "alone");
        press("status\nsim\n");
    }
    press("on\n");
    assert_eq!(next_line().expect("the plugin runs"), "alone");
    press("quit\n");
    let mut out = String::new();
    let mut pipe = child.stdout.take().expect("a pipe");
    pipe.read_to_string(&mut out).expect("text");
    let output = child.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert_order(
        &out,
        &[
            "check        1 runs",
            "no longer wants check 1",
            "check        2 runs",
            "no longer wants check 3",
            "check 4, to enable",
        ],
    );
    let lock = std::fs::File::open(at("lock")).expect("it is there");
    assert!(lock.try_lock().is_ok(), "no plugin is left");
}

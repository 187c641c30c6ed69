//! Completions and manual pages, as a shell and man read them.

use std::fs;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;

use crate::prerequisites::{missing, not_shown};

fn harness(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("ics-harness").expect("cargo builds it first");
    command.args(arguments);
    command
}

#[test]
fn bash_completes_commands_and_options() {
    if let Some(how) = missing("bash") {
        return not_shown("completions of bash", &how);
    }
    let output = harness(&["completions", "bash"])
        .output()
        .expect("it starts");
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("ics-harness");
    fs::write(&script, output.stdout).expect("written");
    // What bash does when Tab is pressed after these words, of which the last one is not finished.
    let completed = |words: &str, last: &str| {
        let count = words.split(' ').count();
        let text = format!(
            "source '{}'; f=$(complete -p ics-harness | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
             COMP_WORDS=({words} '{last}'); COMP_CWORD={count}; $f ics-harness '{last}' ''; \
             echo \"${{COMPREPLY[@]}}\"",
            script.display()
        );
        let output = Command::new("bash")
            .args(["-c", &text])
            .output()
            .expect("it starts");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let commands = completed("ics-harness", "");
    assert!(
        commands.contains("check") && commands.contains("report"),
        "{commands}"
    );
    let options = completed("ics-harness check", "--kn");
    assert!(options.contains("--known-failing"), "{options}");
}

#[test]
fn there_is_a_page_for_each_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("text");
    let status = harness(&["man", path]).status().expect("it starts");
    assert!(status.success());
    for name in [
        "ics-harness",
        "ics-harness-check",
        "ics-harness-provision-apply",
    ] {
        let page = fs::read_to_string(folder.path().join(format!("{name}.1")));
        let page = page.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(page.contains(".SH NAME"), "{page}");
        assert!(page.contains("SYNOPSIS"), "{page}");
    }
    let check = fs::read_to_string(folder.path().join("ics-harness-check.1")).expect("a page");
    assert!(check.contains("known\\-failing"), "{check}");
}

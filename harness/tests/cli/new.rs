//! `new`: what it makes and says, and what it refuses.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use crate::support::assert_order;

/// Runs `new` in a folder, and returns the exit code, standard output and standard error.
fn new(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::cargo_bin("ics-harness")
        .expect("cargo builds the program first")
        .current_dir(folder)
        .arg("new")
        .args(arguments)
        .output()
        .expect("the program starts");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Expects a usage error with these words, and that nothing was made.
#[track_caller]
fn refused(arguments: &[&str], words: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, err) = new(folder.path(), arguments);
    assert_eq!(code, Some(2), "{err}");
    assert_eq!(out, "");
    assert_order(&err, words);
    let mut left = fs::read_dir(folder.path()).expect("a folder");
    assert!(left.next().is_none(), "something was made");
}

#[test]
fn the_files_and_the_next_commands_are_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, err) = new(folder.path(), &["my-operator", "--language", "rust"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_order(
        &out,
        &[
            "my-operator has\n",
            "    Cargo.toml\n",
            "    src/lib.rs\n",
            "    .github/workflows/check.yml\n",
            "    hotspot.xml\n",
            "Next, in my-operator:\n    cargo test\n    cargo build --profile plugin\n    ics-harness check .\n",
        ],
    );
    let made = folder.path().join("my-operator");
    let listed = out
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("Next"));
    for file in listed {
        assert!(made.join(file.trim()).is_file(), "{file}");
    }
}

#[test]
fn the_output_can_be_named_and_be_an_empty_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("made")).expect("a folder");
    let arguments = ["a", "--language", "c++", "--output", "made"];
    let (code, out, err) = new(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("made has\n"), "{out}");
    let answer = fs::read_to_string(folder.path().join("made/answer.cpp"));
    assert!(answer.expect("the decision").contains("decide("));
    // Whatever its author has written by then is not replaced.
    let (code, _, err) = new(folder.path(), &arguments);
    assert_eq!(code, Some(2));
    assert_order(&err, &["made exists and is not empty", "--output"]);
}

#[test]
fn a_name_that_a_crate_or_a_file_cannot_have_is_refused() {
    for name in ["My", "../a", "a b", "2a", ""] {
        refused(
            &[name, "--language", "c"],
            &["<NAME>", "a lower-case letter"],
        );
    }
    refused(
        &["match", "--language", "rust"],
        &["has a meaning for Rust"],
    );
}

#[test]
fn an_unknown_protocol_is_refused_with_the_nearest_one() {
    refused(
        &["a", "--language", "c", "--protocol", "minimall"],
        &[
            "`minimall`, did you mean `minimal`?",
            "`minimal` or `carrier-json`",
            "--profile FILE",
        ],
    );
    refused(
        &["a", "--language", "c", "--protocol", "ts43"],
        &["`ts43`; the protocols are"],
    );
    refused(
        &[
            "a",
            "--language",
            "c",
            "--protocol",
            "minimal",
            "--profile",
            "x.toml",
        ],
        &["cannot be used with"],
    );
}

#[test]
fn an_unknown_language_is_refused() {
    refused(&["a", "--language", "go"], &["go", "rust, c, c++"]);
    refused(&["a"], &["--language"]);
}

#[test]
fn an_sdk_that_is_not_there_is_refused() {
    refused(
        &["a", "--language", "rust", "--sdk", "nowhere"],
        &["nowhere has no crate ics-entitlement", "git"],
    );
    refused(
        &["a", "--language", "c", "--sdk", "nowhere"],
        &["--sdk is for --language rust"],
    );
}

#[test]
fn the_sdk_can_be_a_git_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = "https://git.oem.example/ics-entitlement";
    let (code, _, err) = new(folder.path(), &["a", "--language", "rust", "--sdk", url]);
    assert_eq!(code, Some(0), "{err}");
    let manifest = fs::read_to_string(folder.path().join("a/Cargo.toml")).expect("a manifest");
    assert!(
        manifest.contains(&format!("ics-entitlement = {{ git = \"{url}\" }}\n")),
        "{manifest}"
    );
}

#[test]
fn a_project_of_a_profile_says_that_it_is_not_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let step = "name = \"own\"\n[[step]]\nname = \"question\"\nmethod = \"METHOD\"\npath = \"/v2/check\"\n\
                [step.allow]\nbody = '{\"on\":true}'\n[step.deny]\nstatus = 403\n";
    fs::write(
        folder.path().join("own.toml"),
        step.replace("METHOD", "GET"),
    )
    .expect("a file");
    let (code, out, err) = new(
        folder.path(),
        &["own", "--language", "c", "--profile", "own.toml"],
    );
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("returns UNAVAILABLE until you complete its decision"),
        "{out}"
    );
    let protocol = fs::read_to_string(folder.path().join("own/protocol.h")).expect("a header");
    assert!(
        protocol.contains("https://entitlement.operator.example/v2/check"),
        "{protocol}"
    );
    let answer = fs::read_to_string(folder.path().join("own/answer.c")).expect("a source");
    assert!(!answer.contains("return ENTITLEMENT_SUCCESS;"), "{answer}");

    fs::write(
        folder.path().join("own.toml"),
        step.replace("METHOD", "PUT"),
    )
    .expect("a file");
    let (code, _, err) = new(
        folder.path(),
        &["other", "--language", "c", "--profile", "own.toml"],
    );
    assert_eq!(code, Some(2));
    assert_order(&err, &["own.toml", "PUT", "GET or POST"]);
    fs::write(folder.path().join("own.toml"), "nonsense").expect("a file");
    let (code, _, err) = new(
        folder.path(),
        &["other", "--language", "c", "--profile", "own.toml"],
    );
    assert_eq!(code, Some(2));
    assert!(err.contains("own.toml cannot be used"), "{err}");
    assert!(!folder.path().join("other").exists());
}

//! `ics-harness explain`: pages, languages, Markdown, suggestions; and its examples, which compile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::explain::{Example, Language};
use ics_harness::rules;

use crate::prerequisites::{missing, not_shown};
use crate::support::assert_order;
use crate::support::compilers::assert_success;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs it and returns the exit code, standard output and standard error.
fn explain(arguments: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::cargo_bin("ics-harness")
        .expect("cargo builds the program first")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("NO_COLOR")
        .arg("explain")
        .args(arguments)
        .output()
        .expect("the program starts");
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).expect("text"),
        String::from_utf8(output.stderr).expect("text"),
    )
}

#[test]
fn a_page_has_its_parts_and_both_examples() {
    let (code, out, _) = explain(&["http/short-body"]);
    assert_eq!(code, 0);
    assert_order(
        &out,
        &[
            "http/short-body (must)",
            "Clause ",
            "Expected ",
            "Help ",
            "\nOn the wire\n",
            "    Content-Length: 1020\n",
            "\nWhy a device meets it\n",
            "\nWhat a correct plugin does\n",
            "Scenario: ",
            "call PLUGIN --scenario http/short-body",
            "\nExample in Rust (complete-body)\n",
            "pub fn body(",
            "\nExample in C (complete-body)\n",
            "bool is_complete(",
        ],
    );
    assert!(!out.contains('\u{1b}'), "a pipe gets no colour");
}

#[test]
fn one_language_can_be_selected() {
    for (language, with, without) in [
        ("rust", "Example in Rust", "Example in C"),
        ("c", "Example in C", "Example in Rust"),
    ] {
        let (code, out, _) = explain(&["tls/wrong-name", "--language", language]);
        assert_eq!(code, 0);
        assert!(out.contains(with) && !out.contains(without), "{out}");
    }
    let (code, _, err) = explain(&["tls/wrong-name", "--language", "ada"]);
    assert_eq!(code, 2);
    assert!(err.contains("rust, c, all"), "{err}");
}

#[test]
fn every_rule_is_explained_in_each_form() {
    for rule in rules::all() {
        for form in [&[rule.id][..], &[rule.id, "--markdown"]] {
            let (code, out, err) = explain(form);
            assert_eq!(code, 0, "{form:?}: {err}");
            assert_order(
                &out,
                &[
                    "On the wire",
                    "Why a device meets it",
                    "What a correct plugin does",
                ],
            );
        }
    }
}

#[test]
fn the_list_is_that_of_all_rules() {
    let (code, out, _) = explain(&["--list"]);
    assert_eq!(code, 0);
    for rule in rules::all() {
        assert!(out.contains(rule.id), "{} is not listed", rule.id);
    }
    let (code, _, err) = explain(&[]);
    assert_eq!(code, 2);
    assert!(err.contains("--list"), "{err}");
}

#[test]
fn a_rule_that_only_a_profile_has_is_explained_in_general() {
    for form in [
        &["profile/stale-token"][..],
        &["profile/stale-token", "--markdown"],
    ] {
        let (code, out, err) = explain(form);
        assert_eq!(code, 0, "{err}");
        assert_order(
            &out,
            &[
                "profile/stale-token",
                "On the wire",
                "[[step.response]]",
                "What a correct plugin does",
                "ics-harness check --profile FILE PLUGIN",
                "ics-harness profile check FILE",
                "Example in Rust",
            ],
        );
    }
    let (_, out, _) = explain(&["profile/\u{1b}[31m"]);
    assert!(
        !out.contains('\u{1b}'),
        "the terminal gets no escape sequence"
    );
}

#[test]
fn an_unknown_rule_is_answered_by_the_nearest() {
    let (code, out, err) = explain(&["htpp/short-bod"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("did you mean `http/short-body`?"), "{err}");
    assert!(err.contains("explain --list"), "{err}");
}

#[test]
fn two_pages_as_they_are_printed() {
    let (_, text, _) = explain(&["connect/refused", "--language", "rust"]);
    insta::assert_snapshot!("text", text);
    let (_, markdown, _) = explain(&["file/export", "--markdown", "--language", "c"]);
    insta::assert_snapshot!("markdown", markdown);
}

/// The files of the examples in one language, by name.
fn files(language: Language) -> Vec<(&'static str, PathBuf)> {
    let folder = workspace().join("harness/src/explain/examples");
    let extension = match language {
        Language::Rust => "rs",
        Language::C => "c",
    };
    Example::all()
        .map(|example| {
            (
                example.name,
                folder.join(example.name).with_extension(extension),
            )
        })
        .collect()
}

#[test]
fn every_file_of_an_example_is_in_the_table() {
    let folder = workspace().join("harness/src/explain/examples");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let name = name.expect("a name");
        assert!(Example::find(name).is_some(), "no example is named {name}");
    }
}

#[test]
fn every_example_in_rust_is_compiled_with_the_workspace() {
    let manifest = workspace().join("harness/explain-examples/Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("the manifest");
    for (name, _) in files(Language::Rust) {
        assert!(
            manifest.contains(&format!("path = \"../src/explain/examples/{name}.rs\"")),
            "add an [[example]] to harness/explain-examples/Cargo.toml for {name}"
        );
    }
}

#[test]
fn every_example_in_c_compiles_without_a_warning() {
    const CLAIM: &str = "the C examples compile";
    if let Some(how) = missing("cc").or_else(|| missing("pkg-config")) {
        return not_shown(CLAIM, &how);
    }
    let flags = Command::new("pkg-config")
        .args(["--cflags", "libcurl", "jansson"])
        .output()
        .expect("pkg-config starts");
    if !flags.status.success() {
        return not_shown(
            CLAIM,
            "libcurl's and jansson's headers are missing (apt-get install libcurl4-openssl-dev libjansson-dev)",
        );
    }
    let flags = String::from_utf8(flags.stdout).expect("text");
    for (name, path) in files(Language::C) {
        let output = Command::new("cc")
            .args([
                "-fsyntax-only",
                "-std=c11",
                "-Wall",
                "-Wextra",
                "-Wpedantic",
            ])
            .args(["-Wshadow", "-Wconversion", "-Werror", "-I"])
            .arg(workspace().join("include"))
            .args(flags.split_whitespace())
            .arg(path)
            .output()
            .expect("cc starts");
        assert_success(&output, name);
    }
}

//! Projects that `new` makes: each builds outside of the workspace, passes its own test, and is conformant as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ics_harness::report::Verdict;
use tempfile::TempDir;

use crate::check::{Examined, examine, harness, missing_for_c, stderr, workspace};
use crate::prerequisites::{missing, not_shown};
use crate::samples::passes_all;

/// Rules of each group that what differs between projects can break. Two projects are examined by all rules.
const SOME: &[&str] = &[
    "--strict",
    "--rules",
    "answer/*,file/*,host/*,http/captive-portal,load/*,tls/*",
];
const ALL: &[&str] = &["--strict"];

/// A project in a folder of its own, which is removed with the value.
struct Made {
    _folder: TempDir,
    path: PathBuf,
}

impl Made {
    /// `arguments` are those of `new` after the name.
    #[track_caller]
    fn new(name: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(name);
        let made = harness(&["new", name, "--output"])
            .arg(&path)
            .args(arguments)
            .output();
        assert_success("new", &made.expect("the program starts"));
        let document = harness(&["provision", "check"])
            .arg(path.join("hotspot.xml"))
            .output();
        assert_success("provision check", &document.expect("the program starts"));
        // The versions that are built for the workspace already, and that are there without a network.
        let lock = workspace().join("Cargo.lock");
        fs::copy(lock, path.join("Cargo.lock")).expect("a copy");
        Self {
            _folder: folder,
            path,
        }
    }

    /// Runs a command in the project.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.path);
        in_workspace(&mut command).output().expect("it starts")
    }

    /// Builds it as `check FOLDER` does, and examines it.
    fn check(&self, arguments: &[&str]) -> Examined {
        let mut command = harness(&["check", "--json", "-"]);
        examine(in_workspace(command.args(arguments).arg(&self.path)))
    }
}

/// What the workspace has built is used, and nothing is fetched.
fn in_workspace(command: &mut Command) -> &mut Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    command
        .env(
            "CARGO_TARGET_DIR",
            target.expect("a folder in the target folder"),
        )
        .env("CARGO_NET_OFFLINE", "true")
        .env("ICS_HARNESS", env!("CARGO_BIN_EXE_ics-harness"))
        // A job server of cargo's or of another make is not theirs to use.
        .env_remove("MAKEFLAGS")
}

#[track_caller]
fn assert_success(what: &str, output: &Output) {
    let text = [&*output.stdout, &*output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{what}: {text}");
}

#[track_caller]
fn rust_is_conformant(name: &str, protocol: &str, rules: &[&str]) {
    let project = Made::new(name, &["--language", "rust", "--protocol", protocol]);
    assert_success("cargo fmt", &project.run("cargo", &["fmt", "--check"]));
    // The profile whose dependencies the samples have built.
    let tested = project.run(
        "cargo",
        &["test", "--profile", "plugin", "--", "--nocapture"],
    );
    assert_success("cargo test", &tested);
    let output = [tested.stdout, tested.stderr].concat();
    let output = String::from_utf8_lossy(&output);
    assert!(
        output.contains("1 passed") && !output.contains("SKIPPED"),
        "{output}"
    );
    passes_all(name, &project.check(rules));
}

#[track_caller]
fn c_is_conformant(name: &str, language: &str, protocol: &str, rules: &[&str]) {
    if let Some(how) = missing_for_c().or_else(|| missing("c++")) {
        return not_shown(&format!("a new project in {language} is conformant"), &how);
    }
    let project = Made::new(name, &["--language", language, "--protocol", protocol]);
    let tested = project.run("make", &["test"]);
    assert_success("make test", &tested);
    let output = String::from_utf8_lossy(&tested.stdout);
    assert!(
        output.contains("allow: 0\ndeny: 1\nhttp/500: 2\n"),
        "{output}"
    );
    passes_all(name, &project.check(rules));
}

#[test]
fn minimal_in_rust_is_conformant() {
    rust_is_conformant("new-rust-minimal", "minimal", SOME);
}

#[test]
fn carrier_json_in_rust_is_conformant() {
    rust_is_conformant("new-rust-carrier-json", "carrier-json", SOME);
}

#[test]
fn minimal_in_c_is_conformant() {
    c_is_conformant("new-c-minimal", "c", "minimal", ALL);
}

#[test]
fn carrier_json_in_c_is_conformant() {
    c_is_conformant("new-c-carrier-json", "c", "carrier-json", SOME);
}

#[test]
fn minimal_in_cxx_is_conformant() {
    c_is_conformant("new-cxx-minimal", "c++", "minimal", SOME);
}

#[test]
fn carrier_json_in_cxx_is_conformant() {
    c_is_conformant("new-cxx-carrier-json", "c++", "carrier-json", ALL);
}

#[test]
fn cmake_builds_the_same_projects() {
    const CLAIM: &str = "CMake builds new projects";
    if let Some(how) = missing("cmake")
        .or_else(missing_for_c)
        .or_else(|| missing("c++"))
    {
        return not_shown(CLAIM, &how);
    }
    for language in ["c", "c++"] {
        let project = Made::new("new-cmake", &["--language", language]);
        let configured = project.run("cmake", &["-G", "Unix Makefiles", "-S", ".", "-B", "out"]);
        assert_success("cmake", &configured);
        assert_success("cmake --build", &project.run("cmake", &["--build", "out"]));
        assert!(project.path.join("out/libnew_cmake.so").is_file());
    }
}

/// A profile with what the literals and comments of the languages have to hold.
const OWN: &str = r#"
name = "own"
[[step]]
name = "question"
method = "POST"
path = "/v2/{id}/check"
query = { app = "a \" b" }
headers = { x-api-key = "\"\\ */" }
json = { "device.model" = "*" }
[step.allow]
body = '{"tethering":{"state":"on"}}'
[step.deny]
status = 403
content-type = "text/plain"
body = "no"
"#;

/// It builds, its test passes, its request is the profile's, and it never allows.
#[track_caller]
fn own_is_unavailable(language: &str, test: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("own.toml");
    fs::write(&file, OWN).expect("a file");
    let file = file.to_str().expect("a UTF-8 path");
    let name = format!("new-own-{}", language.replace('+', "x"));
    let project = Made::new(&name, &["--language", language, "--profile", file]);
    assert_success("its test", &project.run(test[0], &test[1..]));
    let examined = project.check(&["--rules", "answer/entitled,http/captive-portal"]);
    let output = stderr(&examined.output);
    // It is told that it never allows, and its request is one that the profile knows.
    let failed = examined.rules(Verdict::Fail);
    assert!(
        failed.iter().any(|(id, _)| *id == "answer/entitled"),
        "{output}"
    );
    assert!(output.contains("UNAVAILABLE"), "{output}");
    assert!(!output.contains("fits no step"), "{output}");
}

#[test]
fn a_project_of_a_profile_in_rust_never_allows() {
    own_is_unavailable("rust", &["cargo", "test", "--profile", "plugin"]);
}

#[test]
fn a_project_of_a_profile_in_c_and_cxx_never_allows() {
    if let Some(how) = missing_for_c().or_else(|| missing("c++")) {
        return not_shown("a new project of a profile never allows", &how);
    }
    own_is_unavailable("c", &["make", "test"]);
    own_is_unavailable("c++", &["make", "test"]);
}

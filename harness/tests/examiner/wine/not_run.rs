//! Libraries for Windows that cannot be run here: what is judged all the same, and what is said of the rest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::report::Verdict;

use super::{COMPILER, can_examine, signing};
use crate::check::{Examined, check, harness, stderr, workspace};
use crate::prerequisites::{missing, not_shown};

/// A library with the function and nothing else, by the compilers of that target. `None` if one of them is missing.
fn library(folder: &Path, claim: &str, target: &Target) -> Option<PathBuf> {
    let source = folder.join("plugin.c");
    fs::write(
        &source,
        "__declspec(dllexport) int IsEntitled(void)\n{\n    return 2;\n}\n",
    )
    .expect("written");
    let library = folder.join("plugin.dll");
    for (program, arguments) in target.commands {
        if let Some(how) = missing(program) {
            not_shown(claim, &how);
            return None;
        }
        let status = Command::new(program)
            .args(*arguments)
            .current_dir(folder)
            .status();
        assert!(status.expect("the program starts").success(), "{program}");
    }
    if let Some(how) = signing::lacks() {
        not_shown(claim, &how);
        return None;
    }
    signing::sign(&library);
    Some(library)
}

struct Target {
    /// The machine, as the report names it.
    machine: &'static str,
    /// What makes `plugin.dll` of `plugin.c`.
    commands: &'static [(&'static str, &'static [&'static str])],
}

const LINK: &[&str] = &[
    "/nologo",
    "/dll",
    "/noentry",
    "/nodefaultlib",
    "/out:plugin.dll",
    "plugin.obj",
];

const TARGETS: &[Target] = &[
    Target {
        machine: "aarch64",
        commands: &[
            (
                "clang",
                &[
                    "--target=aarch64-windows-msvc",
                    "-O1",
                    "-c",
                    "plugin.c",
                    "-o",
                    "plugin.obj",
                ],
            ),
            ("lld-link", LINK),
        ],
    },
    Target {
        machine: "arm",
        commands: &[
            (
                "clang",
                &[
                    "--target=thumbv7-windows-msvc",
                    "-O1",
                    "-c",
                    "plugin.c",
                    "-o",
                    "plugin.obj",
                ],
            ),
            ("lld-link", LINK),
        ],
    },
];

/// Asserts that the file was judged, that nothing was run, and that the reason contains these parts.
fn assert_only_the_file_was_judged(examined: &Examined, parts: &[&str]) {
    let output = stderr(&examined.output);
    assert_eq!(examined.output.status.code(), Some(4), "{output}");
    for verdict in [Verdict::Fail, Verdict::Error] {
        assert_eq!(examined.rules(verdict), [], "{output}");
    }
    let passed = examined.rules(Verdict::Pass);
    assert!(
        passed.iter().any(|(rule, _)| *rule == "file/export"),
        "{passed:?}"
    );
    assert!(
        passed.iter().all(|(rule, _)| rule.starts_with("file/")),
        "{passed:?}"
    );
    let skipped = examined.rules(Verdict::Skip);
    let run = skipped.iter().find(|(rule, _)| *rule == "answer/entitled");
    let reason = run.expect("it was selected").1;
    for part in parts {
        assert!(reason.contains(part), "{reason}");
        assert!(output.contains(part), "{output}");
    }
}

#[test]
fn of_a_library_for_another_processor_the_file_is_judged_and_the_rest_is_skipped() {
    for target in TARGETS {
        let folder = tempfile::tempdir().expect("a folder");
        let claim = format!("a library for Windows on {}", target.machine);
        let Some(library) = library(folder.path(), &claim, target) else {
            continue;
        };
        let examined = check(&library, &["--rules", "file/*,answer/entitled,host/alive"]);
        let machine = format!("it is for Windows on {}", target.machine);
        assert_only_the_file_was_judged(&examined, &[&machine, "check a build for that"]);
    }
}

/// The library of the fixture whose function calls that one, with what `from` lacks.
fn importing(folder: &Path, calls: &str, from: &str) -> PathBuf {
    let source = workspace().join("harness/tests/plugins/imports.c");
    let (definition, archive) = (folder.join("lacking.def"), folder.join("liblacking.a"));
    let text = format!("LIBRARY {from}\nEXPORTS\n{calls}\n");
    fs::write(&definition, text).expect("written");
    let made = Command::new("x86_64-w64-mingw32-dlltool")
        .arg("-d")
        .arg(&definition)
        .arg("-l")
        .arg(&archive)
        .status();
    assert!(made.expect("the librarian starts").success());
    let library = folder.join("plugin.dll");
    let made = Command::new(COMPILER)
        .args(["-shared", "-O1", &format!("-DCALLS={calls}"), "-o"])
        .args([&library, &source, &archive])
        .status();
    assert!(made.expect("the compiler starts").success());
    signing::sign(&library);
    library
}

#[test]
fn a_library_that_wine_lacks_is_named_and_nothing_is_run() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let library = importing(folder.path(), "elsewhere", "nowhere.dll");
    let examined = check(&library, &["--rules", "file/*,answer/entitled"]);
    let parts = ["lacks libraries of Windows that it needs: nowhere.dll"];
    assert_only_the_file_was_judged(&examined, &parts);
}

#[test]
fn a_call_of_a_function_that_wine_lacks_is_named_and_is_no_failure() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let library = importing(folder.path(), "absent", "winhttp.dll");
    let examined = check(&library, &["--rules", "load/succeeds,answer/entitled"]);
    let output = stderr(&examined.output);
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.output.status.code(), Some(4), "{output}");
    let skipped = examined.rules(Verdict::Skip);
    let called = skipped.iter().find(|(rule, _)| *rule == "answer/entitled");
    let reason = called.unwrap_or_else(|| panic!("{output}")).1;
    assert!(
        reason.contains("Wine lacks, absent of winhttp.dll"),
        "{reason}"
    );
}

#[test]
fn what_wine_lacks_is_printed_as_text_and_as_json() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let inspected = |calls: &str, from: &str, option: &[&str]| {
        let library = importing(folder.path(), calls, from);
        let output = harness(&["inspect"]).args(option).arg(library).output();
        let output = output.expect("the program starts");
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let text = inspected("absent", "winhttp.dll", &[]);
    assert!(
        text.contains("  Wine lacks    winhttp.dll: absent\n"),
        "{text}"
    );
    let text = inspected("WinHttpOpen", "winhttp.dll", &[]);
    assert!(
        text.contains("  Wine lacks    nothing that it imports\n"),
        "{text}"
    );
    let text = inspected("elsewhere", "nowhere.dll", &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let expected = serde_json::json!([
        { "library": "nowhere.dll", "delayed": false, "functions": [] }
    ]);
    assert_eq!(json["wine_lacks"], expected);
}

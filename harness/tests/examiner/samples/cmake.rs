//! A C sample built by CMake is the plugin that its Makefile builds, by the same rules.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::passes_all;
use crate::check::{check, missing_for_c, workspace};
use crate::prerequisites::{missing, not_shown};

#[test]
fn carrier_json_in_c_is_built_by_cmake() {
    is_built_by_cmake("carrier-json-c", missing_for_c);
}

#[test]
fn carrier_json_in_c_with_the_client_is_built_by_cmake() {
    is_built_by_cmake("carrier-json-client-c", || missing("make"));
}

/// Builds the sample in that folder with CMake, unless something is missing for it, and examines what its build can change.
fn is_built_by_cmake(sample: &str, missing_for_it: impl FnOnce() -> Option<String>) {
    if let Some(how) = missing("cmake").or_else(missing_for_it) {
        return not_shown(&format!("{sample} is built by CMake"), &how);
    }
    let source = workspace().join("sample-plugins").join(sample);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let configured = Command::new("cmake")
        .args(["-G", "Unix Makefiles", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"])
        .arg("-S")
        .arg(&source)
        .arg("-B")
        .arg(folder.path())
        .output();
    assert_success("cmake", &configured.expect("cmake starts"));
    let mut build = Command::new("cmake");
    build
        .arg("--build")
        .arg(folder.path())
        // A job server of cargo's or of another make is not ours to use.
        .env_remove("MAKEFLAGS");
    // They describe these tests. Build scripts that depend on them would run again, and everything would be rebuilt.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            build.env_remove(&name);
        }
    }
    assert_success("cmake --build", &build.output().expect("cmake starts"));

    let makefile = fs::read_to_string(source.join("Makefile")).expect("the Makefile");
    assert_same_strictness(&makefile, folder.path());
    let library = format!("lib{}.so", sample.replace('-', "_"));
    let rules = ["--strict", "--rules", "file/*,answer/*"];
    let examined = check(&folder.path().join(library), &rules);
    passes_all(&format!("{sample} by CMake"), &examined);
}

#[track_caller]
fn assert_success(what: &str, output: &std::process::Output) {
    let text = [&*output.stdout, &*output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{what}: {text}");
}

/// Each source of the Makefile is compiled, with its dialect and all its warnings.
fn assert_same_strictness(makefile: &str, folder: &Path) {
    let commands = fs::read(folder.join("compile_commands.json")).expect("the commands");
    let commands: Vec<serde_json::Value> = serde_json::from_slice(&commands).expect("JSON");
    let command = |source: &str| {
        let found = commands.iter().find(|command| {
            let file = command["file"].as_str().map(Path::new);
            file.is_some_and(|file| file.ends_with(source))
        });
        let found = found.unwrap_or_else(|| panic!("{source} is not compiled"));
        let words = found["command"].as_str().expect("a command line");
        words.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    let sources = words_of(makefile, "SOURCES");
    assert_eq!(sources.len(), commands.len(), "{commands:?}");
    for source in sources {
        let command = command(source);
        for flag in words_of(makefile, "WARNINGS").into_iter().chain([
            "-std=c11",
            "-fvisibility=hidden",
            "-fstack-protector-strong",
        ]) {
            assert!(
                command.iter().any(|word| word == flag),
                "{flag}: {command:?}"
            );
        }
        assert!(
            command.iter().any(|word| word.starts_with("-O")),
            "{command:?}"
        );
    }
}

/// The words that a Makefile assigns to a variable, on one line.
fn words_of<'a>(makefile: &'a str, variable: &str) -> Vec<&'a str> {
    let assigned = makefile.lines().find_map(|line| {
        let line = line.strip_prefix(variable)?;
        line.strip_prefix(" := ")
    });
    let assigned = assigned.unwrap_or_else(|| panic!("{variable} is not assigned"));
    assigned.split_whitespace().collect()
}

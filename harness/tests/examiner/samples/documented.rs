//! Each example of the SDK's documentation that is a plugin is built and examined: what authors copy has no fault.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::passes_all;
use crate::check::{check, workspace};

/// What each of them is examined by: what they can do wrong themselves. The rest is the SDK's, which the samples show.
const RULES: &[&str] = &[
    "--protocol",
    "minimal",
    "--rules",
    "answer/*,http/captive-portal,http/5*",
];

/// Builds the example of that number; the library, and the places of all of them.
fn built(number: usize) -> (PathBuf, Vec<String>) {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .env("ICS_EXAMPLE", number.to_string())
        .args(["build", "--locked", "-p", "documented-examples"])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "example {number}");
    let (mut library, mut places) = (None, Vec::new());
    for line in output.stdout.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<serde_json::Value>(line) else {
            continue;
        };
        let of_package = message["package_id"]
            .as_str()
            .is_some_and(|id| id.contains("documented-examples"));
        if of_package && message["reason"] == "build-script-executed" {
            let out = message["out_dir"].as_str().expect("a folder");
            let list = std::fs::read_to_string(PathBuf::from(out).join("examples.txt"));
            places = list
                .expect("it was written")
                .lines()
                .map(str::to_owned)
                .collect();
        }
        if of_package && message["target"]["name"] == "documented" {
            library = message["filenames"][0].as_str().map(PathBuf::from);
        }
    }
    (library.expect("a library"), places)
}

#[test]
fn the_examples_of_the_documentation_break_no_rule() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, places) = built(0);
    assert!(places.len() >= 5, "{places:?}");
    for (number, place) in places.iter().enumerate() {
        let (built, _) = built(number);
        // The next one is written over it.
        let library = folder.path().join("libdocumented.so");
        std::fs::copy(built, &library).expect("copied");
        passes_all(place, &check(&library, RULES));
    }
    println!("{} examples of the documentation", places.len());
}

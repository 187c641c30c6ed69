//! What tests have built for 64-bit Windows, in the SDK's tests and the harness's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The exit code of the script where there is no compiler.
const UNAVAILABLE: i32 = 69;

/// Builds packages of the workspace as `.ci/windows-cargo` does. The libraries and programs by the names of their files; or,
/// if there is no compiler, how to install one.
pub(crate) fn build(packages: &[&str]) -> Result<HashMap<String, PathBuf>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(root.join(".ci/windows-cargo"));
    // What Cargo tells this test of its package. ring's build script would take it for a change, and run again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(["x86_64-pc-windows-gnu", "build", "--quiet"])
        .args(["--config", "profile.dev.debug=false"])
        .args(["--message-format", "json-render-diagnostics"])
        .args(packages.iter().map(|name| format!("--package={name}")))
        .output()
        .expect("the script starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(UNAVAILABLE) {
        return Err(errors.trim().replace('\n', " "));
    }
    assert!(output.status.success(), "{packages:?}: {errors}");
    let messages = String::from_utf8(output.stdout).expect("Cargo writes UTF-8");
    let built = messages
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("Cargo writes JSON"))
        .flat_map(|message| {
            let files = message["filenames"].as_array().cloned().unwrap_or_default();
            files.into_iter()
        })
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .filter_map(|file| Some((file.file_name()?.to_str()?.to_owned(), file)));
    Ok(built.collect())
}

//! A plugin of the SDK, as a DLL.

use super::*;
use crate::check::lay;

/// The roots of the test bed, where Linux has them. The SDK has none of its own on Windows.
const SETTINGS: &str = r"ca = ['Z:\etc\ssl\certs\ca-certificates.crt']";

/// Builds the sample as the SDK's own tests do, so that it is built once. What is wrong is said if it cannot be.
fn sample() -> Result<PathBuf, String> {
    let mut command = Command::new(workspace().join(".ci/windows-cargo"));
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
        .args(["behaviours", "carrier-json", "minimal", "ts43"].map(|it| format!("--package={it}")))
        .output()
        .expect("the script starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(69) {
        return Err(errors.trim().replace('\n', " "));
    }
    assert!(output.status.success(), "{errors}");
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), PathBuf::from);
    Ok(target.join("windows/x86_64-pc-windows-gnu/debug/carrier_json.dll"))
}

#[test]
fn the_sample_of_the_sdk_breaks_no_must_but_stays_loaded() {
    if !can_examine() {
        return;
    }
    let sample = match sample() {
        Ok(sample) => sample,
        Err(how) => return not_shown("the sample of the SDK is examined as a DLL", &how),
    };
    let inspected = harness(&["inspect"])
        .arg(&sample)
        .output()
        .expect("the program starts");
    let text = String::from_utf8_lossy(&inspected.stdout).into_owned();
    let lacks = text.lines().find(|line| line.contains("Wine lacks"));
    let lacks = lacks.unwrap_or_else(|| panic!("{text}"));
    assert!(
        lacks.contains("nothing that it imports")
            || lacks.contains("bcryptprimitives.dll (`check` brings it)"),
        "{lacks}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let library = lay(&sample, folder.path(), SETTINGS).expect("copied");
    let examined = check(&library, &["--profile", "carrier-json", "--budget", "20s"]);
    let output = stderr(&examined.output);
    // Rust's threads need the library to stay, and rustls does not read a stapled response that says that the certificate
    // was revoked. Both are advice.
    let advice = ["load/unmapped", "tls/revoked-stapled"].map(str::to_owned);
    assert_eq!(failed(&examined), BTreeSet::from(advice), "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_passed(
        &examined,
        &[
            "answer/entitled",
            "answer/not-entitled",
            "tls/wrong-name",
            "http/500",
            // The SDK brings a TLS of its own: what Wine does otherwise does not matter.
            "http/short-body",
            "host/threads",
            "host/descriptors",
            "load/reload",
            "dns/silent",
        ],
    );
    assert_eq!(examined.output.status.code(), Some(4), "{output}");
}

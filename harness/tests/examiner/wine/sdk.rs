//! A plugin of the SDK, as a DLL.

use super::*;
use crate::check::lay;

#[test]
fn the_sample_of_the_sdk_breaks_no_must_but_stays_loaded() {
    if !can_examine() {
        return;
    }
    let built = match windows_cargo::build(SDK_PLUGINS) {
        Ok(built) => built,
        Err(how) => return not_shown("the sample of the SDK is examined as a DLL", &how),
    };
    let sample = &built["carrier_json.dll"];
    let inspected = harness(&["inspect"])
        .arg(sample)
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
    let library = lay(sample, folder.path(), "").expect("copied");
    signing::sign(&library);
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

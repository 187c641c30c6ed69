//! Identities and credentials are in no form of a report, unless the user asks for them.

use std::fs;
use std::process::Output;

use ics_harness::report::Format;

use crate::check::{degraded, harness, plugin, stderr, workspace};
use crate::prerequisites::not_shown;

/// What the server of the profile sends.
const SECRETS: [&str; 5] = [
    "S3cretCookie",
    "S3cretWord",
    "S3cretToken",
    "12065550100",
    "K-77",
];

#[test]
fn no_form_of_a_report_has_an_identity_or_a_credential_unless_it_is_revealed() {
    if let Some(reason) = degraded() {
        not_shown("masked reports", reason);
        return;
    }
    let built = plugin("sample-plugins/carrier-json");
    let profile = workspace().join("harness/tests/profiles/secrets.toml");
    let folder = tempfile::tempdir().expect("a folder");
    let check = |more: &[&str]| -> Output {
        let mut command = harness(&["check", "--rules", "profile/odd,answer/entitled"]);
        for form in Format::names() {
            let file = folder.path().join(form);
            command
                .arg("--report")
                .arg(format!("{form}={}", file.display()));
        }
        command.arg("--profile").arg(&profile).args(more);
        command.arg(&built.library).output().expect("it starts")
    };
    let has = |text: &str| -> Vec<&str> {
        SECRETS
            .into_iter()
            .filter(|secret| text.contains(secret))
            .collect()
    };
    let form = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    let masked = check(&[]);
    assert_eq!(masked.status.code(), Some(1), "{}", stderr(&masked));
    // The transcript is there, and the verdict on the deciding response.
    assert!(stderr(&masked).contains("POST /tethering"));
    assert!(form("json").contains("<masked>") && form("json").contains("<11 digits>"));
    for name in Format::names() {
        assert_eq!(has(&form(name)), [""; 0], "{name}");
    }
    assert_eq!(has(&stderr(&masked)), [""; 0], "{}", stderr(&masked));
    let revealed = check(&["--reveal"]);
    assert_eq!(revealed.status.code(), Some(1), "{}", stderr(&revealed));
    assert_eq!(has(&form("json")), SECRETS);
    // Those with a whole transcript; a line of it has the beginning of a body.
    for name in ["html", "junit"] {
        assert!(has(&form(name)).contains(&"S3cretToken"), "{name}");
    }
    let call = |more: &[&str]| {
        let mut command = harness(&["call", "--scenario", "profile/odd", "--profile"]);
        let output = command
            .arg(&profile)
            .args(more)
            .arg(&built.library)
            .output();
        stderr(&output.expect("it starts"))
    };
    assert_eq!(has(&call(&[])), [""; 0]);
    assert!(has(&call(&["--reveal"])).contains(&"S3cretToken"));
}

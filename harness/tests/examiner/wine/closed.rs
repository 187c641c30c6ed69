//! A DLL of which a laboratory has nothing but the file: not made with the SDK, and with an operator's URL compiled in.

use std::fs;
use std::process::Command;

use super::{can_examine, library};
use crate::assertions::assert_passed;
use crate::check::{check, harness, stderr};
use ics_harness::report::Verdict;

/// What the laboratory makes of what `discover` wrote: it knows from the operator what allows and what denies.
const PROFILE: &str = r#"
name = "example-operator"

[[step]]
name = "permission"
method = "GET"
host = "entitlement.example-operator.test"
path = "/hotspot/v3/permission"
deciding = "permission"

[step.allow]
content-type = "application/json"
body = '{"permission":"granted"}'

[step.deny]
content-type = "application/json"
body = '{"permission":"refused"}'
"#;

fn run(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().expect("the harness starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
    (output.status.code(), text)
}

#[test]
fn a_closed_library_is_examined_with_a_profile_alone() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = library(folder.path(), "closed", &["CLOSED"], "");

    // Without a profile it is not known what allows, so nothing is said against the plugin.
    let mut unknown = harness(&["check", "--rules", "answer/*entitled"]);
    unknown.arg(&plugin);
    let (code, text) = run(unknown);
    assert_eq!(code, Some(4), "{text}");

    let begun = folder.path().join("begun.toml");
    let mut discover = harness(&["discover", "--output"]);
    discover.arg(&begun).arg(&plugin);
    let (code, text) = run(discover);
    assert_eq!(code, Some(0), "{text}");
    let begun = fs::read_to_string(&begun).expect("written");
    for found in [
        "entitlement.example-operator.test",
        "/hotspot/v3/permission",
        "TODO",
    ] {
        assert!(begun.contains(found), "{found}: {begun}");
    }

    fs::write(folder.path().join("conformance.toml"), PROFILE).expect("written");
    let examined = check(
        &plugin,
        &[
            "--deadline",
            "10s",
            "--rules",
            "file/*,answer/*entitled,answer/asks*,answer/recovers,tls/*,dns/*,load/reload,http/5*,http/captive-portal",
        ],
    );
    for verdict in [Verdict::Fail, Verdict::Error] {
        // How it is linked is advice.
        let mut rules = examined.rules(verdict);
        rules.retain(|(rule, _)| *rule != "file/hardening");
        assert!(rules.is_empty(), "{verdict:?}: {rules:?}");
    }
    assert_passed(
        &examined,
        &[
            "answer/entitled",
            "answer/not-entitled",
            "tls/wrong-name",
            "dns/nxdomain",
            "http/captive-portal",
        ],
    );
}

//! Plugins that ask Windows about its connection or about revocation before they trust an answer: a run has both.

use super::{can_examine, library};
use crate::check::{check, harness};
use ics_harness::report::Verdict;

/// It asks in four ways whether the device is connected, and has WinHTTP check that no certificate is revoked.
const SWITCHES: &[&str] = &["ASKS_IF_CONNECTED", "CHECKS_REVOCATION"];

#[test]
fn a_plugin_that_asks_for_a_connection_and_for_revocation_breaks_no_rule() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = library(folder.path(), "connected", SWITCHES, "");
    let examined = check(&plugin, &["--budget", "20s"]);
    for verdict in [Verdict::Fail, Verdict::Error] {
        let rules = examined.rules(verdict);
        assert!(rules.is_empty(), "{verdict:?}: {rules:?}");
    }
    let passed = examined.rules(Verdict::Pass);
    for shown in [
        "answer/entitled",
        "answer/not-entitled",
        "answer/asks-server",
        "load/reload",
        "host/descriptors",
        "host/files",
        "tls/expired",
    ] {
        assert!(passed.iter().any(|(rule, _)| *rule == shown), "{shown}");
    }
}

/// Windows lists no interface where no service is started for it, and the plugin believes that.
#[test]
fn without_services_windows_is_not_connected() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let plugin = library(folder.path(), "connected", SWITCHES, "");
    let called = |boot: &str| {
        let output = harness(&["call", "--wine-boot", boot])
            .arg(&plugin)
            .output()
            .expect("the harness starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (with, without) = (called("nsi"), called("stub"));
    assert!(with.starts_with("ENTITLEMENT_SUCCESS"), "{with}");
    assert!(without.starts_with("ENTITLEMENT_UNAVAILABLE"), "{without}");
}

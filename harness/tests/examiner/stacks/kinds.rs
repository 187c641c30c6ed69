//! Careful plugins of an unusual shape. What cannot be examined is undecided, and never a finding.

use ics_harness::report::Verdict;

use super::{Broken, Tools, assert_findings};
use crate::check::{Examined, check, degraded, stderr, workspace};
use crate::prerequisites::not_shown;

/// The exit code of a check without a verdict.
const UNDECIDED: Option<i32> = Some(4);

/// Examines the plugin in a folder of `other-stacks/kinds`; `None`, reported, where that is not possible.
fn examine(kind: &str, arguments: &[&str]) -> Option<Examined> {
    let claim = format!("the plugin {kind} raises no false alarm");
    if let Some(how) = Tools::c(&["openssl", "jansson"], "libssl-dev libjansson-dev").missing() {
        not_shown(&claim, &how);
        return None;
    }
    if let Some(reason) = degraded() {
        not_shown(&claim, reason);
        return None;
    }
    let folder = workspace().join("harness/other-stacks/kinds").join(kind);
    Some(check(&folder, arguments))
}

#[track_caller]
fn breaks_only(kind: &str, broken: &[Broken]) {
    if let Some(examined) = examine(kind, &[]) {
        assert_findings(&examined, broken, &[]);
    }
}

/// Nothing is found broken, and there is no verdict.
#[track_caller]
fn is_undecided(kind: &str) -> Option<Examined> {
    let examined = examine(kind, &[])?;
    let output = stderr(&examined.output);
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_eq!(examined.output.status.code(), UNDECIDED, "{output}");
    Some(examined)
}

#[test]
fn a_first_request_whose_response_is_not_looked_at() {
    breaks_only("head-first", &[]);
}

#[test]
fn a_retry_after_a_second() {
    breaks_only("retry-after-a-second", &[]);
}

#[test]
fn a_library_and_settings_beside_it() {
    breaks_only("settings-beside", &[]);
}

#[test]
fn a_probe_in_cleartext_before_the_question() {
    let broken = [("tls/used", "its probe is a request over cleartext HTTP")];
    breaks_only("cleartext-probe", &broken);
}

/// The probe fails where the operator's server does, unless faults are kept from other hosts.
#[test]
fn a_probe_in_cleartext_that_must_succeed_before_the_question() {
    let broken = [("tls/used", "its probe is a request over cleartext HTTP")];
    breaks_only("probe-first", &broken);
}

/// What there was no time for was not examined: that is no pass, and no fault of a plugin that is slow.
#[test]
fn a_sequence_that_there_is_no_time_for_is_undecided() {
    let rules = ["--rules", "answer/consistent", "--budget", "1ms"];
    let Some(examined) = examine("retry-after-a-second", &rules) else {
        return;
    };
    let output = stderr(&examined.output);
    assert_eq!(examined.output.status.code(), UNDECIDED, "{output}");
    let skipped = examined.rules(Verdict::Skip);
    let [("answer/consistent", seen)] = skipped.as_slice() else {
        panic!("{skipped:?}\n{output}");
    };
    assert!(
        seen.contains("1 of 51 calls") && seen.contains("--budget"),
        "{seen}"
    );
}

#[test]
fn a_pinned_key_is_undecided() {
    let Some(examined) = is_undecided("pinned-key") else {
        return;
    };
    let output = stderr(&examined.output);
    assert!(output.contains("--ca"), "how to go on is missing: {output}");
}

#[test]
fn a_token_before_the_question_is_undecided() {
    is_undecided("token-first");
}

/// Nothing is found broken, and every must was examined.
#[track_caller]
fn is_conformant(kind: &str) {
    let Some(examined) = examine(kind, &[]) else {
        return;
    };
    let output = stderr(&examined.output);
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_eq!(examined.output.status.code(), Some(0), "{output}");
}

/// With the profile beside its source, which `check` finds.
#[test]
fn a_token_before_the_question_is_conformant_with_its_profile() {
    is_conformant("token-then-ask");
}

#[test]
fn a_token_and_a_session_before_the_question_are_conformant_with_their_profile() {
    is_conformant("three-steps");
}

#[test]
fn a_number_that_decides_is_conformant_with_its_profile() {
    is_conformant("ts43-json");
}

#[test]
fn an_address_and_a_port_are_named_with_the_option() {
    let Some(examined) = is_undecided("address-and-port") else {
        return;
    };
    let output = stderr(&examined.output);
    assert!(output.contains("10.64.0.7:8443"), "{output}");
    assert!(output.contains("--https-port 8443"), "{output}");
}

/// Rules about names do not apply to it, and do not make it undecided.
#[test]
fn an_address_is_examined_on_its_port() {
    let Some(examined) = examine("address-and-port", &["--https-port", "8443"]) else {
        return;
    };
    let output = stderr(&examined.output);
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_eq!(examined.output.status.code(), Some(0), "{output}");
}

//! Every sample passes every rule, because samples are there to be copied.
//! They pass for an ordinary user as well as for the superuser.

pub(crate) mod caller;
mod cmake;
mod documented;
mod explained;

use std::path::Path;

use ics_harness::report::Verdict;

use crate::check::{
    Examined, check, degraded, lay, missing_for_c, plugin, print_line, stderr, workspace,
};
use crate::prerequisites::{missing, not_shown};

/// Nothing is allowed to be broken, not even a `should`.
const STRICT: &[&str] = &["--strict"];

/// Advice that a sample need not follow: libcurl gives each address half of the time that is left, and has no option
/// against it. rustls does not look at the OCSP response that it asks for, and has no option to. The library with a switch
/// for each fault imports what its faults need.
const ADVICE: &[&str] = &[
    "tls/revoked-stapled",
    "dns/many-addresses",
    "file/system-calls",
    "host/errno",
];

/// Fails with the whole output, unless every rule holds.
#[track_caller]
fn assert_passes_all(examined: &Examined) {
    let output = stderr(&examined.output);
    let passed = examined.rules(Verdict::Pass).len();
    let advice = examined.rules(Verdict::Fail);
    assert!(advice.iter().all(|(id, _)| ADVICE.contains(id)), "{output}");
    let rules = examined.report.rules.iter();
    let all = rules.filter(|rule| rule.applicable).count();
    assert_eq!(passed + advice.len(), all, "{output}");
    assert_eq!(examined.output.status.code(), Some(0), "{output}");
}

#[track_caller]
pub(crate) fn passes_all(name: &str, examined: &Examined) {
    let Some(reason) = degraded() else {
        assert_passes_all(examined);
        return;
    };
    let failed = examined.rules(Verdict::Fail);
    assert!(
        failed.iter().all(|(id, _)| ADVICE.contains(id)),
        "{failed:?}"
    );
    assert_eq!(examined.rules(Verdict::Error), []);
    for (rule, why) in examined.rules(Verdict::Skip) {
        print_line(&format!("{name}: {rule} was not examined: {why}"));
    }
    not_shown(
        &format!("{name} passes the rules that were skipped"),
        reason,
    );
}

/// Examines the plugin as the README shows: the folder is named, and built.
#[track_caller]
fn folder_passes_all(folder: &str) {
    passes_all(folder, &check(&workspace().join(folder), STRICT));
}

#[test]
fn minimal_passes_every_rule() {
    folder_passes_all("sample-plugins/minimal");
}

#[test]
fn carrier_json_passes_every_rule() {
    folder_passes_all("sample-plugins/carrier-json");
}

#[test]
fn ts43_passes_every_rule() {
    folder_passes_all("sample-plugins/ts43");
}

#[test]
fn signed_token_passes_every_rule() {
    folder_passes_all("sample-plugins/signed-token");
}

#[test]
fn faulty_without_a_fault_passes_every_rule() {
    folder_passes_all("harness/faulty-plugins");
}

#[test]
fn carrier_json_in_c_passes_every_rule() {
    match missing_for_c() {
        Some(missing) => not_shown("carrier-json-c passes every rule", &missing),
        None => folder_passes_all("sample-plugins/carrier-json-c"),
    }
}

#[test]
fn carrier_json_in_c_with_the_client_passes_every_rule() {
    match missing("make") {
        Some(missing) => not_shown("carrier-json-client-c passes every rule", &missing),
        None => folder_passes_all("sample-plugins/carrier-json-client-c"),
    }
}

#[test]
fn a_fault_that_does_not_exist_is_no_check() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = "deadline = \"2s\"\n[plugin]\nfault = \"http/5000\"\n";
    let library: &Path = &plugin("harness/faulty-plugins").library;
    let library = lay(library, folder.path(), settings).expect("a copy");
    let examined = check(&library, &["--rules", "answer/entitled"]);
    assert_eq!(
        examined.rules(Verdict::Fail).len(),
        1,
        "{:?}",
        examined.report
    );
}

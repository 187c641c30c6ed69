//! Every sample passes every rule: what is there to be copied must be right.
//! And it does so whoever examines it.

mod caller;
mod cmake;

use std::path::Path;

use ics_harness::report::Verdict;

use crate::check::{Examined, check, lay, missing_for_c, people, plugin, tell, weaker, workspace};
use crate::prerequisites::not_shown;

/// Nothing is allowed to be broken, not even a `should`.
const STRICT: &[&str] = &["--strict"];

/// Fails with all that was said, unless every rule holds.
#[track_caller]
fn assert_passes_all(examined: &Examined) {
    let said = people(&examined.output);
    let passed = examined.rules(Verdict::Pass).len();
    assert_eq!(passed, examined.report.rules.len(), "{said}");
    assert_eq!(examined.output.status.code(), Some(0), "{said}");
}

#[track_caller]
fn passes_all(name: &str, examined: &Examined) {
    let Some(reason) = weaker() else {
        assert_passes_all(examined);
        return;
    };
    assert_eq!(examined.rules(Verdict::Fail), []);
    assert_eq!(examined.rules(Verdict::Error), []);
    for (rule, why) in examined.rules(Verdict::Skip) {
        tell(&format!("{name}: {rule} was not examined: {why}"));
    }
    not_shown(
        &format!("{name} passes the rules that were skipped"),
        reason,
    );
}

/// Examines the plugin as the README says: the folder is named, and built.
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

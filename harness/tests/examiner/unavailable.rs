//! A pass is earned: a plugin that always returns UNAVAILABLE passes no rule that it did not show.
//!
//! `cargo test --test examiner unavailable -- --nocapture` prints the table.

use std::collections::BTreeMap;
use std::path::Path;

use ics_harness::report::Verdict;
use ics_harness::rules::{self, Level};

use crate::check::{Examined, check, degraded, lay, plugin, print_line};
use crate::prerequisites::not_shown;

/// What such a plugin may pass although it reaches no server, and what shows it.
const WITHOUT_A_SERVER: &[(&str, &str)] = &[
    ("file/", "the file was read"),
    ("load/succeeds", "it was loaded"),
    ("load/quiet", "the process was looked at after loading"),
    ("load/signals", "the process was looked at after loading"),
];

/// What it may pass if it asks the server and ignores the answer.
const WITH_A_SERVER: &[(&str, &str)] = &[
    ("load/", "it was loaded, called and unloaded"),
    (
        "host/",
        "the process was looked at around calls that reached the server",
    ),
    (
        "time/",
        "its calls were timed while they waited for the server",
    ),
    ("answer/in-range", "the values of its calls were read"),
    ("tls/used", "its requests came over TLS"),
    (
        "tls/unknown-issuer",
        "it accepts the test bed's certificate and rejected this one",
    ),
    ("privacy/", "its requests were read"),
];

/// What it may not pass although the list above would let it.
const NEEDS_SUCCESS: &[&str] = &["load/anywhere", "host/memory"];

fn permitted(rule: &str, lists: &[&[(&'static str, &'static str)]]) -> Option<&'static str> {
    lists
        .iter()
        .copied()
        .flatten()
        .find(|(start, _)| rule.starts_with(start))
        .filter(|_| !NEEDS_SUCCESS.contains(&rule))
        .map(|(_, reason)| *reason)
}

/// Prints each rule's verdict, and asserts that each pass is permitted and that nothing else fails than `failing`.
#[track_caller]
fn assert_earned(
    name: &str,
    examined: &Examined,
    lists: &[&[(&'static str, &'static str)]],
    failing: &[&str],
) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unearned = Vec::new();
    for rule in &examined.report.rules {
        let (word, why) = match rule.verdict {
            Verdict::Pass => match permitted(&rule.id, lists) {
                Some(reason) => ("PASS", reason.to_owned()),
                None => {
                    unearned.push(rule.id.as_str());
                    ("UNEARNED", rule.seen.clone())
                }
            },
            Verdict::Skip => (
                "SKIP",
                rule.missing.map_or_else(
                    || rule.seen.clone(),
                    |missing| missing.describe().to_owned(),
                ),
            ),
            Verdict::Fail | Verdict::XFail => ("FAIL", rule.seen.clone()),
            Verdict::Error => ("ERROR", rule.seen.clone()),
        };
        *counts.entry(word).or_default() += 1;
        print_line(&format!("{name:<8} {:<28} {word:<8} {why}", rule.id));
    }
    print_line(&format!("{name:<8} {counts:?}"));
    assert_eq!(examined.report.rules.len(), rules::all().count());
    assert_eq!(
        unearned,
        Vec::<&str>::new(),
        "passed without having shown it"
    );
    // Advice about the library with the switches is not about its answers.
    let rules = examined.report.rules.iter();
    let failed: Vec<&str> = rules
        .filter(|rule| rule.verdict == Verdict::Fail && rule.level > Level::May)
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(failed, failing);
    assert_eq!(examined.rules(Verdict::Error), []);
    assert!(!examined.report.summary.conformant);
}

/// The plugin whose answer is always UNAVAILABLE, with or without a request before it.
fn examine(fault: &str, arguments: &[&str]) -> Examined {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library: &Path = &plugin("harness/faulty-plugins").library;
    let settings = format!("deadline = \"2s\"\n[plugin]\nfault = \"{fault}\"\n");
    let library = lay(library, folder.path(), &settings).expect("a copy");
    check(&library, arguments)
}

#[test]
fn a_plugin_that_never_asks_passes_only_what_is_read_and_loaded() {
    if let Some(reason) = degraded() {
        return not_shown(
            "the table of a plugin that always returns UNAVAILABLE",
            reason,
        );
    }
    let examined = examine("answer/always-unavailable", &[]);
    assert_earned(
        "silent",
        &examined,
        &[WITHOUT_A_SERVER],
        &["answer/entitled"],
    );
    assert_eq!(examined.output.status.code(), Some(1));
}

#[test]
fn a_plugin_that_ignores_the_answer_passes_nothing_about_answers() {
    if let Some(reason) = degraded() {
        return not_shown(
            "the table of a plugin that always returns UNAVAILABLE",
            reason,
        );
    }
    // It may speak another protocol, so there is no verdict on it.
    let examined = examine("answer/ignored", &[]);
    let lists = &[WITHOUT_A_SERVER, WITH_A_SERVER];
    assert_earned("ignores", &examined, lists, &[]);
    assert_eq!(examined.output.status.code(), Some(4));
    // If its protocol is named, it is wrong: one finding, whatever follows from it.
    let examined = examine("answer/ignored", &["--protocol", "carrier-json"]);
    assert_earned("named", &examined, lists, &["answer/entitled"]);
    assert_eq!(examined.output.status.code(), Some(1));
}

//! What several tests assert of an examination.

use ics_harness::report::Verdict;

use crate::check::{Examined, stderr};

/// These rules passed: they were selected, examined and held.
#[track_caller]
pub(crate) fn assert_passed(examined: &Examined, rules: &[&str]) {
    let passed = examined.rules(Verdict::Pass);
    for rule in rules {
        assert!(
            passed.iter().any(|(id, _)| id == rule),
            "{rule} did not pass: {}",
            stderr(&examined.output)
        );
    }
}

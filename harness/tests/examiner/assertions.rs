//! What several tests assert of an examination.

use ics_harness::report::Verdict;

use crate::check::{Examined, stderr};

/// These rules passed: they were selected, examined and held.
#[track_caller]
pub(crate) fn assert_passed(examined: &Examined, rules: &[&str]) {
    for rule in rules {
        let found = examined.report.rules.iter().find(|found| found.id == *rule);
        let found = found.unwrap_or_else(|| panic!("{rule} was not selected"));
        assert!(
            found.verdict == Verdict::Pass && found.applicable,
            "{rule}: {:?}: {}\n{}",
            found.verdict,
            found.seen,
            stderr(&examined.output)
        );
    }
}

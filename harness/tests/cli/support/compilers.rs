//! Compilers that a test uses where they are installed.

use std::process::{Command, Output};

use crate::prerequisites::{missing, not_shown};

/// Runs a program and returns its output. Where it is not installed, reports that
/// `what` was not shown, and returns `None`.
#[track_caller]
pub(crate) fn run_if_installed(what: &str, program: &str, arguments: &[&str]) -> Option<Output> {
    if let Some(how) = missing(program) {
        not_shown(what, &how);
        return None;
    }
    let output = Command::new(program).args(arguments).output();
    Some(output.unwrap_or_else(|error| panic!("{program}: {error}")))
}

/// Shows the whole output of a program if it failed.
pub(crate) fn assert_success(output: &Output, what: &str) {
    assert!(
        output.status.success(),
        "{what}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

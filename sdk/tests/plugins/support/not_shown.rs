//! Reports a claim that cannot be tested on this machine, past the test runner's capture.

use std::io::Write;

/// Prints which claim was not tested and what would make it possible, so that it
/// is visible although the test passes. If `ICS_TEST_REQUIRE_ALL` is set, the
/// test fails instead.
#[track_caller]
pub(crate) fn not_shown(what: &str, how: &str) {
    let line = format!("NOT SHOWN: {what}: {how}\n");
    let required = std::env::var_os("ICS_TEST_REQUIRE_ALL").is_some();
    assert!(!required, "{line}");
    // The runner captures what macros print, not what is written.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

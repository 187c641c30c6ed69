//! What could not be shown on this machine, said past the test runner's capture.

use std::io::Write;

/// Says by name what was not shown, and what would make it possible, so that it
/// is seen though the test passes. Where `ICS_TEST_REQUIRE_ALL` is set nothing
/// may be left out, and it is a failure.
#[track_caller]
pub(crate) fn not_shown(what: &str, how: &str) {
    let line = format!("NOT SHOWN: {what}: {how}\n");
    let required = std::env::var_os("ICS_TEST_REQUIRE_ALL").is_some();
    assert!(!required, "{line}");
    // The runner captures what macros print, not what is written.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

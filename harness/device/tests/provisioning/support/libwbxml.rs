//! Whether libwbxml's programs are installed, and how a test reports that they are not.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

/// Whether both programs are there. If not, reports by the test's name what is not
/// shown, so that it is seen though the test passes. Where `ICS_TEST_REQUIRE_ALL`
/// is set nothing may be left out, and it is a failure.
#[track_caller]
pub(crate) fn installed(test: &str) -> bool {
    let missing = ["wbxml2xml", "xml2wbxml"].into_iter().find(|program| {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null());
        let started = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        match started {
            Ok(_) => false,
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => panic!("{program}: {error}"),
        }
    });
    let Some(program) = missing else { return true };
    let line = format!(
        "NOT SHOWN: {test}: {program} is not installed (apt-get install libwbxml2-utils)\n"
    );
    let required = std::env::var_os("ICS_TEST_REQUIRE_ALL").is_some();
    assert!(!required, "{line}");
    // The runner captures what macros print, not what is written.
    let _ = std::io::stderr().write_all(line.as_bytes());
    false
}

//! Compilers that a test uses where they are installed.

use std::process::{Command, Output};

/// Runs a program and gives its output, or says on standard error which
/// package brings the program and gives nothing.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
pub(crate) fn run_if_installed(program: &str, package: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("not tried: {program} is not installed (apt-get install {package})");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

/// Shows all that a program said if it failed.
pub(crate) fn assert_success(output: &Output, what: &str) {
    assert!(
        output.status.success(),
        "{what}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

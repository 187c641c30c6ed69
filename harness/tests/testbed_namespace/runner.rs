//! A test runner for processes that enter namespaces: claims run on threads
//! of their own, side by side, each with its own network.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::TestServers;
use crate::prerequisites::{missing, not_shown};

/// A test's name and function; it fails by a panic.
pub(crate) type Claim = (&'static str, fn(&TestServers));

/// How many tests run at once.
const AT_ONCE: usize = 8;

/// Runs all tests whose name contains the first argument.
pub(crate) fn run(claims: &[Claim], test: &TestServers) -> ExitCode {
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .unwrap_or_default();
    let claims: Vec<_> = claims
        .iter()
        .filter(|(name, _)| name.contains(&wanted))
        .collect();
    if std::env::args().any(|argument| argument == "--list") {
        for (name, _) in &claims {
            print_line(&format!("{name}: test"));
        }
        return ExitCode::SUCCESS;
    }
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, claim)) = claims.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let held = catch_unwind(AssertUnwindSafe(|| claim(test))).is_ok();
                    let result = if held { "ok" } else { "FAILED" };
                    print_line(&format!("test {name} ... {result}"));
                    if !held {
                        failed.lock().unwrap().push(*name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let passed = claims.len() - failed.len();
    print_line(&format!(
        "\n{passed} passed; {} failed {failed:?}",
        failed.len()
    ));
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether a program that a test needs is installed; reports it if not.
#[track_caller]
pub(crate) fn has(program: &str, what: &str) -> bool {
    match missing(program) {
        Some(how) => {
            not_shown(what, &how);
            false
        }
        None => true,
    }
}

/// One line on standard output.
pub(crate) fn print_line(line: &str) {
    // A failure to print cannot be reported anywhere.
    let _ = writeln!(std::io::stdout(), "{line}");
}

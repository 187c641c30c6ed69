//! A harness that gets no namespace falls back to loopback.

use std::fs;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use ics_harness::testbed::authority::Authority;
use ics_harness::testbed::authority::Trust;
use ics_harness::testbed::isolation::{Isolation, IsolationChoice};

use crate::runner::{Claim, print_line};
use crate::{PRINT_ISOLATION, TestServers};

pub(crate) const CLAIMS: &[Claim] = &[(
    "fallback_is_loopback_and_reports_the_reason",
    loopback_and_reports_the_reason,
)];

/// Gives the test bed's files a folder from which nothing can be mounted.
const UNMOUNTABLE: &str = "--unmountable";

/// The last line of output of a process that stayed in its namespaces.
const UNTOUCHED: &str = "untouched\n";

fn isolation(arguments: &[&str]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(PRINT_ISOLATION)
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn loopback_and_reports_the_reason(_: &TestServers) {
    // The last step but one fails.
    let output = isolation(&[UNMOUNTABLE]);
    assert!(
        output.starts_with("loopback: cannot mount a file over /"),
        "{output}"
    );
    assert!(output.ends_with(UNTOUCHED), "{output}");
    let output = isolation(&[]);
    assert!(output.starts_with("namespace: "), "{output}");
    assert!(!output.ends_with(UNTOUCHED), "{output}");
    // The last step fails, then the first.
    for (limit, step) in [
        ("max_net_namespaces", "cannot enter a network namespace"),
        (
            "max_user_namespaces",
            "cannot enter a user and a mount namespace",
        ),
    ] {
        // The limits are those of our own user namespace.
        fs::write(format!("/proc/sys/user/{limit}"), "0").unwrap();
        let output = isolation(&[]);
        assert!(
            output.starts_with(&format!("loopback: {step}: ")),
            "{output}"
        );
        assert!(output.ends_with(UNTOUCHED), "{output}");
    }
}

/// Prints which isolation this process gets, why, and whether its namespaces are unchanged.
pub(crate) fn print_isolation(authority: &Authority, folder: &Path) {
    let opened = fs::File::open(folder).unwrap();
    let folder = if std::env::args().any(|argument| argument == UNMOUNTABLE) {
        // Once mounts are a namespace's own, this leads to those of the one before.
        PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()))
    } else {
        folder.to_owned()
    };
    let before = surroundings();
    let isolation =
        Isolation::enter(IsolationChoice::Auto, authority, &folder, Trust::Replace).unwrap();
    let touched = if surroundings() == before {
        "untouched"
    } else {
        "touched"
    };
    let reason = isolation.reason().unwrap_or_default();
    print_line(&format!("{}: {reason}\n{touched}", isolation.name()));
}

/// The namespaces of the process, and what is mounted in it.
fn surroundings() -> Vec<String> {
    let namespaces = ["user", "mnt", "net"].map(|kind| {
        let link = fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
        link.display().to_string()
    });
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    namespaces.into_iter().chain([mounts]).collect()
}

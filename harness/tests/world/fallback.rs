//! What becomes of a harness that gets no namespace.

use std::fs;
use std::process::Command;

use crate::runner::Claim;
use crate::{SAY_ISOLATION, Theatre};

pub(crate) const CLAIMS: &[Claim] = &[("fallback_is_loopback_and_says_why", loopback_and_says_why)];

fn loopback_and_says_why(_: &Theatre) {
    let isolation = || {
        let output = Command::new(std::env::current_exe().unwrap())
            .arg(SAY_ISOLATION)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for (limit, step) in [
        ("max_net_namespaces", "cannot enter a network namespace"),
        (
            "max_user_namespaces",
            "cannot enter a user and a mount namespace",
        ),
    ] {
        // The limits are those of our own user namespace.
        fs::write(format!("/proc/sys/user/{limit}"), "0").unwrap();
        let said = isolation();
        assert!(said.starts_with(&format!("loopback: {step}: ")), "{said}");
    }
}

//! `ics-harness serve`, tried as a plugin's author would try it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::prerequisites::{missing, not_shown};

fn serve(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .arg("serve")
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Sends SIGINT and returns the standard error.
fn stop(mut child: Child) -> String {
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut stderr = String::new();
    child.stderr.unwrap().read_to_string(&mut stderr).unwrap();
    stderr
}

#[test]
fn curl_meets_the_requested_scenarios() {
    if let Some(how) = missing("curl") {
        return not_shown("curl meets the requested scenarios", &how);
    }
    let mut child = serve(&[
        "--scenario",
        "allow",
        "--scenario",
        "deny",
        "--scenario",
        "tls/expired",
    ]);
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut lines = output.lines().map(Result::unwrap);
    let urls: Vec<_> = lines.by_ref().take(6).collect();
    let ca = lines.next().unwrap();
    let ca = ca.strip_prefix("ca: ").unwrap();
    let curl = |line: &str, name: &str| {
        let url = line.strip_prefix(&format!("{name}: https://")).unwrap();
        let output = Command::new("curl")
            .args(["--silent", "--max-time", "5", "--cacert", ca])
            .arg(format!("https://{url}v1"))
            .output()
            .unwrap();
        let body = String::from_utf8(output.stdout).unwrap();
        (body, output.status.code().unwrap())
    };
    let allowed = r#"{"status":"allowed"}"#.to_owned();
    assert_eq!(curl(&urls[0], "allow"), (allowed, 0));
    assert_eq!(curl(&urls[2], "deny"), ("1000".to_owned(), 0));
    assert_eq!(curl(&urls[4], "tls/expired"), (String::new(), 60));
    let stderr = stop(child);
    assert!(stderr.contains("GET /v1 for localhost:"), "{stderr}");
    assert!(stderr.contains("tls/expired: "), "{stderr}");
    assert!(
        stderr.contains("refused, alert: certificate expired"),
        "{stderr}"
    );
    assert!(!std::path::Path::new(ca).exists());
}

#[test]
fn scenarios_that_loopback_cannot_implement_are_a_usage_error() {
    for arguments in [
        &["--scenario", "dns/nxdomain"][..],
        &["--scenario", "no/such-scenario"],
        &[
            "--scenario",
            "allow",
            "--scenario",
            "deny",
            "--https-port",
            "8443",
        ],
    ] {
        let output = serve(arguments).wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
    }
}

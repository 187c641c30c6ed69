//! What a call costs the device's processor, in instructions, beside the floor: one that only shakes hands or connects.
//!
//! Time is too noisy to compare on a shared machine; callgrind counts the same instructions each time, but for a few that
//! depend on the network's timing. Waiting and the kernel's work are not counted.

use std::fmt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::host;
use crate::support::not_shown::not_shown;
use crate::support::plugin::{self, Plugin};
use crate::support::server::{self, Server};

/// The calls whose mean is that of a further call.
const FURTHER: u32 = 10;

/// Instructions of the host's process.
struct Cost {
    /// The first call after loading.
    first: f64,
    /// A further call.
    next: f64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millions = |count: f64| format!("{:.2}", count / 1e6);
        write!(f, "{:>8} {:>8}", millions(self.first), millions(self.next))
    }
}

/// What the host executes when it makes this many calls.
fn instructions(library: &Path, calls: u32, environment: &[(&str, String)]) -> f64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(host::program())
        .arg("only-calls")
        .arg(library)
        .arg(calls.to_string())
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let successes = format!("success={calls}\n");
    assert!(text.contains(&successes), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, count) = collected.unwrap_or_else(|| panic!("callgrind counted nothing: {text}"));
    count.trim().parse().unwrap()
}

fn cost(library: &Path, environment: &[(&str, String)]) -> Cost {
    let [none, one, all] =
        [0, 1, 1 + FURTHER].map(|calls| instructions(library, calls, environment));
    Cost {
        first: one - none,
        next: (all - one) / f64::from(FURTHER),
    }
}

#[test]
fn a_call_over_https_costs_little_more_than_its_handshake() {
    let claim = "a call over https costs little more than its handshake";
    if Command::new("valgrind").arg("--version").output().is_err() {
        return not_shown(
            claim,
            "valgrind is not installed (apt-get install valgrind)",
        );
    }
    let folder: TempDir = tempfile::tempdir().unwrap();
    let secure = Server::https(server::allow);
    let plain = Server::http(server::allow);
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, secure.ca()).unwrap();
    let address = |server: &Server| ("FLOOR_SERVER", format!("127.0.0.1:{}", server.port()));

    let https = Plugin::asking(&secure, "", "ask");
    let http = Plugin::new(&format!(
        "url = \"http://127.0.0.1:{}\"\nallow_http = true\ndeadline = \"30s\"\n",
        plain.port()
    ));
    let handshake = cost(
        plugin::floor(),
        &[address(&secure), ("FLOOR_CA", ca.display().to_string())],
    );
    let https = cost(https.library(), &[]);
    let connection = cost(plugin::floor(), &[address(&plain)]);
    let http = cost(http.library(), &[]);
    println!("million instructions      first     next");
    println!("https, rustls alone    {handshake}");
    println!("https, plugin          {https}");
    println!("http, socket alone     {connection}");
    println!("http, plugin           {http}");
    let ratios = [https.first / handshake.first, https.next / handshake.next];
    println!("https, plugin to rustls alone: {ratios:.2?}");
    assert!(ratios.iter().all(|ratio| *ratio < 1.3), "{ratios:.2?}");
}

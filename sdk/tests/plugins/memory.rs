//! A host that loads, calls and unloads a plugin under valgrind's memcheck.

use std::process::Command;

use crate::support::host;
use crate::support::not_shown::not_shown;
use crate::support::plugin::Plugin;
use crate::support::server::{self, Server};

#[test]
fn memcheck_finds_no_error_and_nothing_lost() {
    let server = Server::http(server::allow);
    let plugin = Plugin::new(&format!(
        "url = \"http://localhost:{}\"\nallow_http = true\ndeadline = \"30s\"\n",
        server.port(),
    ));
    memcheck("memcheck finds no error and nothing lost", &plugin, &[]);
}

#[test]
fn memcheck_finds_no_bad_access_and_nothing_lost_over_https() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    // ring's AES-GCM is assembly that computes with complete vectors, and memcheck reports their unused
    // lanes as undefined values. Invalid accesses and leaks are still reported.
    memcheck(
        "memcheck finds no bad access and nothing lost over https",
        &plugin,
        &["--undef-value-errors=no"],
    );
}

pub(crate) fn memcheck(claim: &str, plugin: &Plugin, options: &[&str]) {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return not_shown(
            claim,
            "valgrind is not installed (apt-get install valgrind)",
        );
    }
    let output = Command::new("valgrind")
        .args([
            "--quiet",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--error-exitcode=99",
        ])
        .args(options)
        .arg(host::program())
        .arg("one-thread")
        .arg(plugin.library())
        .arg("5")
        .output()
        .unwrap();
    // valgrind reports errors on standard error, which has to be empty.
    host::report(&output).assert_answers(5, 0, 0);
}

//! A plugin leaves its host's process unchanged, also after errors: tested with a host written in C.

use std::time::Instant;

use crate::support::host;
use crate::support::not_shown::not_shown;
use crate::support::plugin::Plugin;
use crate::support::server::{self, Server};

#[test]
fn three_thousand_rounds_on_one_thread_leave_nothing() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let report = host::run("one-thread", plugin.library(), 3_000);
    report.assert_answers(3_000, 0, 0);
    report.assert_flat();
    report.assert_memory(256.0);
    assert_eq!(
        report.number("end.mapped"),
        0.0,
        "still in memory: {report:?}"
    );
    assert_eq!(server.requests(), 3_000);
}

#[test]
fn three_thousand_rounds_on_short_lived_threads_leave_nothing() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let report = host::run("short-threads", plugin.library(), 3_000);
    report.assert_answers(3_000, 0, 0);
    report.assert_flat();
    report.assert_memory(256.0);
    assert_eq!(
        report.number("end.mapped"),
        0.0,
        "still in memory: {report:?}"
    );
}

#[test]
fn three_thousand_rounds_on_thirty_two_threads_leave_nothing() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    // Twice 32 threads with 47 rounds each.
    let report = host::run("many-threads", plugin.library(), 47);
    report.assert_answers(3_008, 0, 0);
    report.assert_flat();
    // Concurrent threads have malloc arenas of their own, and their number varies.
    report.assert_memory(4_096.0);
    assert_eq!(
        report.number("end.mapped"),
        0.0,
        "still in memory: {report:?}"
    );
}

#[test]
fn every_panic_is_unavailable_and_leaks_nothing() {
    let server = Server::https(server::allow);
    for behaviour in [
        "panic",
        "panic-in-destructor",
        "panic-with-panicking-payload",
        "panic-in-thread",
    ] {
        let plugin = Plugin::asking(&server, "", behaviour);
        let mut command = host::command("calls", plugin.library(), 100);
        let begun = Instant::now();
        let report = host::report(&command.env("RUST_BACKTRACE", "1").output().unwrap());
        let seconds = begun.elapsed().as_secs_f64();
        report.assert_answers(0, 0, 100);
        // While it is loaded, the library has one thread-local key.
        report.assert_memory(256.0);
        assert_eq!(report.number("end.mapped"), 0.0, "{behaviour}: {report:?}");
        assert_eq!(
            report.number("end.keys"),
            1_024.0,
            "{behaviour}: {report:?}"
        );
        // A panic that reads debug information takes 0.1 s.
        assert!(seconds < 5.0, "{behaviour} took {seconds} s");
    }
    assert_eq!(server.requests(), 0);
}

#[test]
fn a_broken_pipe_does_not_kill_a_host_that_never_ignored_it() {
    let server = Server::bad_request();
    let root = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    plugin.write("ca.pem", root.ca());
    let report = host::run("calls", plugin.library(), 200);
    report.assert_answers(0, 0, 200);
}

#[test]
fn errno_signal_mask_and_handlers_are_unchanged() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let report = host::run("unchanged", plugin.library(), 1);
    report.assert_answers(1, 0, 0);
    assert_eq!(report.number("errno"), 4711.0);
    assert_eq!(report.number("mask"), 1.0);
    assert_eq!(report.text("handler"), None);
}

#[test]
fn a_stack_of_64_kib_is_enough() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let report = host::run("small-stack", plugin.library(), 1);
    report.assert_answers(2, 0, 0);
}

#[test]
fn a_forked_child_can_call() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let report = host::run("child", plugin.library(), 1);
    report.assert_answers(1, 0, 0);
    assert_eq!(report.number("child"), 0.0, "{report:?}");
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_call_that_waits_or_blocks_returns_at_the_deadline() {
    let server = Server::https(server::allow);
    for behaviour in ["sleep", "block"] {
        let plugin = Plugin::new(&format!(
            "url = \"https://localhost\"\nca = [\"ca.pem\"]\ndeadline = \"500 ms\"\n\
             [plugin]\nbehaviour = \"{behaviour}\"\n"
        ));
        plugin.write("ca.pem", server.ca());
        let report = host::run("late", plugin.library(), 1);
        report.assert_answers(0, 0, 1);
        let seconds = report.number("seconds");
        // One that blocks is abandoned half a second after the deadline.
        let latest = if behaviour == "sleep" { 0.7 } else { 1.2 };
        assert!((0.5..latest).contains(&seconds), "{behaviour}: {report:?}");
        assert_eq!(report.number("alive"), 1.0);
    }
}

#[test]
fn a_look_up_at_a_silent_name_server_ends_before_the_deadline() {
    let claim = "a look-up at a silent name server ends before the deadline";
    let Some(report) = with_a_silent_name_server(claim, "3s") else {
        return;
    };
    report.assert_answers(0, 0, 1);
    assert!(report.number("seconds") < 3.0, "{report:?}");
    // No thread is late, so the library can be unloaded.
    assert_eq!(report.number("after.threads"), 1.0, "{report:?}");
    assert_eq!(report.number("alive"), 1.0);
    assert_eq!(report.number("end.mapped"), 0.0, "{report:?}");
}

#[test]
fn a_late_look_up_delays_no_call_and_keeps_the_library_loaded() {
    let claim = "a late look-up delays no call and keeps the library loaded";
    let Some(report) = with_a_silent_name_server(claim, "600 ms") else {
        return;
    };
    report.assert_answers(0, 0, 1);
    let seconds = report.number("seconds");
    assert!((0.6..0.8).contains(&seconds), "{report:?}");
    assert_eq!(report.number("after.threads"), 2.0, "{report:?}");
    assert_eq!(report.number("alive"), 1.0);
    assert_eq!(report.number("end.mapped"), 1.0, "{report:?}");
}

/// Calls a plugin in a network whose name server does not answer. `None` if namespaces are unavailable.
fn with_a_silent_name_server(claim: &str, deadline: &str) -> Option<host::HostReport> {
    let plugin = Plugin::new(&format!(
        "url = \"https://entitlement.operator.example\"\nca = [\"ca.pem\"]\n\
         deadline = \"{deadline}\"\n",
    ));
    plugin.write("ca.pem", Server::https(server::allow).ca());
    let report = host::run("silent-name-server", plugin.library(), 1);
    if let Some(reason) = report.text("skipped") {
        not_shown(
            claim,
            &format!("{reason}; allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)"),
        );
        return None;
    }
    Some(report)
}

//! A plugin leaves its host as it found it, whatever happens: driven from a host in C.

use std::time::Instant;

use crate::support::host;
use crate::support::not_shown::not_shown;
use crate::support::plugin::Plugin;
use crate::support::server::{self, Server};

#[test]
fn three_thousand_rounds_on_one_thread_leave_nothing() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let told = host::run("one-thread", plugin.library(), 3_000);
    told.assert_answers(3_000, 0, 0);
    told.assert_flat();
    told.assert_memory(256.0);
    assert_eq!(told.number("end.mapped"), 0.0, "still in memory: {told:?}");
    assert_eq!(server.requests(), 3_000);
}

#[test]
fn three_thousand_rounds_on_short_lived_threads_leave_nothing() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let told = host::run("short-threads", plugin.library(), 3_000);
    told.assert_answers(3_000, 0, 0);
    told.assert_flat();
    told.assert_memory(256.0);
    assert_eq!(told.number("end.mapped"), 0.0, "still in memory: {told:?}");
}

#[test]
fn three_thousand_rounds_on_thirty_two_threads_leave_nothing() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    // Twice 32 threads with 47 rounds each.
    let told = host::run("many-threads", plugin.library(), 47);
    told.assert_answers(3_008, 0, 0);
    told.assert_flat();
    // Each thread at once has its own arena; how many there were varies.
    told.assert_memory(4_096.0);
    assert_eq!(told.number("end.mapped"), 0.0, "still in memory: {told:?}");
}

#[test]
fn every_panic_is_unavailable_and_costs_nothing() {
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
        let told = host::told(&command.env("RUST_BACKTRACE", "1").output().unwrap());
        let seconds = begun.elapsed().as_secs_f64();
        told.assert_answers(0, 0, 100);
        // While the library is loaded it holds one key.
        told.assert_memory(256.0);
        assert_eq!(told.number("end.mapped"), 0.0, "{behaviour}: {told:?}");
        assert_eq!(told.number("end.keys"), 1_024.0, "{behaviour}: {told:?}");
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
    let told = host::run("calls", plugin.library(), 200);
    told.assert_answers(0, 0, 200);
}

#[test]
fn errno_mask_and_handlers_stay_the_hosts() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let told = host::run("untouched", plugin.library(), 1);
    told.assert_answers(1, 0, 0);
    assert_eq!(told.number("errno"), 4711.0);
    assert_eq!(told.number("mask"), 1.0);
    assert_eq!(told.text("handler"), None);
}

#[test]
fn a_stack_of_64_kib_is_enough() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let told = host::run("small-stack", plugin.library(), 1);
    told.assert_answers(2, 0, 0);
}

#[test]
fn a_forked_child_can_ask_too() {
    let server = Server::https(server::allow);
    let plugin = Plugin::asking(&server, "", "ask");
    let told = host::run("child", plugin.library(), 1);
    told.assert_answers(1, 0, 0);
    assert_eq!(told.number("child"), 0.0, "{told:?}");
    assert_eq!(server.requests(), 2);
}

#[test]
fn waiting_and_blocking_end_at_the_deadline() {
    let server = Server::https(server::allow);
    for behaviour in ["sleep", "block"] {
        let plugin = Plugin::new(&format!(
            "url = \"https://localhost\"\nca = [\"ca.pem\"]\ndeadline = \"500 ms\"\n\
             [plugin]\nbehaviour = \"{behaviour}\"\n"
        ));
        plugin.write("ca.pem", server.ca());
        let told = host::run("late", plugin.library(), 1);
        told.assert_answers(0, 0, 1);
        let seconds = told.number("seconds");
        assert!((0.5..0.7).contains(&seconds), "{behaviour}: {told:?}");
        assert_eq!(told.number("alive"), 1.0);
    }
}

#[test]
fn a_silent_name_server_is_given_up_before_the_deadline() {
    let claim = "a silent name server is given up before the deadline";
    let Some(told) = in_a_black_hole(claim, "3s") else {
        return;
    };
    told.assert_answers(0, 0, 1);
    assert!(told.number("seconds") < 3.0, "{told:?}");
    // So no thread is late, and the library leaves.
    assert_eq!(told.number("after.threads"), 1.0, "{told:?}");
    assert_eq!(told.number("alive"), 1.0);
    assert_eq!(told.number("end.mapped"), 0.0, "{told:?}");
}

#[test]
fn a_late_look_up_outlives_neither_the_deadline_nor_its_code() {
    let claim = "a late look-up outlives neither the deadline nor its code";
    let Some(told) = in_a_black_hole(claim, "600 ms") else {
        return;
    };
    told.assert_answers(0, 0, 1);
    let seconds = told.number("seconds");
    assert!((0.6..0.8).contains(&seconds), "{told:?}");
    assert_eq!(told.number("after.threads"), 2.0, "{told:?}");
    assert_eq!(told.number("alive"), 1.0);
    assert_eq!(told.number("end.mapped"), 1.0, "{told:?}");
}

/// Asks by name where no name server answers. `None` where namespaces are not to be had.
fn in_a_black_hole(claim: &str, deadline: &str) -> Option<host::Told> {
    let plugin = Plugin::new(&format!(
        "url = \"https://entitlement.operator.example\"\nca = [\"ca.pem\"]\n\
         deadline = \"{deadline}\"\n",
    ));
    plugin.write("ca.pem", Server::https(server::allow).ca());
    let told = host::run("black-hole", plugin.library(), 1);
    if let Some(reason) = told.text("skipped") {
        not_shown(
            claim,
            &format!("{reason}; allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)"),
        );
        return None;
    }
    Some(told)
}

//! Plugins made with the SDK as DLLs, in a host written in C, under Wine.

mod wine;

use std::path::PathBuf;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use tempfile::TempDir;

use crate::support::host::{HostReport, report};
use crate::support::not_shown::not_shown;
use crate::support::server::{self, Server, json};
use wine::Wine;

/// The folder of a plugin: it has letters that no code page of Windows has all of.
const FOLDER: &str = "Größe ελ 网 plugin";

/// By how much threads and handles may differ: Wine's pool starts and ends threads as it needs them.
const POOL: f64 = 8.0;

/// Wine and the built plugins, if the machine has what they need. Otherwise says what of the claim is not shown.
fn prepared(claim: &str) -> Option<&'static Wine> {
    wine::find()
        .map_err(|reason| not_shown(&format!("Windows: {claim}"), &reason))
        .ok()
}

/// A copy of a plugin with its settings.
struct Plugin<'a> {
    wine: &'a Wine,
    _folder: TempDir,
    library: PathBuf,
}

impl<'a> Plugin<'a> {
    /// A plugin that asks `server`, with further settings.
    fn new(wine: &'a Wine, name: &str, server: &Server, settings: &str) -> Self {
        let url = format!("https://localhost:{}", server.port());
        Self::with_url(wine, name, &url, server, settings)
    }

    fn with_url(wine: &'a Wine, name: &str, url: &str, authority: &Server, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join(FOLDER);
        std::fs::create_dir(&inner).unwrap();
        let library = inner.join(format!("{name}.dll"));
        std::fs::copy(wine.plugin(name), &library).unwrap();
        let settings = format!("url = \"{url}\"\nca = [\"ca.pem\"]\n{settings}\n");
        std::fs::write(library.with_extension("toml"), settings).unwrap();
        std::fs::write(inner.join("ca.pem"), authority.ca()).unwrap();
        Self {
            wine,
            _folder: folder,
            library,
        }
    }

    /// The test plugin, which shows a behaviour.
    fn with_behaviour(wine: &'a Wine, server: &Server, behaviour: &str) -> Self {
        let settings = format!("deadline = \"30s\"\n[plugin]\nbehaviour = \"{behaviour}\"");
        Self::new(wine, "behaviours", server, &settings)
    }

    fn run(&self, scenario: &str, rounds: u32) -> HostReport {
        report(&self.wine.run(scenario, &self.library, rounds, false))
    }
}

fn denied(_: &Request<Incoming>) -> Response<Full<Bytes>> {
    json(r#"{"status":"denied"}"#)
}

fn garbage(_: &Request<Incoming>) -> Response<Full<Bytes>> {
    json("[")
}

#[test]
fn the_answer_is_that_of_the_server_and_settings_are_found_in_a_folder_with_any_letters() {
    let Some(wine) = prepared("the answer is that of the server") else {
        return;
    };
    let answers: [(server::Answer, _); 3] = [
        (server::allow, [5, 0, 0]),
        (denied, [0, 5, 0]),
        (garbage, [0, 0, 5]),
    ];
    for (answer, [success, failed, unavailable]) in answers {
        let server = Server::https(answer);
        let plugin = Plugin::with_behaviour(wine, &server, "ask");
        plugin
            .run("calls", 5)
            .assert_answers(success, failed, unavailable);
        assert_eq!(server.requests(), 5);
    }
}

/// The allow response of each sample, and below `/deny` the deny response.
fn sample_server(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let denied = request.uri().path().starts_with("/deny");
    match (request.uri().path().trim_start_matches("/deny"), denied) {
        ("/v1/entitlement", false) => json(r#"{"entitled":true}"#),
        ("/v1/entitlement", true) => json(r#"{"entitled":false}"#),
        ("/carrier", false) => json(r#"{"status":"allowed"}"#),
        ("/carrier", true) => {
            let mut response = server::text("1000");
            *response.status_mut() = hyper::StatusCode::FORBIDDEN;
            response
        }
        ("/ts43", denied) => {
            let mut response = json(if denied {
                r#"{"ap2099":{"EntitlementStatus":"0"}}"#
            } else {
                r#"{"ap2099":{"EntitlementStatus":"1"}}"#
            });
            let kind = "application/vnd.gsma.eap-relay.v1.0+json".parse().unwrap();
            response.headers_mut().insert("content-type", kind);
            response
        }
        _ => server::text("no such path"),
    }
}

#[test]
fn the_samples_allow_and_deny() {
    let Some(wine) = prepared("the samples allow and deny") else {
        return;
    };
    let server = Server::https(sample_server);
    for (name, path) in [
        ("minimal", ""),
        ("carrier_json", "/carrier"),
        ("ts43", "/ts43"),
    ] {
        for (prefix, [success, failed]) in [("", [3, 0]), ("/deny", [0, 3])] {
            let url = format!("https://localhost:{}{prefix}{path}", server.port());
            let plugin = Plugin::with_url(wine, name, &url, &server, "deadline = \"30s\"");
            plugin.run("calls", 3).assert_answers(success, failed, 0);
        }
    }
}

#[test]
fn every_panic_is_unavailable() {
    let Some(wine) = prepared("every panic is UNAVAILABLE") else {
        return;
    };
    let server = Server::https(server::allow);
    for behaviour in [
        "panic",
        "panic-in-destructor",
        "panic-with-panicking-payload",
        "panic-in-thread",
    ] {
        let plugin = Plugin::with_behaviour(wine, &server, behaviour);
        plugin.run("calls", 20).assert_answers(0, 0, 20);
    }
    assert_eq!(server.requests(), 0);
}

#[test]
fn a_call_of_a_silent_server_returns_at_the_deadline() {
    let Some(wine) = prepared("a call of a silent server returns at the deadline") else {
        return;
    };
    let authority = Server::https(server::allow);
    let silent = Server::silent();
    let url = format!("https://localhost:{}", silent.port());
    let plugin = Plugin::with_url(wine, "behaviours", &url, &authority, "deadline = \"1 s\"");
    let report = plugin.run("late", 1);
    report.assert_answers(0, 0, 1);
    // Half a second later the call would have been abandoned.
    let seconds = report.number("seconds");
    assert!((1.0..1.5).contains(&seconds), "{report:?}");
    assert_eq!(report.number("after.library_threads"), 0.0, "{report:?}");
    assert_eq!(report.number("alive"), 1.0);
}

#[test]
fn a_look_up_without_an_answer_ends_at_the_deadline_and_leaves_no_thread() {
    let claim = "a look-up without an answer ends at the deadline and leaves no thread";
    let Some(wine) = prepared(claim) else { return };
    let authority = Server::https(server::allow);
    let plugin = Plugin::with_url(
        wine,
        "behaviours",
        "https://entitlement.operator.example",
        &authority,
        "deadline = \"1 s\"",
    );
    let report = report(&wine.run("late", &plugin.library, 1, true));
    if let Some(reason) = report.text("skipped") {
        return not_shown(
            &format!("Windows: {claim}"),
            &format!("{reason}; allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)"),
        );
    }
    report.assert_answers(0, 0, 1);
    // Wine asks the name server for 3 s.
    let seconds = report.number("seconds");
    assert!((1.0..1.5).contains(&seconds), "{report:?}");
    assert_eq!(report.number("after.library_threads"), 0.0, "{report:?}");
    // Wine cannot cancel, so that a thread of its pool waits for the name server. It has then called the library, and ended.
    let before = report.number("before.threads");
    assert!(report.number("after.threads") <= before + 1.0, "{report:?}");
    assert_eq!(report.number("end.threads"), before, "{report:?}");
    assert_eq!(report.number("alive"), 1.0);
}

/// Wine refuses to cancel, so that a stand-in for the two functions of the system behaves as Windows documents them.
#[test]
fn a_look_up_is_cancelled_at_the_deadline_and_completes_once() {
    let claim = "a look-up is cancelled at the deadline and completes once";
    let Some(wine) = prepared(claim) else { return };
    let authority = Server::https(server::allow);
    let plugin = Plugin::with_url(
        wine,
        "behaviours",
        "https://entitlement.operator.example",
        &authority,
        "deadline = \"1 s\"",
    );
    // Two of each way in which the completion routine may be called.
    let report = plugin.run("cancelled", 6);
    report.assert_answers(0, 0, 6);
    for count in ["begun", "cancelled", "completions"] {
        assert_eq!(report.number(count), 6.0, "{report:?}");
    }
    let [before, end] = ["before.threads", "end.threads"].map(|when| report.number(when));
    assert!(end <= before, "{report:?}");
    assert_eq!(report.number("end.library_threads"), 0.0, "{report:?}");
}

/// Why the test above needs a stand-in. If this one fails, Wine has learnt it, and what the SDK's documentation says of Wine
/// is out of date.
#[test]
fn wine_gives_no_handle_for_a_cancellation_and_refuses_one() {
    const WSA_INVALID_HANDLE: f64 = 6.0;
    const WSA_IO_PENDING: f64 = 997.0;
    let claim = "what Wine says to a cancellation";
    let Some(wine) = prepared(claim) else { return };
    let report = report(&wine.run("cancel-of-the-system", wine.plugin("behaviours"), 1, true));
    if let Some(reason) = report.text("skipped") {
        return not_shown(&format!("Windows: {claim}"), reason);
    }
    assert_eq!(report.number("begin"), WSA_IO_PENDING, "{report:?}");
    assert_eq!(report.number("handle"), 0.0, "{report:?}");
    assert_eq!(report.number("cancel"), WSA_INVALID_HANDLE, "{report:?}");
}

#[test]
fn thirty_two_threads_can_load_call_and_unload_at_once() {
    let Some(wine) = prepared("32 threads can load, call and unload at once") else {
        return;
    };
    let server = Server::https(server::allow);
    let plugin = Plugin::with_behaviour(wine, &server, "ask");
    let report = plugin.run("many-threads", 3);
    report.assert_answers(96, 0, 0);
    assert_eq!(server.requests(), 96);
    assert_eq!(report.number("end.library_threads"), 0.0, "{report:?}");
}

#[test]
fn last_error_current_folder_and_error_mode_are_unchanged() {
    let Some(wine) = prepared("last error, current folder and error mode are unchanged") else {
        return;
    };
    let server = Server::https(server::allow);
    let plugin = Plugin::with_behaviour(wine, &server, "ask");
    let report = plugin.run("unchanged", 1);
    report.assert_answers(1, 0, 0);
    assert_eq!(report.number("last_error"), 4711.0);
    assert_eq!(report.number("same_folder"), 1.0);
    assert_eq!(report.number("same_error_mode"), 1.0);
}

#[test]
fn three_hundred_rounds_leave_no_thread_and_no_handle() {
    rounds_leave_nothing(300);
}

#[test]
#[ignore = "takes a minute: cargo test -p ics-entitlement --test plugins windows:: -- --ignored"]
fn three_thousand_rounds_leave_no_thread_and_no_handle() {
    rounds_leave_nothing(3_000);
}

fn rounds_leave_nothing(rounds: u32) {
    let claim = format!("{rounds} rounds of loading, calling and unloading leave nothing");
    let Some(wine) = prepared(&claim) else { return };
    let server = Server::https(server::allow);
    let plugin = Plugin::with_behaviour(wine, &server, "ask");
    let report = plugin.run("rounds", rounds);
    report.assert_answers(rounds, 0, 0);
    for thing in ["threads", "library_threads", "handles"] {
        let [early, end] = ["early", "end"].map(|when| report.number(&format!("{when}.{thing}")));
        assert!(end <= early + POOL, "{thing}: {report:?}");
    }
    // It stays loaded, as std's threads need it to.
    assert_eq!(report.number("end.mapped"), 1.0, "{report:?}");
}

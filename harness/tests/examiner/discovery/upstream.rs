//! A real server behind the test bed: `record`, `call --server` and `check --upstream`.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use ics_harness::report::Verdict;
use tempfile::TempDir;

use super::server::{NAME, Received, Server};
use super::{lacks_network, run, stdout, text};
use crate::assertions::assert_passed;
use crate::check::{check, lay, plugin, stderr};
use crate::oem::Project;

/// What only the real server sends.
const LIVE: &str = r#"{"status":"allowed","said-by":"the-real-server"}"#;

fn allows(_: &Received) -> (u16, String) {
    (200, LIVE.to_owned())
}

/// The OEM's operator: a token that only it knows, and an answer for it alone.
fn two_steps(request: &Received) -> (u16, String) {
    match (request.line.as_str(), request.authorization.as_deref()) {
        ("POST /base/token", _) => (200, r#"{"token":"real-7","expiresIn":300}"#.to_owned()),
        ("POST /base/v2/tethering", Some("Bearer real-7")) => {
            let body = r#"{"result":{"code":0,"tethering":"ALLOWED"},"said-by":"the-real-server"}"#;
            (200, body.to_owned())
        }
        _ => (404, "{}".to_owned()),
    }
}

/// The careful plugin of carrier-json, or with a fault, in a folder of its own.
fn carrier(fault: Option<&str>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fault = fault.map_or_else(String::new, |fault| {
        format!("[plugin]\nfault = \"{fault}\"\n")
    });
    let settings = format!("deadline = \"4s\"\n{fault}");
    let library = plugin("harness/faulty-plugins").library;
    let library = lay(&library, folder.path(), &settings).expect("a temporary folder");
    (folder, library)
}

#[test]
fn a_real_server_is_recorded_over_tls() {
    if lacks_network("the responses of a real server are recorded") {
        return;
    }
    let (folder, library) = carrier(None);
    let (server, certificate) = Server::secure(allows);
    let ca = folder.path().join("operator.pem");
    fs::write(&ca, certificate).expect("a file of our own");
    let url = format!("https://{NAME}:{}", server.port());
    let named = format!("{NAME}:127.0.0.1");
    let output = run(&[
        "record",
        text(&library),
        "--upstream",
        &url,
        "--resolve",
        &named,
        "--upstream-ca",
        text(&ca),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let profile = stdout(&output);
    assert!(profile.contains(LIVE), "{profile}");
    let [received] = &server.received()[..] else {
        panic!("{:?}", server.received());
    };
    assert_eq!(received.line, "POST /tethering");
    assert_eq!(received.host, format!("{NAME}:{}", server.port()));

    // Its certificate is checked: without the authority it is no server.
    let output = run(&[
        "record",
        text(&library),
        "--upstream",
        &url,
        "--resolve",
        &named,
    ]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("the TLS handshake failed"), "{said}");
    assert_eq!(server.received().len(), 1);
}

/// With the port that it turns out to ask, whatever the profile beside the plugin expects of tokens.
#[test]
fn two_steps_are_recorded_and_used_as_a_profile() {
    let Some(project) = Project::build("two steps of a real server are recorded") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::cleartext(two_steps);
    let library = project.library();
    let url = format!("{}/base/", server.url());
    let record = |option: &str, file: &Path, profile: &str| {
        let output = run(&[
            "record",
            text(&library),
            "--profile",
            profile,
            "--upstream",
            &url,
            option,
            text(file),
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        fs::read_to_string(file).expect("it was written")
    };
    let own = project.path("oem/conformance.toml");
    let toml = record("--output", &folder.path().join("recorded.toml"), "minimal");
    for found in [
        "https-ports = [443, 8443]",
        "real-7",
        "\"tethering\":\"ALLOWED\"",
        "said-by",
        "port = 8443",
    ] {
        assert!(toml.contains(found), "{found}: {toml}");
    }

    let har = record("--har", &folder.path().join("allow.har"), text(&own));
    let har: serde_json::Value = serde_json::from_str(&har).expect("JSON");
    let now = time::OffsetDateTime::now_utc();
    for entry in har["log"]["entries"].as_array().expect("entries") {
        let started = entry["startedDateTime"].as_str().expect("a time");
        let day = format!("{:04}-{:02}", now.year(), u8::from(now.month()));
        let last = now - time::Duration::days(1);
        let before = format!("{:04}-{:02}", last.year(), u8::from(last.month()));
        assert!(
            started.starts_with(&day) || started.starts_with(&before),
            "{started}"
        );
        assert!(started.ends_with('Z'), "{started}");
        assert!(entry["time"].as_f64().expect("milliseconds") > 0.0);
    }

    let profile = folder.path().join("conformance.toml");
    let rest = "name = \"recorded\"\nhttps-ports = [443, 8443]\nallow = \"allow.har\"\n\
        deciding = \"result.tethering\"\n[deny]\nbody = '{\"result\":{\"code\":0,\"tethering\":\"DENIED\"}}'\n";
    fs::write(&profile, rest).expect("a file of our own");
    let output = run(&["profile", "check", text(&profile)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let rules = ["answer/entitled", "answer/not-entitled", "http/short-body"];
    let mut arguments = vec!["--profile", text(&profile)];
    rules
        .iter()
        .for_each(|rule| arguments.extend(["--rules", rule]));
    let asked = server.received().len();
    passes(&library, &arguments, &rules);
    assert_eq!(server.received().len(), asked, "a recording asks no server");

    // The tokens of the real server are not the profile's, and fit it.
    let upstream = ["--profile", text(&own), "--upstream", &url];
    let rules = [
        "answer/entitled",
        "answer/not-entitled",
        "http/short-body",
        "steps/certificate",
    ];
    let mut arguments = upstream.to_vec();
    rules
        .iter()
        .for_each(|rule| arguments.extend(["--rules", rule]));
    passes(&library, &arguments, &rules);
    assert!(server.received().len() > asked);
}

/// Asserts that these rules pass, and no other is broken.
#[track_caller]
fn passes(library: &Path, arguments: &[&str], rules: &[&str]) {
    let examined = check(library, arguments);
    let output = stderr(&examined.output);
    assert_eq!(examined.output.status.code(), Some(0), "{output}");
    assert_passed(&examined, rules);
}

#[test]
fn the_live_responses_are_damaged_for_a_careful_plugin_and_a_faulty_one() {
    if lacks_network("live responses are damaged") {
        return;
    }
    let server = Server::cleartext(allows);
    let rules = [
        "answer/entitled",
        "http/500",
        "http/short-body",
        "http/trailing-garbage",
    ];
    let url = server.url();
    let mut arguments = vec!["--profile", "carrier-json", "--upstream", &url];
    rules
        .iter()
        .for_each(|rule| arguments.extend(["--rules", rule]));
    let (_careful_folder, careful) = carrier(None);
    passes(&careful, &arguments, &rules);
    assert!(server.received().len() >= rules.len());

    let (_faulty_folder, faulty) = carrier(Some("http/trailing-garbage"));
    let examined = check(&faulty, &arguments);
    let output = stderr(&examined.output);
    let failed = examined.rules(Verdict::Fail);
    let failed: Vec<_> = failed.iter().map(|(id, _)| *id).collect();
    assert_eq!(failed, ["http/trailing-garbage"], "{output}");
    assert_eq!(examined.output.status.code(), Some(1), "{output}");
    // What was damaged is the live response.
    assert!(output.contains("the-real-server"), "{output}");
}

#[test]
fn a_call_is_answered_by_a_real_server() {
    if lacks_network("a call is answered by a real server") {
        return;
    }
    let (_folder, library) = carrier(None);
    let server = Server::cleartext(allows);
    let output = run(&["call", text(&library), "--server", &server.url()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("ENTITLEMENT_SUCCESS"),
        "{}",
        stdout(&output)
    );
    assert!(
        stderr(&output).contains("the-real-server"),
        "{}",
        stderr(&output)
    );
    assert_eq!(server.received().len(), 1);
}

/// The URL of a port that no one listens at.
fn dead() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    drop(listener);
    format!("http://127.0.0.1:{port}")
}

#[test]
fn a_real_server_that_is_dead_is_no_fault_of_the_plugin() {
    if lacks_network("a dead server is told") {
        return;
    }
    let (_folder, library) = carrier(None);
    let url = dead();
    let reason = format!("no response from the real server {url}: cannot connect");
    let output = run(&["call", text(&library), "--server", &url]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("ENTITLEMENT_UNAVAILABLE"),
        "{}",
        stdout(&output)
    );
    let said = stderr(&output);
    let note = said
        .lines()
        .any(|line| line.contains("note") && line.contains(&reason));
    assert!(note, "{said}");
    assert!(said.lines().any(|line| line.starts_with(&reason)), "{said}");

    let output = run(&["record", text(&library), "--upstream", &url]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains(&reason), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");

    let rules = ["--rules", "answer/entitled", "--rules", "http/500"];
    let examined = check(&library, &[&rules[..], &["--upstream", &url]].concat());
    let output = stderr(&examined.output);
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.output.status.code(), Some(4), "{output}");
    assert!(output.contains(&reason), "{output}");
}

#[test]
fn a_real_server_that_denies_is_no_fault_of_the_plugin() {
    if lacks_network("a server that denies is told") {
        return;
    }
    let (_folder, library) = carrier(None);
    let denies: fn(&Received) -> (u16, String) = |_| (403, "1000".to_owned());
    let server = Server::cleartext(denies);
    let reason = "the real server sent its deny response, with status 403";
    let output = run(&["call", text(&library), "--server", &server.url()]);
    let value = stdout(&output);
    assert!(value.starts_with("ENTITLEMENT_FAILED"), "{value}");
    let said = stderr(&output);
    assert!(
        said.contains("(deny)") && !said.contains("(allow)"),
        "{said}"
    );
    assert!(said.contains(reason), "{said}");

    let rules = ["--rules", "answer/entitled", "--rules", "http/500"];
    let url = server.url();
    let examined = check(&library, &[&rules[..], &["--upstream", &url]].concat());
    let output = stderr(&examined.output);
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.output.status.code(), Some(4), "{output}");
    assert!(output.contains(reason), "{output}");

    let strange: fn(&Received) -> (u16, String) = |_| (200, r#"{"status":"granted"}"#.to_owned());
    let server = Server::cleartext(strange);
    let output = run(&["call", text(&library), "--server", &server.url()]);
    let value = stdout(&output);
    assert!(value.starts_with("ENTITLEMENT_UNAVAILABLE"), "{value}");
    let reason = "neither the allow nor the deny response of the profile, with status 200";
    assert!(stderr(&output).contains(reason), "{}", stderr(&output));
}

#[test]
fn what_is_wrong_with_a_server_says_what_to_write() {
    let (folder, library) = carrier(None);
    let none = folder.path().join("none.pem");
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "nothing\n").expect("a file of our own");
    let (none, empty) = (text(&none), text(&empty));
    let https = "https://127.0.0.1:9";
    let cases: &[(&[&str], &str)] = &[
        (
            &["--upstream", "ftp://operator.example"],
            "write an http or https URL",
        ),
        (
            &["--upstream", "operator.example"],
            "https://test.operator.example",
        ),
        (&["--upstream", "http://a b/"], "write for example https://"),
        (
            &["--upstream", "https://user@operator.example"],
            "without credentials",
        ),
        (
            &["--upstream", "https://no-such-host.invalid"],
            "name its address with --resolve no-such-host.invalid:ADDRESS",
        ),
        (
            &["--upstream", https, "--resolve", "other.example:127.0.0.1"],
            "name the address of that host",
        ),
        (
            &["--upstream", https, "--resolve", "other.example"],
            "such as test.operator.example:192.0.2.7",
        ),
        (
            &["--upstream", https, "--upstream-ca", none],
            "name a PEM file",
        ),
        (
            &["--upstream", https, "--upstream-ca", empty],
            "name a PEM file",
        ),
        (
            &["--upstream", "http://127.0.0.1:9", "--upstream-ca", empty],
            "write an https URL, or leave it out",
        ),
        (&["--upstream-ca", none], "--upstream <URL>"),
    ];
    for (arguments, expected) in cases {
        for command in ["call", "record", "check"] {
            let output = run(&[&[command, text(&library)], *arguments].concat());
            let said = stderr(&output);
            assert_eq!(
                output.status.code(),
                Some(2),
                "{command} {arguments:?}: {said}"
            );
            assert!(said.contains(expected), "{command} {arguments:?}: {said}");
        }
    }
    let output = run(&["record", text(&library)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--upstream https://"),
        "{}",
        stderr(&output)
    );
}

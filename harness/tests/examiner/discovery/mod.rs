//! Profiles from what a plugin does: `discover`, `record`, a real server behind the test bed, and recordings. And the
//! reasons of an UNAVAILABLE that `call` prints.

mod reasons;
mod recordings;
mod server;
mod upstream;

use std::fs;
use std::path::Path;
use std::process::Output;

use ics_harness::report::Verdict;
use similar::{ChangeTag, TextDiff};

use crate::assertions::assert_passed;
use crate::check::{check, degraded, harness, plugin, stderr};
use crate::oem::Project;
use crate::prerequisites::not_shown;
use crate::roots;

/// The most lines that completing a discovered profile may take.
const FEW_LINES: usize = 5;

/// Runs a command of the program.
fn run(arguments: &[&str]) -> Output {
    harness(arguments).output().expect("the program starts")
}

/// Standard output as text.
fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of our own is text")
}

/// Whether there is no private network, which is then reported.
fn lacks_network(claim: &str) -> bool {
    let reason = degraded();
    if let Some(reason) = reason {
        not_shown(claim, reason);
    }
    reason.is_some()
}

#[test]
fn a_closed_plugin_of_two_steps_is_conformant_with_the_completed_discovery() {
    let Some(project) = Project::build("a discovered profile makes a closed plugin conformant")
    else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Without the profile that the sources have beside them.
    let library = folder.path().join("libclosed.so");
    fs::copy(project.library(), &library).expect("it was built");
    let file = folder.path().join("discovered.toml");
    let output = run(&["discover", text(&library), "--output", text(&file)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let draft = fs::read_to_string(&file).expect("it was written");
    for found in [
        "https-ports = [443, 8443]",
        "host = \"auth.operator.example\"",
        "path = \"/token\"",
        "host = \"api.operator.example\"",
        "port = 8443",
        "path = \"/v2/tethering\"",
        "authorization = \"Bearer {{ issued.token }}\"",
    ] {
        assert!(draft.contains(found), "{found}: {draft}");
    }
    assert!(!draft.contains("n0t-a-real-one"), "a secret: {draft}");

    let mut completed = draft.clone();
    for (from, to) in [
        ("deciding = \"status\"", "deciding = \"result.tethering\""),
        (
            "body = '{\"status\":\"allowed\"}'",
            "body = '{\"result\":{\"code\":0,\"tethering\":\"ALLOWED\"}}'",
        ),
        (
            "status = 403",
            "body = '{\"result\":{\"code\":0,\"tethering\":\"DENIED\"}}'",
        ),
    ] {
        assert_eq!(completed.matches(from).count(), 1, "{from}: {draft}");
        completed = completed.replace(from, to);
    }
    let lines = TextDiff::from_lines(&draft, &completed);
    let written = lines
        .iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Insert)
        .count();
    assert!((1..=FEW_LINES).contains(&written), "{written} lines");
    fs::write(&file, &completed).expect("a file of our own");

    let mut arguments = vec!["--profile", text(&file)];
    let groups = ["answer/*", "steps/*", "http/*", "tls/wrong-name"];
    groups
        .iter()
        .for_each(|group| arguments.extend(["--rules", group]));
    let examined = check(&library, &arguments);
    let output = stderr(&examined.output);
    assert_eq!(examined.rules(Verdict::Fail), [], "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_eq!(examined.output.status.code(), Some(0), "{output}");
    assert_passed(
        &examined,
        &[
            "answer/entitled",
            "answer/not-entitled",
            "steps/certificate",
            "http/short-body",
            "tls/wrong-name",
        ],
    );
}

/// One step each, whose decision is one that is tried or one that the draft marks.
#[test]
fn the_samples_are_discovered() {
    if lacks_network("the steps of the samples are discovered") {
        return;
    }
    for (folder, method, path) in [
        ("sample-plugins/carrier-json", "POST", "/tethering"),
        ("sample-plugins/minimal", "GET", "/v1/entitlement"),
    ] {
        let library = plugin(folder).library;
        let output = run(&["discover", text(&library)]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let draft = stdout(&output);
        assert_eq!(draft.matches("[[step]]").count(), 1, "{draft}");
        for found in [
            format!("method = \"{method}\""),
            format!("path = \"{path}\""),
            "host = \"entitlement.operator.example\"".to_owned(),
            "# TODO".to_owned(),
            "# versions of TLS that it offers: TLS 1.3 TLS 1.2\n".to_owned(),
            "# protocols that it offers (ALPN): http/1.1\n".to_owned(),
        ] {
            assert!(draft.contains(&found), "{found}: {draft}");
        }
        // What is written is a profile, even before it is completed.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("discovered.toml");
        fs::write(&file, draft).expect("a file of our own");
        let output = run(&["profile", "check", text(&file)]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
}

#[test]
fn a_plugin_that_asks_nothing_is_no_discovery() {
    let claim = "discover says why a plugin that asks nothing cannot be discovered";
    let Some(library) = roots::compiled(claim, "tests/plugins/value.c", &[]) else {
        return;
    };
    let output = run(&["discover", text(&library.path)]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    let said = stderr(&output);
    assert!(said.contains("the plugin sent no request"), "{said}");
    assert!(said.contains("it sends nothing at all"), "{said}");
}

#[test]
fn a_plugin_that_pins_or_trusts_another_authority_is_discovered_with_it() {
    let claim = "discover says that a plugin needs --ca";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (certificate, key) = roots::authority(folder.path());
    let ca = roots::compiled_in(&certificate);
    let source = "tests/examiner/roots/plugin.c";
    let openssl = ["-lssl", "-lcrypto", "-lpthread"];
    let flags: [&[&str]; 2] = [&["-DPIN"], &[&ca]];
    let [Some(pins), Some(trusts)] =
        flags.map(|flags| roots::compiled(claim, source, &[flags, &openssl].concat()))
    else {
        return;
    };
    for library in [&pins, &trusts] {
        let output = run(&["discover", text(&library.path)]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("the plugin sent no request"), "{said}");
        assert!(said.contains("--ca and --ca-key"), "{said}");
    }
    let given = ["--ca", &certificate, "--ca-key", &key];
    let output = run(&[&["discover", text(&trusts.path)], &given[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("[[step]]"), "{}", stdout(&output));
}

/// The settings of its copy name another port in each run.
#[test]
fn on_loopback_a_sample_has_one_step_and_no_hosts() {
    let library = plugin("sample-plugins/minimal").library;
    let output = run(&["discover", "--isolation", "loopback", text(&library)]);
    assert_one_step_without_host(&output);
}

/// Asserts that the step of the smallest sample was found, and nothing that is not the plugin's.
pub(crate) fn assert_one_step_without_host(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    let draft = stdout(output);
    assert_eq!(draft.matches("[[step]]").count(), 1, "{draft}");
    for found in [
        "hosts and ports of the servers were not seen",
        "method = \"GET\"",
        "path = \"/v1/entitlement\"",
        "# versions of TLS that it offers: TLS 1.3 TLS 1.2\n",
    ] {
        assert!(draft.contains(found), "{found}: {draft}");
    }
    for other in ["host = ", "port = ", "127.0.0.1"] {
        assert!(!draft.contains(other), "{other}: {draft}");
    }
}

/// Without the file that a profile puts beside it, it would ask the URL that was compiled in.
#[test]
fn what_a_profile_puts_beside_a_plugin_is_there_and_stays_in_the_draft() {
    if lacks_network("discover puts a profile's files beside a plugin") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = plugin("sample-plugins/minimal").library;
    let settings = folder.path().join("operator.toml");
    let url = "url = \"https://moved.operator.example:8443/base\"\n";
    fs::write(&settings, url).expect("a file of our own");
    let file = folder.path().join("conformance.toml");
    let needs = "name = \"needs\"\n[[step]]\nname = \"any\"\n[step.allow]\nbody = \"1\"\n\
        [step.deny]\nstatus = 403\n[plugin]\nfiles = { \"libminimal.toml\" = \"operator.toml\" }\n";
    fs::write(&file, needs).expect("a file of our own");
    let output = run(&["discover", text(&library), "--profile", text(&file)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let draft = stdout(&output);
    for found in [
        "https-ports = [8443]",
        "host = \"moved.operator.example\"",
        "path = \"/base/v1/entitlement\"",
        "[plugin]",
        "\"libminimal.toml\" = ",
    ] {
        assert!(draft.contains(found), "{found}: {draft}");
    }
    // An unfinished edit is shown with its place, in lines.
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let file = elsewhere.path().join("discovered.toml");
    let half = draft.replace("{\"status\":\"allowed\"}", "{\"entitled\":true}");
    fs::write(&file, &half).expect("a file of our own");
    let call = || run(&["call", text(&library), "--profile", text(&file)]);
    let output = call();
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("\n  error: the allow body has no member `status`\n"),
        "{said}"
    );
    assert!(said.contains("| deciding = \"status\" "), "{said}");
    fs::write(&file, half.replace("\"status\" #", "\"entitled\" #")).expect("a file of our own");
    let output = call();
    assert!(
        stdout(&output).starts_with("ENTITLEMENT_SUCCESS"),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
}

#[test]
fn discovery_has_no_use_for_a_real_server() {
    let library = plugin("sample-plugins/minimal").library;
    let output = run(&[
        "discover",
        text(&library),
        "--upstream",
        "http://127.0.0.1:9",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("record"), "{}", stderr(&output));
}

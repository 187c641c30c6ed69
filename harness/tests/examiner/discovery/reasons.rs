//! Why a call was UNAVAILABLE, as `call` prints it: what the plugin says, else what the network saw.

use std::fs;
use std::path::Path;

use super::{lacks_network, run, stdout, text};
use crate::check::{lay, plugin, stderr, workspace};
use crate::oem::Project;

/// What `call` says of a call that is UNAVAILABLE, below the transcript.
#[track_caller]
fn reason(library: &Path, arguments: &[&str]) -> String {
    let output = run(&[&["call", text(library)], arguments].concat());
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let answer = stdout(&output);
    assert!(
        answer.starts_with("ENTITLEMENT_UNAVAILABLE"),
        "{answer}{said}"
    );
    let (_, after) = said
        .split_once(" in all\n")
        .expect("the transcript's last line");
    after.to_owned()
}

#[test]
fn a_plugin_of_the_sdk_names_the_place_in_the_users_own_file() {
    if lacks_network("a mistake in the settings is named with its place") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = plugin("sample-plugins/minimal").library;
    let library = lay(&library, folder.path(), "deadline = \"5s\"\nurl = 5\n").expect("a file");
    let settings = fs::canonicalize(library.with_extension("toml")).expect("it was written");
    let said = reason(&library, &["--profile", "minimal"]);
    let place = format!("the plugin says: {}:2:7: ", settings.display());
    assert!(said.starts_with(&place), "{place}: {said}");
    assert!(said.contains("integer `5`"), "{said}");
}

#[test]
fn a_plugin_of_the_sdk_says_what_is_wrong_with_a_certificate() {
    if lacks_network("the error of a certificate is told") {
        return;
    }
    let library = plugin("sample-plugins/minimal").library;
    let arguments = ["--profile", "minimal", "--scenario", "tls/expired"];
    let said = reason(&library, &arguments);
    assert!(said.starts_with("the plugin says: "), "{said}");
    assert!(said.contains("certificate expired"), "{said}");
}

/// It gets a 404 like any other, and the test bed knows why.
#[test]
fn a_plugin_of_another_protocol_is_told_what_does_not_fit() {
    let Some(project) = Project::build("a request that fits no step is told") else {
        return;
    };
    let profile = project.path("oem/conformance.toml");
    let sdk = plugin("sample-plugins/minimal").library;
    let said = reason(&sdk, &["--profile", text(&profile)]);
    assert!(
        said.contains("the plugin says: the server answered with status 404"),
        "{said}"
    );
    let mismatch = "the request fits no step of the profile; the nearest is `token`: its method is GET, and POST was \
                    expected";
    assert!(said.contains(mismatch), "{said}");

    let other = workspace().join("harness/other-stacks/kinds/token-then-ask/conformance.toml");
    let said = reason(&project.library(), &["--profile", text(&other)]);
    assert!(
        said.starts_with("the request fits no step of the profile"),
        "{said}"
    );
}

#[test]
fn of_a_plugin_in_c_the_network_saw_the_reason() {
    let Some(project) = Project::build("the network says why a plugin in C has no answer") else {
        return;
    };
    for (scenario, expected) in [
        ("tls/expired", "it refused the TLS handshake: alert: "),
        ("http/500", "the server answered 500 "),
        (
            "dns/nxdomain",
            "it resolved auth.operator.example, and got NXDOMAIN",
        ),
    ] {
        let said = reason(&project.library(), &["--scenario", scenario]);
        assert!(said.starts_with(expected), "{scenario}: {said}");
        assert!(!said.contains("the plugin says"), "{said}");
    }
}

//! The files of a project in Rust.

use super::fill::fill;
use super::first_request::{FirstRequest, Method};
use super::literal::{rust_string, toml_string};
use super::{Project, ProjectFile, Protocol, linked, shared};

/// What builds, tests and examines it.
pub(super) const COMMANDS: [&str; 3] = [
    "cargo test",
    "cargo build --profile plugin",
    "ics-harness check .",
];

const MANIFEST: &str = include_str!("templates/rust/Cargo.toml.template");
const MINIMAL: &str = include_str!("templates/rust/minimal.rs");
const MINIMAL_SETTINGS: &str = include_str!("templates/rust/minimal-settings.toml");
const CARRIER_JSON: &str = linked(include_str!("templates/rust/carrier-json.rs"));
const CARRIER_JSON_SETTINGS: &str =
    linked(include_str!("templates/rust/carrier-json-settings.toml"));
const OWN: &str = include_str!("templates/rust/profile.rs");
const OWN_SETTINGS: &str = include_str!("templates/rust/profile-settings.toml");
const TESTS: &str = include_str!("templates/rust/tests.rs");
const README: &str = include_str!("templates/rust/README.md");
const WORKFLOW: &str = include_str!("templates/rust/check.yml");
const IGNORED: &str = include_str!("templates/rust/gitignore");

/// The longest chain of calls that rustfmt leaves on one line, in characters.
const CHAIN: usize = 60;

pub(super) fn files(project: &Project) -> Vec<ProjectFile> {
    let library = project.name.library();
    let (code, settings) = match &project.protocol {
        Protocol::Minimal => (
            MINIMAL.to_owned(),
            fill(MINIMAL_SETTINGS, &[("library", &library)]),
        ),
        Protocol::CarrierJson => (
            CARRIER_JSON.to_owned(),
            CARRIER_JSON_SETTINGS.replace("libcarrier_json.toml", &format!("lib{library}.toml")),
        ),
        Protocol::Own { request, .. } => (own(request), own_settings(request, &library)),
    };
    let (allow, deny) = match project.protocol.is_incomplete() {
        true => ("None", "None"),
        false => ("Some(Decision::Entitled)", "Some(Decision::NotEntitled)"),
    };
    let note = match project.protocol.is_incomplete() {
        true => {
            "///\n/// TODO: `Some(Decision::Entitled)` for `allow` and `Some(Decision::NotEntitled)` for `deny`, once `decide` is complete.\n"
        }
        false => "",
    };
    let dependency = project.sdk.dependency();
    let manifest = [("name", project.name.as_str()), ("sdk", &dependency)];
    let tests = [("allow", allow), ("deny", deny), ("note", note)];
    let readme = [
        ("name", project.name.as_str()),
        ("library", &library),
        (
            "state",
            &shared::state(&project.protocol, "`decide` in `src/lib.rs`"),
        ),
        ("sdk-note", project.sdk.note()),
    ];
    vec![
        ProjectFile::new("README.md", fill(README, &readme)),
        ProjectFile::new("Cargo.toml", fill(MANIFEST, &manifest)),
        ProjectFile::new("src/lib.rs", code + "\n#[cfg(test)]\nmod tests;\n"),
        ProjectFile::new("src/settings.toml", settings),
        ProjectFile::new("src/tests.rs", fill(TESTS, &tests)),
        ProjectFile::new(".github/workflows/check.yml", WORKFLOW),
        ProjectFile::new(".gitignore", IGNORED),
    ]
}

fn own(request: &FirstRequest) -> String {
    let responses: Vec<_> = request
        .responses
        .iter()
        .map(|line| format!("/// - {line}"))
        .collect();
    let (request, responses) = (chain(request), responses.join("\n"));
    let values = [("request", &*request), ("responses", &responses)];
    fill(OWN, &values)
}

fn own_settings(request: &FirstRequest, library: &str) -> String {
    let values = [("library", library), ("url", &toml_string(&request.origin))];
    fill(OWN_SETTINGS, &values)
}

/// The calls that make the request.
fn chain(request: &FirstRequest) -> String {
    let method = match request.method {
        Method::Get => "get",
        Method::Post => "post",
    };
    let pair = |call: &str, (name, value): &(String, String)| {
        format!(".{call}({}, {})", rust_string(name), rust_string(value))
    };
    let mut calls = vec![format!(".{method}({})", rust_string(&request.path))];
    calls.extend(request.query.iter().map(|one| pair("query", one)));
    calls.extend(request.body.iter().map(|one| pair("body", one)));
    calls.extend(request.headers.iter().map(|one| pair("header", one)));
    calls.extend(
        request
            .statuses
            .iter()
            .map(|status| format!(".accept_status({status})")),
    );
    let line = calls.concat();
    match line.len() + "client".len() <= CHAIN {
        true => line,
        false => calls
            .iter()
            .map(|call| format!("\n        {call}"))
            .collect(),
    }
}

//! Each kind of project has its files, and they are well formed.

use clap::ValueEnum;

use super::*;
use crate::profile::parse_text;

/// A profile with what is hard to write into source code.
const OWN: &str = r#"
name = "own"
[[step]]
name = "question"
method = "POST"
path = "/a b/{id}"
headers = { x-key = "\"\\ */" }
json = { "a.b" = "\"*" }
[step.allow]
body = '{"a":{"b":true}}'
[step.deny]
status = 403
[[step.response]]
name = "later"
answer = "UNAVAILABLE"
status = 503
"#;

/// A project of each language and protocol.
fn projects() -> Vec<Project> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.toml");
    std::fs::write(&file, OWN).expect("a file");
    let mut projects = Vec::new();
    for &language in Language::value_variants() {
        for name in PROTOCOLS.into_iter().chain(["own"]) {
            let protocol = match name {
                "own" => Protocol::of_profile(&file),
                name => Protocol::named(name),
            };
            projects.push(Project {
                name: "my-plugin".parse().expect("a name"),
                language,
                protocol: protocol.expect("a protocol"),
                sdk: SdkSource::Unknown,
            });
        }
    }
    projects
}

#[test]
fn each_project_has_what_its_author_needs() {
    for project in projects() {
        let files = project.files();
        let text = |path: &str| {
            let file = files.iter().find(|file| file.path == path);
            &file.unwrap_or_else(|| panic!("{path}: {project:?}")).text
        };
        assert!(text("README.md").starts_with("# my-plugin\n"));
        assert!(text("SIGNING.md").contains("my_plugin.dll"));
        assert!(text(".github/workflows/check.yml").contains("ics-harness check ."));
        assert!(text("hotspot.xml").contains(r"C:\Windows\System32\my_plugin.dll"));
        parse_text(text("conformance.toml")).expect("a profile");
        let says_so = text("README.md").contains("It is not complete");
        assert_eq!(says_so, project.protocol.is_incomplete());
        let mut paths: Vec<_> = files.iter().map(|file| file.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), files.len());
    }
}

#[test]
fn no_file_of_a_project_names_a_sample_that_it_does_not_have() {
    for project in projects() {
        for file in project.files() {
            for foreign in ["carrier_json", "carrier-json-c"] {
                assert!(!file.text.contains(foreign), "{}: {foreign}", file.path);
            }
        }
    }
}

#[test]
fn a_profile_that_needs_other_files_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("body.json"), "{}").expect("a file");
    let file = folder.path().join("own.toml");
    let with_file = OWN.replace("body = '{\"a\":{\"b\":true}}'", "body-file = \"body.json\"");
    std::fs::write(&file, with_file).expect("a file");
    let refused = Protocol::of_profile(&file);
    assert!(
        matches!(refused, Err(ProtocolError::NamesFiles(_))),
        "{refused:?}"
    );
}

#[test]
fn a_project_is_written_into_an_empty_folder_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = projects().remove(0);
    project.write(folder.path()).expect("it is empty");
    assert!(matches!(
        project.write(folder.path()),
        Err(WriteError::NotEmpty(_))
    ));
    let file = folder.path().join("README.md");
    assert!(matches!(
        project.write(&file),
        Err(WriteError::NotAFolder(_))
    ));
}

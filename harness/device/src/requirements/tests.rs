//! The table is complete and true.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::{DECISIONS, Evidence, HARNESS, REQUIREMENTS, page};
use crate::csp::hotspot::NODES;

/// Set it to write the page anew instead of comparing it.
const WRITE: &str = "ICS_DEVICE_WRITE_DOCS";

#[test]
fn every_test_that_is_named_exists() {
    let binary = std::env::current_exe().unwrap();
    let listed = Command::new(binary).arg("--list").output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let exist: BTreeSet<_> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    assert!(exist.len() > 100, "{}", exist.len());
    for requirement in REQUIREMENTS.iter().chain(DECISIONS) {
        let about = requirement.text;
        match requirement.evidence {
            Evidence::Tests(tests) => {
                assert!(!tests.is_empty(), "{about}");
                let here = tests.iter().filter(|test| !test.starts_with(HARNESS));
                let missing: Vec<_> = here.filter(|test| !exist.contains(*test)).collect();
                assert!(missing.is_empty(), "no {missing:?}, for: {about}");
            }
            // That they exist is tested where they are, in the harness.
            Evidence::Rules(rules) => assert!(!rules.is_empty(), "{about}"),
            Evidence::Nothing(why) => assert!(!why.is_empty(), "{about}"),
        }
    }
}

#[test]
fn every_node_has_its_requirements() {
    for node in NODES {
        let requirements = || REQUIREMENTS.iter().filter(|one| one.topic == node.name);
        assert!(requirements().count() >= 2, "{}", node.name);
        assert!(
            requirements().any(|one| one.text == node.sentence),
            "{}",
            node.name
        );
    }
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("HOTSPOT.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page(),
        "HOTSPOT.md is out of date; run this test with {WRITE}=1 and commit the page"
    );
}

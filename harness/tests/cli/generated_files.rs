//! Documents that are generated are committed as they are generated.

use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares a committed file with what the program makes, and shows how to update it.
fn same(file: &str, made: &str, command: &str) {
    let path = repository().join(file);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    // The document is shown by the command; here only the fact matters.
    assert!(
        committed == made,
        "{file} is not what the program makes of itself; mend it with\n    {command}"
    );
}

#[test]
fn the_contract_matches_the_rule_table() {
    same(
        "CONTRACT.md",
        &ics_harness::rules::contract(),
        "cargo run -- rules --markdown > CONTRACT.md",
    );
}

#[test]
fn the_schema_is_that_of_the_report() {
    same(
        "harness/schema/report.json",
        &ics_harness::report::json::schema(),
        "cargo run -- schema --output harness/schema/report.json",
    );
}

#[test]
fn the_schema_is_that_of_profiles() {
    same(
        "harness/schema/profile.json",
        &ics_harness::profile::schema(),
        "cargo run -- profile schema --output harness/schema/profile.json",
    );
}

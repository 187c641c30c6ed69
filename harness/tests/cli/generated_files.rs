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

#[test]
fn the_page_of_the_report_explains_each_member() {
    let schema: serde_json::Value =
        serde_json::from_str(&ics_harness::report::json::schema()).expect("JSON");
    let page = std::fs::read_to_string(
        repository().join("harness/docs/book/src/laboratories/report-json.md"),
    )
    .expect("the page is there");
    let mut names = Vec::new();
    members(&schema, &mut names);
    assert!(names.len() > 100, "{names:?}");
    names.retain(|name| !page.contains(&format!("`{name}`")));
    assert!(names.is_empty(), "the page does not explain {names:?}");
}

/// The names of all members and all values that are words, in a schema.
fn members(schema: &serde_json::Value, names: &mut Vec<String>) {
    match schema {
        serde_json::Value::Object(members_of) => {
            let properties = members_of.get("properties").and_then(|it| it.as_object());
            names.extend(properties.into_iter().flat_map(|it| it.keys().cloned()));
            let words = members_of.get("enum").and_then(|it| it.as_array());
            let words = words.into_iter().flatten();
            let words = words.chain(members_of.get("const"));
            names.extend(words.filter_map(|word| word.as_str()).map(str::to_owned));
            members_of.values().for_each(|it| members(it, names));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|it| members(it, names)),
        _ => {}
    }
}

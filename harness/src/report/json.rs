//! The report for machines, and its schema.

use super::Report;

/// The report as text.
///
/// # Errors
/// A part that JSON cannot hold.
pub fn text(report: &Report) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}

/// The schema of the report, as JSON Schema.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Report);
    let mut text =
        serde_json::to_string_pretty(&schema).expect("a schema is a tree of strings and numbers");
    text.push('\n');
    text
}

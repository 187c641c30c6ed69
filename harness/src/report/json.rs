//! The report for machines, and its schema.

use std::io::Write;
use std::path::Path;

use super::Report;

/// Writes the report to a file, or to standard output for `-`.
pub fn write(report: &Report, target: &Path) -> std::io::Result<()> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    if target == Path::new("-") {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    } else {
        std::fs::write(target, text)
    }
}

/// The schema of the report, as JSON Schema.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Report);
    let mut text =
        serde_json::to_string_pretty(&schema).expect("a schema is a tree of strings and numbers");
    text.push('\n');
    text
}

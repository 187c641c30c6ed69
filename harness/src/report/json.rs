//! The report for machines, and its schema.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::Report;

/// Where a report goes: a file, or standard output for `-`.
#[derive(Debug)]
pub enum Target {
    /// Standard output.
    Standard,
    /// A file, which is open and empty.
    File(File),
}

impl Target {
    /// Opens it, so that a report is not made in vain.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            Ok(Self::Standard)
        } else {
            File::create(path).map(Self::File)
        }
    }

    /// Writes the report.
    pub fn write(self, report: &Report) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(report)?;
        text.push('\n');
        match self {
            Self::Standard => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()
            }
            Self::File(mut file) => file.write_all(text.as_bytes()),
        }
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

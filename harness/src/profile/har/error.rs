//! Why a recording cannot be used.

use std::fmt;
use std::path::PathBuf;

use ics_device::document::{Colour, Diagnostic, Diagnostics, Rendered, Source, Span};
use ics_device::printable;

/// Why a recording cannot be used.
#[derive(Debug)]
pub enum HarError {
    /// The file cannot be read, or is too large.
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// Its content has faults.
    Faulty {
        path: PathBuf,
        bytes: Vec<u8>,
        faults: Diagnostics,
    },
}

impl HarError {
    /// The faults, each with its line and column.
    pub fn rendered(&self, colour: Colour) -> String {
        match self {
            Self::Unreadable { path, source } => {
                let path = printable::path(path);
                format!("cannot read the recording {path}: {source}")
            }
            Self::Faulty {
                path,
                bytes,
                faults,
            } => {
                let name = printable::path(path).to_string();
                let source = Source::new(&name, bytes);
                Rendered::new(faults, &source, colour).to_string()
            }
        }
    }
}

impl std::error::Error for HarError {}

impl fmt::Display for HarError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.rendered(Colour::Never).trim_end())
    }
}

/// The fault that serde found in the part of the file that begins at an offset.
pub(super) fn diagnostic(error: &serde_json::Error, bytes: &[u8], start: usize) -> Diagnostic {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&position).unwrap_or(&text);
    let offset = start + offset(&bytes[start..], error.line(), error.column());
    let at = Span::new(offset, offset + 1);
    // serde writes `invalid type: null, expected a string`, and `expected value` where it is no JSON.
    let (found, expected) = match text.split_once(", expected ") {
        Some((found, expected)) => (found, Some(expected)),
        None => match text.strip_prefix("expected ") {
            Some(expected) => ("invalid JSON", Some(expected)),
            None => (text, None),
        },
    };
    let fault = Diagnostic::error(at, found);
    match expected {
        Some("i64" | "f64") => fault.expected("a number"),
        Some(expected) => fault.expected(expected),
        None => fault,
    }
}

/// The offset of a line and a column, which both begin with 1; serde counts bytes.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let breaks = memchr::memchr_iter(b'\n', bytes);
    let begin = match line {
        0 | 1 => 0,
        _ => breaks.skip(line - 2).map(|at| at + 1).next().unwrap_or(0),
    };
    (begin + column.saturating_sub(1)).min(bytes.len())
}

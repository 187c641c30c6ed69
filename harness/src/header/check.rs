//! Compares a header file with the generated one.

use std::fmt;
use std::path::Path;

use ics_device::printable;
use similar::TextDiff;

use super::{HeaderError, Language, generate};

/// How a file differs from the generated header, in the format of `diff -u`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnifiedDiff(String);

impl fmt::Display for UnifiedDiff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Compares a file with the header that [`generate`] returns: `None` if they are
/// equal. Line endings are ignored, since a checkout on Windows may change them.
///
/// # Errors
///
/// If the file cannot be read, or the header cannot be generated.
pub fn check(
    file: &Path,
    language: Language,
    guard: Option<&str>,
) -> Result<Option<UnifiedDiff>, HeaderError> {
    let bytes = std::fs::read(file).map_err(|source| HeaderError::Read {
        path: file.to_owned(),
        source,
    })?;
    let found = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    let expected = generate(language, guard)?;
    if found == expected {
        return Ok(None);
    }
    let difference = TextDiff::from_lines(&found, &expected)
        .unified_diff()
        .header(&printable::path(file).to_string(), "the generated header")
        .to_string();
    Ok(Some(UnifiedDiff(difference)))
}

//! The mutants that no rule could find, with the reasons: `equivalent.toml`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::mutant::Mutant;
use super::sample::Sample;

/// The list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Equivalents {
    #[serde(default)]
    mutant: Vec<Equivalent>,
}

/// Mutants that behave as the sample does. The line's text and not its number is named, so that the list survives a
/// change elsewhere in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Equivalent {
    /// The file, relative to the workspace.
    file: PathBuf,
    /// The whole line, without indentation.
    line: String,
    /// The operator, if only its changes are equivalent.
    operator: Option<String>,
    /// What replaces the original, if only that is equivalent.
    after: Option<String>,
    /// What is replaced, if the line has several such places.
    before: Option<String>,
    /// Why no observer could tell the mutant from the sample.
    reason: String,
}

impl Equivalent {
    fn is(&self, mutant: &Mutant) -> bool {
        let same = |expected: &Option<String>, found: &str| {
            expected.as_ref().is_none_or(|expected| expected == found)
        };
        self.file == mutant.file
            && self.line == mutant.text
            && same(&self.operator, mutant.operator)
            && same(&self.before, &mutant.before)
            && same(&self.after, &mutant.after)
    }
}

impl Equivalents {
    /// Reads the list. An entry about this sample that fits none of `all`, all its mutants, is an error.
    pub(crate) fn read(
        workspace: &Path,
        sample: Sample,
        all: &[Mutant],
        complete: bool,
    ) -> Result<Self, String> {
        let path = workspace.join("harness/benches/mutants/equivalent.toml");
        let failed = |error: String| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        let list: Self = toml::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let folder = Path::new("sample-plugins").join(sample.name());
        let stale = list.mutant.iter().find(|entry| {
            complete
                && entry.file.starts_with(&folder)
                && !all.iter().any(|mutant| entry.is(mutant))
        });
        match stale {
            Some(entry) => Err(failed(format!(
                "no mutant fits the entry for `{}`; remove it, or write the line as it is now",
                entry.line
            ))),
            None => Ok(list),
        }
    }

    /// Why a mutant is equivalent, if it is listed.
    pub(crate) fn reason(&self, mutant: &Mutant) -> Option<&str> {
        let entry = self.mutant.iter().find(|entry| entry.is(mutant));
        entry.map(|entry| entry.reason.as_str())
    }
}

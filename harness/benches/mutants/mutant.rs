//! A mutant: one change of one file.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// A source of a sample with one change.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// The file, relative to the workspace.
    pub(crate) file: PathBuf,
    /// The line of the change, from 1.
    pub(crate) line: usize,
    /// The text of that line, without indentation.
    pub(crate) text: String,
    /// What is replaced, and by what.
    pub(crate) before: String,
    pub(crate) after: String,
    /// The kind of change.
    pub(crate) operator: &'static str,
    /// The whole mutated file.
    pub(crate) source: String,
}

impl Mutant {
    /// The file's source with the bytes of `range` replaced.
    pub(crate) fn of(
        file: PathBuf,
        source: &str,
        range: std::ops::Range<usize>,
        after: &str,
        operator: &'static str,
    ) -> Self {
        let line_start = source[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let line = source[..range.start].matches('\n').count() + 1;
        let text = source[line_start..].lines().next().unwrap_or_default();
        Self {
            file,
            line,
            text: text.trim().to_owned(),
            before: source[range.clone()].to_owned(),
            after: after.to_owned(),
            operator,
            source: format!("{}{after}{}", &source[..range.start], &source[range.end..]),
        }
    }

    /// Identifies the mutant by everything that it is compiled from in this file.
    pub(crate) fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.file.as_os_str().as_encoded_bytes());
        hash.update([0]);
        hash.update(&self.source);
        let hash = hash.finalize();
        hash.iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(
            formatter,
            "{}:{}: {}: `{}` -> `{}`\n    in: {}",
            self.file.display(),
            self.line,
            self.operator,
            one_line(&self.before),
            one_line(&self.after),
            self.text
        )
    }
}

/// Drops mutants with the same source, which two operators can make.
pub(crate) fn distinct(mutants: Vec<Mutant>) -> Vec<Mutant> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for mutant in mutants {
        if seen.insert(mutant.id()) {
            kept.push(mutant);
        }
    }
    kept
}

/// So many of the mutants, in their order. The same seed chooses the same ones.
pub(crate) fn choose(mutants: Vec<Mutant>, most: usize, seed: u64) -> Vec<Mutant> {
    let key = |mutant: &Mutant| {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(mutant.id());
        hash.finalize().to_vec()
    };
    let mut keys: Vec<_> = mutants.iter().map(key).collect();
    keys.sort_unstable();
    let Some(limit) = keys.get(most) else {
        return mutants;
    };
    mutants
        .into_iter()
        .filter(|mutant| key(mutant) < *limit)
        .collect()
}

//! The results of mutants, kept in a file: a run that was interrupted goes on where it was.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use ics_harness::report::{PluginReport, Verdict};
use ics_harness::rules::Level;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What happened to a mutant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(crate) enum Outcome {
    NotCompiled,
    /// Rules that are broken, the first that fails the check first.
    Killed {
        rules: Vec<String>,
        must: bool,
    },
    Survived,
    /// Neither: the check was undecided or had an error.
    Unexamined {
        reason: String,
    },
}

impl Outcome {
    /// The outcome that a report stands for. `conformant` is what the check's exit code says.
    pub(crate) fn of(report: &PluginReport, conformant: bool) -> Self {
        let failed = |level| {
            let rules = report.rules.iter();
            rules.filter(move |rule| rule.verdict == Verdict::Fail && rule.level == level)
        };
        let must = failed(Level::Must).count() > 0;
        let rules: Vec<String> = failed(Level::Must)
            .chain(failed(Level::Should))
            .map(|rule| rule.id.clone())
            .collect();
        if !rules.is_empty() {
            return Self::Killed { rules, must };
        }
        if conformant {
            return Self::Survived;
        }
        let rules = report.rules.iter();
        let open = rules.filter(|rule| matches!(rule.verdict, Verdict::Error | Verdict::Skip));
        let open: Vec<&str> = open.map(|rule| rule.id.as_str()).collect();
        let reason = format!("not examined: {}", open.join(", "));
        Self::Unexamined { reason }
    }
}

/// An outcome with the time that the check took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The program that examined the mutant. Another program's rules may be others.
    program: String,
    id: String,
    pub(crate) outcome: Outcome,
    pub(crate) seconds: f64,
}

/// The file with the results of one sample.
pub(crate) struct Results {
    program: String,
    file: File,
    pub(crate) entries: BTreeMap<String, Entry>,
}

impl Results {
    /// Opens the file, and reads the results that `program` has made, unless it should start afresh.
    pub(crate) fn open(path: &Path, program: &Path, fresh: bool) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let bytes = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
        let program: String = Sha256::digest(bytes)
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if fresh {
            // There may be none.
            let _ = fs::remove_file(path);
        }
        let text = fs::read_to_string(path).unwrap_or_default();
        // An interrupted program may have left half a line.
        let entries = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Entry>(line).ok())
            .filter(|entry| entry.program == program)
            .filter(|entry| !matches!(entry.outcome, Outcome::Unexamined { .. }))
            .map(|entry| (entry.id.clone(), entry))
            .collect();
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .append(true)
            .open(path)
            .map_err(failed)?;
        if !text.is_empty() && !text.ends_with('\n') {
            writeln!(file).map_err(failed)?;
        }
        Ok(Self {
            program,
            file,
            entries,
        })
    }

    /// Keeps a result.
    pub(crate) fn add(&mut self, id: &str, outcome: Outcome, seconds: f64) -> Result<(), String> {
        let entry = Entry {
            program: self.program.clone(),
            id: id.to_owned(),
            outcome,
            seconds,
        };
        let line = serde_json::to_string(&entry).map_err(|error| error.to_string())?;
        writeln!(self.file, "{line}").map_err(|error| format!("cannot keep a result: {error}"))?;
        self.entries.insert(id.to_owned(), entry);
        Ok(())
    }
}

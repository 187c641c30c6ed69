//! The score of a run, and its survivors.

use std::io::{self, Write};

use super::equivalent::Equivalents;
use super::mutant::Mutant;
use super::results::{Outcome, Results};

/// The results of the chosen mutants, by kind.
#[derive(Default)]
pub(crate) struct Summary {
    not_compiled: usize,
    killed_by_must: usize,
    killed_by_should: usize,
    equivalent: Vec<String>,
    survived: Vec<String>,
    unexamined: Vec<String>,
    /// Entries of the list that a rule finds after all.
    not_equivalent: Vec<String>,
    seconds: f64,
}

impl Summary {
    pub(crate) fn of(mutants: &[Mutant], results: &Results, equivalents: &Equivalents) -> Self {
        let mut summary = Self::default();
        for mutant in mutants {
            let id = mutant.id();
            let Some(entry) = results.entries.get(&id) else {
                summary.unexamined.push(format!("{mutant}\n    no result"));
                continue;
            };
            summary.seconds += entry.seconds;
            let reason = equivalents.reason(mutant);
            match (&entry.outcome, reason) {
                (Outcome::NotCompiled, _) => summary.not_compiled += 1,
                (Outcome::Killed { rules, must }, reason) => {
                    if *must {
                        summary.killed_by_must += 1;
                    } else {
                        summary.killed_by_should += 1;
                    }
                    if reason.is_some() {
                        let found = rules.join(", ");
                        summary
                            .not_equivalent
                            .push(format!("{mutant}\n    found by {found}"));
                    }
                }
                (Outcome::Survived, Some(reason)) => {
                    summary
                        .equivalent
                        .push(format!("{mutant}\n    equivalent: {reason}"));
                }
                (Outcome::Survived, None) => summary.survived.push(format!("{mutant}\n    {id}")),
                (Outcome::Unexamined { reason }, _) => {
                    summary.unexamined.push(format!("{mutant}\n    {reason}"));
                }
            }
        }
        summary
    }

    /// The exit code that the results stand for.
    pub(crate) fn exit_code(&self) -> u8 {
        if !self.unexamined.is_empty() {
            3
        } else {
            u8::from(!self.survived.is_empty())
        }
    }

    pub(crate) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let lists = [
            ("survived", &self.survived),
            ("not examined", &self.unexamined),
            ("listed as equivalent, but found", &self.not_equivalent),
            ("equivalent", &self.equivalent),
        ];
        for (title, mutants) in lists {
            if !mutants.is_empty() {
                writeln!(out, "\n{title}:")?;
            }
            for mutant in mutants {
                writeln!(out, "  {}", mutant.replace('\n', "\n  "))?;
            }
        }
        let killed = self.killed_by_must + self.killed_by_should;
        let counted = killed + self.survived.len();
        writeln!(
            out,
            "\n{killed} killed ({} by a must, {} by a should alone), {} survived, {} equivalent, {} not examined, {} did not compile",
            self.killed_by_must,
            self.killed_by_should,
            self.survived.len(),
            self.equivalent.len(),
            self.unexamined.len(),
            self.not_compiled,
        )?;
        let hundredths = (killed * 10_000).checked_div(counted).unwrap_or(0);
        writeln!(
            out,
            "score {}.{:02} % ({killed} of {counted}), {:.0} s of checks",
            hundredths / 100,
            hundredths % 100,
            self.seconds
        )
    }
}

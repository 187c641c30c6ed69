//! What a rule is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::judgement::Judged;
use crate::plugin::inspect::Inspection;
use crate::run::{RunRecord, RunSpec};
use crate::testbed::Scenario;
use crate::worker::script::Step;

/// How severe a broken rule is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Advice; never fails a run.
    May,
    /// What a careful author does; fails a run with `--strict`.
    Should,
    /// The specification says so, or the device would crash, hang, or share its connection without permission.
    Must,
}

impl Level {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::May => "may",
            Self::Should => "should",
            Self::Must => "must",
        }
    }
}

/// One rule of the contract.
#[derive(Debug)]
pub struct Rule {
    /// `group/name`, never reused.
    pub id: &'static str,
    /// How severe it is to break it.
    pub level: Level,
    /// When it holds, as one sentence about the plugin.
    pub title: &'static str,
    /// The clause that it stands for: the specification's words, or the reason.
    pub clause: &'static str,
    /// What is expected, as a report says it.
    pub expected: &'static str,
    /// How to fix a plugin that breaks it.
    pub help: &'static str,
    /// How it is examined.
    pub examination: Examination,
}

impl Rule {
    /// The part of the id before the slash.
    pub fn group(&self) -> &'static str {
        self.id.split('/').next().unwrap_or(self.id)
    }
}

/// How a rule is examined.
#[derive(Debug)]
pub enum Examination {
    /// By reading the file, without loading it.
    File(FileJudge),
    /// By one run of a worker in a scenario.
    Run(RunSpec<'static>, RunJudge),
    /// By looking at every run that was made for the other rules.
    AllRuns(AllRunsJudge),
}

/// Judges what the file itself says.
pub type FileJudge = fn(&Inspection) -> Judged;
/// Judges one run.
pub type RunJudge = fn(&RunRecord) -> Judged;
/// Judges all runs that were made.
pub type AllRunsJudge = fn(&[NamedRun<'_>]) -> Judged;

/// A run and the rule that it was made for; the first, where several share it.
#[derive(Clone, Copy, Debug)]
pub struct NamedRun<'a> {
    /// The id of that rule.
    pub rule: &'static str,
    /// What is known of the run.
    pub record: &'a RunRecord,
}

impl Examination {
    /// A run of the library from its usual location.
    pub(super) const fn run(scenario: Scenario, script: &'static [Step], judge: RunJudge) -> Self {
        Self::Run(RunSpec::new(scenario, script), judge)
    }
}

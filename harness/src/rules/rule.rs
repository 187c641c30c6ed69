//! The type of a rule, and how one is examined.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::judgement::{Consequence, Judgement};
use super::precondition::Precondition;
use crate::plugin::inspect::Inspection;
use crate::run::{RunRecord, RunSpec, scripts};
use crate::testbed::Scenario;
use crate::worker::script::Step;

/// How severe it is to break a rule.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Advice; never fails a run.
    May,
    /// Good practice; fails a run with `--strict`.
    Should,
    /// The specification says so, or the device would crash, hang, or share its connection without permission.
    Must,
}

impl Level {
    /// The level's name in reports.
    pub fn name(self) -> &'static str {
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
    /// `group/name`; ids are stable and never reused.
    pub id: &'static str,
    pub level: Level,
    /// The requirement, as one sentence about the plugin.
    pub title: &'static str,
    /// Why it is required: a quotation of the specification, or the reason.
    pub clause: &'static str,
    /// What is expected to be seen, for reports.
    pub expected: &'static str,
    /// How to fix a plugin that breaks it.
    pub help: &'static str,
    /// What must be shown of the plugin before it can be judged.
    pub needs: &'static [Precondition],
    pub examination: Examination,
}

impl Rule {
    /// The part of the id before the slash.
    pub fn group(&self) -> &'static str {
        self.id.split('/').next().unwrap_or(self.id)
    }

    /// What a failure usually means for the device.
    pub fn consequence(&self) -> Consequence {
        match (self.group(), self.id) {
            (
                _,
                "host/alive" | "host/sigpipe" | "host/timers" | "host/heap" | "load/unload"
                | "load/thread-exit",
            ) => Consequence::Kills,
            (_, "host/briefly-changed") => Consequence::Other,
            (_, "load/reload" | "load/wears-out" | "load/unmapped") | ("host", _) => {
                Consequence::Leaks
            }
            ("time", _) => Consequence::Hangs,
            _ => Consequence::Other,
        }
    }
}

/// How a rule is examined.
#[derive(Debug)]
pub enum Examination {
    /// By reading the file, without loading it.
    File(FileJudge),
    /// By one run of a worker in a scenario.
    Run(RunSpec<'static>, RunJudge),
    /// By judging all runs that were made for the other rules.
    AllRuns(AllRunsJudge),
}

/// Judges what was read from the file.
pub type FileJudge = fn(&Inspection) -> Judgement;
/// Judges one run.
pub type RunJudge = fn(&RunRecord) -> Judgement;
/// Judges all runs that were made.
pub type AllRunsJudge = fn(&[NamedRun<'_>]) -> Judgement;

/// A run, and the rule that it was made for: the first one, if several rules share it.
#[derive(Clone, Copy, Debug)]
pub struct NamedRun<'a> {
    pub rule: &'static str,
    pub record: &'a RunRecord,
}

impl Examination {
    /// A run of the usual script of the scenario.
    pub(super) const fn usual(scenario: Scenario, judge: RunJudge) -> Self {
        Self::run(scenario, scripts::usual(&scenario), judge)
    }

    /// A run of the library from its usual location.
    pub(super) const fn run(scenario: Scenario, script: &'static [Step], judge: RunJudge) -> Self {
        Self::Run(RunSpec::new(scenario, script), judge)
    }
}

//! What random scenarios showed, as a part of the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What random scenarios belong to, in the place of a rule's id.
pub(super) const NAME: &str = "chaos";

/// What a plugin must do in each of them.
pub(super) const REQUIREMENT: &str = "In no random scenario does the plugin return SUCCESS for a damaged response, is it late, or does it end the process.";

/// What random scenarios showed of the plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChaosReport {
    /// The seed, from which every case follows.
    pub seed: u64,
    /// The number of the first case.
    pub first: u32,
    /// The number of cases in which SUCCESS is wrong.
    pub damaged: usize,
    /// The number of cases with a deviation that well-known libraries accept.
    pub tolerated: usize,
    /// The number of cases in which the server allows, and nothing is damaged.
    pub undamaged: usize,
    /// The number of undamaged cases in which the plugin returned SUCCESS.
    pub undamaged_allowed: usize,
    /// The number of cases that the isolation in use cannot show.
    pub unsupported: usize,
    /// The number of cases that failed: SUCCESS for a damaged response, a late call, or the end of the process.
    pub failed: usize,
    /// The first cases that failed.
    pub failures: Vec<ChaosFailure>,
    /// Cases that could not be run because of a harness error.
    pub errors: Vec<String>,
}

impl ChaosReport {
    /// The number of cases that are over.
    pub fn made(&self) -> usize {
        self.damaged + self.tolerated + self.undamaged + self.unsupported + self.errors.len()
    }

    /// The number of failed cases that are not among the failures.
    pub(super) fn more_failed(&self) -> usize {
        self.failed.saturating_sub(self.failures.len())
    }
}

impl ChaosFailure {
    /// The case, with the seed that it follows from.
    pub(super) fn title(&self, seed: u64) -> String {
        format!("seed {seed}, case {}", self.case)
    }

    /// The options of `check` that repeat it.
    pub(super) fn repeat(&self, seed: u64) -> String {
        format!("--chaos 1 --seed {seed} --case {}", self.case)
    }

    /// The details, each with its name.
    pub(super) fn details(&self, seed: u64) -> [(&'static str, String); 5] {
        [
            ("scenario", self.scenario.clone()),
            ("seen", self.seen.clone()),
            ("simplest", self.simplest.clone()),
            ("seen", self.seen_in_simplest.clone()),
            ("repeat", self.repeat(seed)),
        ]
    }
}

/// A random scenario that the plugin does not survive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChaosFailure {
    /// The number of the case, which with the seed repeats it.
    pub case: u32,
    /// What the network did.
    pub scenario: String,
    pub seen: String,
    /// The simplest scenario found in which the plugin fails.
    pub simplest: String,
    pub seen_in_simplest: String,
}

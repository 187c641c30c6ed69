//! What random scenarios showed, as a part of the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

//! What was measured in the runs, as far as a report shows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One call in the run of a failed rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallReport {
    /// When it began, in seconds since the scenario was set up.
    pub at: f64,
    /// How long it took in seconds; until the process ended, if it did not return.
    pub seconds: f64,
    /// What it returned; absent if it did not return.
    pub answer: Option<String>,
}

/// How long calls took, and how much memory the process had.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurements {
    /// The calls of each run, in the order in which the runs ended.
    pub calls: Vec<CallTimes>,
    /// The memory in runs that measure it.
    pub memory: Vec<MemorySeries>,
}

/// How long the calls of a run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallTimes {
    /// The rule that the run is named after. Others can share it.
    pub run: String,
    /// How many calls returned.
    pub calls: usize,
    /// In seconds.
    pub shortest: f64,
    /// In seconds.
    pub median: f64,
    /// In seconds.
    pub longest: f64,
}

/// The private memory of the process over a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemorySeries {
    /// The rule that the run is named after.
    pub run: String,
    pub samples: Vec<MemorySample>,
}

/// The private memory at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemorySample {
    /// How many calls had returned by then.
    pub calls: usize,
    /// In KiB.
    pub kib: u64,
}

impl Measurements {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.memory.is_empty()
    }

    /// Adds those of other runs of the same plugin.
    pub(super) fn add(&mut self, other: Self) {
        let known = |run: &str| self.calls.iter().any(|one| one.run == run);
        let new: Vec<CallTimes> = other
            .calls
            .into_iter()
            .filter(|it| !known(&it.run))
            .collect();
        self.calls.extend(new);
        let known = |run: &str| self.memory.iter().any(|one| one.run == run);
        let new: Vec<MemorySeries> = other
            .memory
            .into_iter()
            .filter(|it| !known(&it.run))
            .collect();
        self.memory.extend(new);
    }
}

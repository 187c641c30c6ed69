//! What a rule is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::plugin::inspect::Inspection;
use crate::worker::observation::{Call, End, Observation, Snapshot};
use crate::worker::script::Step;
use crate::world::World;

/// How much a rule weighs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Advice; never fails a run.
    May,
    /// What a careful author does; fails a run with `--strict`.
    Should,
    /// The specification says so, or the device would crash, hang, or share without leave.
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
    /// How much it weighs.
    pub level: Level,
    /// When it holds, as one sentence about the plugin.
    pub title: &'static str,
    /// The clause that it stands for: the specification's words, or the reason.
    pub clause: &'static str,
    /// What is expected, as a report says it.
    pub expected: &'static str,
    /// How to mend a plugin that breaks it.
    pub cure: &'static str,
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
    File(fn(&Inspection) -> Judgement),
    /// By one run of a worker in a world.
    Run(Run),
    /// By looking at every run that was made for the other rules.
    Every(fn(&[Examined<'_>]) -> Judgement),
}

/// A run of a worker in a world, and who judges it.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The world at the beginning.
    pub world: World,
    /// What the worker does.
    pub script: &'static [Step],
    /// Where the library stands.
    pub place: Place,
    /// From what was seen to a judgement.
    pub judge: fn(&Examined<'_>) -> Judgement,
}

impl Run {
    /// Whether two rules can be judged from one run.
    pub fn same_conduct(&self, other: &Self) -> bool {
        self.world == other.world && self.script == other.script && self.place == other.place
    }
}

/// Where the library stands when it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Where it was found, or in its private copy.
    Usual,
    /// In a read-only folder with spaces and non-ASCII letters in its name, with another current folder.
    Elsewhere,
}

/// What the profile allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest that a call may take, in seconds.
    pub deadline: f64,
}

/// A run and what was seen of it, as a judge receives it.
#[derive(Clone, Copy, Debug)]
pub struct Examined<'a> {
    /// The rule for which the run was made; the first, where several share it.
    pub rule: &'static str,
    /// The script of the run.
    pub script: &'static [Step],
    /// What was seen.
    pub observation: &'a Observation,
    /// What the profile allows.
    pub limits: Limits,
}

impl<'a> Examined<'a> {
    /// Every call of the run, in order.
    pub fn calls(&self) -> impl Iterator<Item = &'a Call> + use<'a> {
        self.observation.steps.iter().flat_map(|step| &step.calls)
    }

    /// Every snapshot of the run, in order.
    pub fn snapshots(&self) -> impl Iterator<Item = &'a Snapshot> + use<'a> {
        self.observation
            .steps
            .iter()
            .filter_map(|step| step.snapshot.as_deref())
    }

    /// The first two snapshots, where the run got so far.
    pub fn before_and_after(&self) -> Option<(&'a Snapshot, &'a Snapshot)> {
        let mut snapshots = self.snapshots();
        Some((snapshots.next()?, snapshots.next()?))
    }

    /// The first error of a step, such as the loader's message.
    pub fn error(&self) -> Option<&'a str> {
        self.observation
            .steps
            .iter()
            .find_map(|step| step.error.as_deref())
    }

    /// Why the rule cannot be judged, if the plugin does not even load.
    pub fn unloadable(&self) -> Option<String> {
        let error = self.error()?;
        let never_called = self.calls().next().is_none();
        never_called.then(|| format!("it does not load ({error}): see load/succeeds"))
    }

    /// The index of the step in which the worker ended early.
    pub fn broke_off_at(&self) -> Option<usize> {
        match self.observation.end {
            End::Finished => None,
            End::Killed { step, .. }
            | End::Exited { step, .. }
            | End::Hung { step, .. }
            | End::Silenced { step } => Some(step),
        }
    }

    /// How the worker ended early and in which step, in words.
    pub fn broke_off(&self) -> Option<String> {
        let during = |step: usize| {
            self.script.get(step).map_or_else(
                || "after the last step".to_owned(),
                |step| format!("during {}", step.words()),
            )
        };
        match &self.observation.end {
            End::Finished => None,
            End::Killed { signal, step } => Some(format!(
                "the process was killed by {signal} {}",
                during(*step)
            )),
            End::Exited { code, step } => Some(format!(
                "the process exited with code {code} {}",
                during(*step)
            )),
            End::Hung { step, seconds } => {
                Some(format!("no sign of life for {seconds} s {}", during(*step)))
            }
            End::Silenced { step } => Some(format!(
                "it closed, replaced or wrote to a descriptor of the host's {}",
                during(*step)
            )),
        }
    }
}

/// What a judge says.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// The rule holds, and this was seen.
    Holds(String),
    /// The rule is broken.
    Broken {
        /// How much of it: the rule's own level, or a lower one.
        level: Option<Level>,
        /// What was seen instead of what was expected.
        seen: String,
        /// The run in which it was seen, by its rule, where all runs were looked at.
        run: Option<&'static str>,
    },
    /// The rule could not be examined, and why. Never a pass.
    Skipped(String),
}

impl Judgement {
    /// Broken, at the rule's own level.
    pub fn broken(seen: impl Into<String>) -> Self {
        Self::Broken {
            level: None,
            seen: seen.into(),
            run: None,
        }
    }

    /// Broken, but only as much as a `should`.
    pub fn careless(seen: impl Into<String>) -> Self {
        Self::Broken {
            level: Some(Level::Should),
            seen: seen.into(),
            run: None,
        }
    }

    /// Broken in one run of all that were looked at.
    pub fn broken_in(run: &'static str, seen: &str) -> Self {
        Self::Broken {
            level: None,
            seen: format!("in the world of {run}: {seen}"),
            run: Some(run),
        }
    }

    /// The rule holds.
    pub fn holds(seen: impl Into<String>) -> Self {
        Self::Holds(seen.into())
    }

    /// Not examined.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped(reason.into())
    }
}

/// The three answers, as the contract numbers them.
pub const SUCCESS: i32 = ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS as i32;
/// See [`SUCCESS`].
pub const FAILED: i32 = ICS_ENTITLEMENT_RESULT::ENTITLEMENT_FAILED as i32;
/// See [`SUCCESS`].
pub const UNAVAILABLE: i32 = ICS_ENTITLEMENT_RESULT::ENTITLEMENT_UNAVAILABLE as i32;

/// The name of an answer, or its number if it is none of the three.
pub fn answer_name(value: i32) -> String {
    match value {
        SUCCESS => "ENTITLEMENT_SUCCESS".to_owned(),
        FAILED => "ENTITLEMENT_FAILED".to_owned(),
        UNAVAILABLE => "ENTITLEMENT_UNAVAILABLE".to_owned(),
        other => format!("{other}, which is no ICS_ENTITLEMENT_RESULT"),
    }
}

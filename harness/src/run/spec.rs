//! The specification of one run.

use std::time::Duration;

use crate::testbed::Scenario;
use crate::worker::Snapshots;
use crate::worker::script::Step;

/// How much longer than the deadline to wait for a worker, so that a late call can be
/// distinguished from one that never returns.
pub const GRACE: Duration = Duration::from_secs(5);

/// The specification of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSpec<'a> {
    /// The scenario at the start; a step of the script can change it.
    pub scenario: Scenario,
    /// The steps of the worker.
    pub script: &'a [Step],
    pub location: LibraryLocation,
    /// How much longer than the deadline to wait for the worker: [`GRACE`] unless a late call need
    /// not be distinguished from one that never returns.
    pub grace: Duration,
    /// When the state of the process is recorded.
    pub snapshots: Snapshots,
}

impl<'a> RunSpec<'a> {
    /// A run of the library from its usual location.
    pub const fn new(scenario: Scenario, script: &'a [Step]) -> Self {
        Self {
            scenario,
            script,
            location: LibraryLocation::Usual,
            grace: GRACE,
            snapshots: Snapshots::AfterEachStep,
        }
    }

    /// The same run without the snapshots that only rules need.
    #[must_use]
    pub const fn unwatched(self) -> Self {
        Self {
            snapshots: Snapshots::WhereScripted,
            ..self
        }
    }
}

/// Where the library is loaded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LibraryLocation {
    /// Where it was found, or in its private copy.
    Usual,
    /// In a read-only folder with spaces and non-ASCII letters in its name, with a different working directory.
    UnusualFolder,
}

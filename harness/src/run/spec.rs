//! What one run does.

use std::time::Duration;

use crate::testbed::Scenario;
use crate::worker::script::Step;

/// How much longer than the deadline a worker is waited for, so that a late
/// call can still be told from one that never returns.
pub const GRACE: Duration = Duration::from_secs(5);

/// What one run does, and in which scenario it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSpec<'a> {
    /// The scenario at the beginning.
    pub scenario: Scenario,
    /// What the worker does.
    pub script: &'a [Step],
    /// Where the library is loaded from.
    pub location: LibraryLocation,
    /// How much longer than the deadline the worker is waited for: [`GRACE`]
    /// where a late call has to be told from one that never returns.
    pub grace: Duration,
}

impl<'a> RunSpec<'a> {
    /// A run of the library from its usual location.
    pub const fn new(scenario: Scenario, script: &'a [Step]) -> Self {
        Self {
            scenario,
            script,
            location: LibraryLocation::Usual,
            grace: GRACE,
        }
    }
}

/// Where the library is when it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LibraryLocation {
    /// Where it was found, or in its private copy.
    Usual,
    /// In a read-only folder with spaces and non-ASCII letters in its name, with another current folder.
    UnusualFolder,
}

//! Workers on Windows: not available in this build. The API is that of
//! `worker/linux/`.

mod cancel;

use std::path::Path;

pub use cancel::Cancel;

use super::observation::Observation;
use super::script::Step;
use super::{Options, ScenarioChange, WorkerError};
use crate::testbed::Scenario;

/// Does nothing: no process is a worker in this build.
pub fn main_if_worker() {}

/// See [`crate::worker::run`].
pub(super) fn run(
    _: &Path,
    _: &[Step],
    _: &Options,
    _: &mut dyn FnMut(Scenario) -> Result<ScenarioChange, String>,
    _: &Cancel,
) -> Result<Observation, WorkerError> {
    Err(WorkerError::Unavailable(
        "loading a plugin on Windows is not available in this build",
    ))
}

//! Workers on Windows: not available in this build. The API is that of
//! `worker/linux/`.

mod cancel;

use std::path::{Path, PathBuf};

pub use cancel::Cancel;

use super::observation::Observation;
use super::script::Step;
use super::wine::{NoWine, Wine};
use super::{Options, ScenarioChange, WorkerError};
use crate::testbed::Scenario;
use crate::testbed::containment::Containment;

/// Does nothing: no process is a worker in this build.
pub fn main_if_worker() {}

/// There is no Wine.
pub(super) fn wine_libraries() -> Option<PathBuf> {
    None
}

/// A DLL needs no Wine here.
pub(super) fn find_wine(_: &dyn Fn(&str)) -> Result<Wine, NoWine> {
    Err(NoWine("Windows has no Wine".to_owned()))
}

/// There is no Wine, and nothing to do.
pub(super) fn contain_wine(_: &Wine, _: &mut Containment) {}

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

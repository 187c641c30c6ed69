//! One run of one plugin: the test bed that all runs share, the specification of a
//! run, and its record.
//!
//! The suite, `call`, `bench` and the simulation's plugin runner use this module.
//! It knows no rules, and never loads the plugin: only a worker does.

mod applicable;
mod conditions;
pub mod control;
mod error;
pub mod hosts;
mod prepared;
mod reason;
mod record;
pub mod scripts;
mod sequence;
mod spec;
mod test_bed;

pub use conditions::Conditions;
pub use error::{RunError, TestBedError};
pub use prepared::PreparedPlugin;
pub use record::{FAILED, RunRecord, SUCCESS, UNAVAILABLE, answer_name};
pub use spec::{GRACE, HostEnvironment, LibraryLocation, RunSpec};
pub use test_bed::TestBed;

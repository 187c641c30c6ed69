//! One run of one plugin: what is set up once for all runs, what a run does,
//! and what is known of it afterwards.
//!
//! The suite, `call`, `bench` and the simulation's plugin runner stand on this
//! module. Nothing here knows a rule, and the plugin is loaded by a worker
//! only.

mod profile;
mod record;
pub mod scripts;
mod spec;
mod test_bed;

pub use profile::Profile;
pub use record::{FAILED, RunRecord, SUCCESS, UNAVAILABLE, answer_name};
pub use spec::{GRACE, LibraryLocation, RunSpec};
pub use test_bed::{PreparedPlugin, RunError, TestBed, TestBedError};

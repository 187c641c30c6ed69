//! Tests entitlement plugins against the contract of `IsEntitled`, and simulates the device
//! that loads them.
//!
//! Data flows one way: plugin → scenario → worker → observation → rule → verdict →
//! report. `ARCHITECTURE.md` has the details. The exit codes of the program are
//! [`cli::ExitStatus`].

pub mod ask;
pub mod bench;
pub mod cli;
mod clock;
pub mod discover;
pub mod explain;
mod failure;
pub mod header;
pub mod new_project;
pub mod plugin;

pub mod private_folder;
pub mod profile;
pub mod report;
pub mod rules;
pub mod run;
pub mod suite;
mod terminal;
pub mod testbed;
pub mod worker;

pub use ics_entitlement::abi;

//! The examiner of entitlement plugins.
//!
//! Data flows one way: plugin → world → worker → observation → rule → verdict →
//! report. `ARCHITECTURE.md` has the picture.

#[path = "../../sdk/src/abi.rs"]
pub mod abi;
pub mod ask;
pub mod bench;
pub mod cli;
mod failure;
pub mod header;
pub mod plugin;
pub mod report;
pub mod rules;
pub mod suite;
pub mod worker;
pub mod world;

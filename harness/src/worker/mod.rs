//! The process that a plugin is loaded in.
//!
//! The parent never loads a plugin: each run re-executes the harness as a
//! hidden worker that does what its script says and reports over a pipe of its
//! own. A crash, an exit or a hang is a result, not an accident.

pub mod observation;
pub mod script;

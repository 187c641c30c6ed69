//! The command line: one file a subcommand.

pub mod header;
pub mod inspect;

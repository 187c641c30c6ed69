//! The examiner of entitlement plugins.

#[path = "../../sdk/src/abi.rs"]
pub mod abi;
pub mod cli;
pub mod header;
pub mod plugin;

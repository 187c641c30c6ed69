//! The device's side of the specification: its settings, the documents that set
//! them, and the service that asks the plugin.

pub mod csp;
pub mod document;
pub mod message;
pub mod sentences;
pub mod service;
pub mod simulation;
pub mod state;

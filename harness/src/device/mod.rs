//! The device's side of the specification: its settings, the documents that set
//! them, and the service that asks the plugin.

pub mod document;

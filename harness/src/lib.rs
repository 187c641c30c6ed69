//! The examiner of entitlement plugins.
//!
//! Data flows one way: plugin → world → worker → observation → rule → verdict →
//! report. `ARCHITECTURE.md` has the picture.

pub mod device;
pub mod plugin;
pub mod worker;
pub mod world;

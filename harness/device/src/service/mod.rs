//! The Internet Sharing service, as a state machine.
//!
//! [`Service::handle`] takes an [`Event`] and the moment at which it happened and
//! appends [`Effect`]s for its driver. The machine opens nothing, reads no clock
//! and starts no thread, so that a year can be simulated in a second and every
//! order of events can be tested.
//!
//! Decisions where no public source says more are listed in
//! [`DECISIONS`](crate::requirements::DECISIONS).

mod check;
mod clients;
mod effect;
mod event;
mod machine;
mod mapping;
mod moment;
mod session;
mod settings;
mod timers;

#[cfg(test)]
mod tests;

pub use check::{CHECK_LIMIT, CheckId, Purpose};
pub use clients::{Client, Refusal};
pub use effect::{ConfigurationFault, Effect, NotStarted, Stopped, Wait, Waiting};
pub use event::{Answer, ClientId, Event, Restart, Via};
pub use machine::{Screen, Service, Snapshot};
pub use mapping::{Connection, Link, Mapping};
pub use moment::Moment;

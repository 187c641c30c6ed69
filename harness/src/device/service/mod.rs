//! The Internet Sharing service, as a state machine.
//!
//! [`Service::handle`] takes an [`Event`] and the moment at which it happened and
//! appends [`Effect`]s for whoever drives it. The machine opens nothing, reads no
//! clock and starts no thread, so a year can be played in a second and every
//! order of events can be tried.
//!
//! What no public source says and is decided here:
//!
//! - An attempt to enable asks the plugin first and looks for connections after.
//! - An answer other than SUCCESS fails a check, periodic ones too. There is no
//!   grace.
//! - One check runs at a time. An attempt joins a check that is running, unless
//!   that one asks another library than the settings name now.
//! - A check without an answer after [`CHECK_LIMIT`] is UNAVAILABLE.
//! - The interval runs from one asking to the next.
//! - The peerless time-out also runs when no client ever came.
//! - Sharing may start while its connections are down; the time-out of the public
//!   connection then runs.
//! - Setting Enabled to false while sharing ends sharing.
//! - A first enabling while Settings is open shows its screen after a reboot.
//! - Another SIM or operator ends sharing and voids a running check.
//! - A new, lower MaxBluetoothUsers disconnects those who joined last.

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

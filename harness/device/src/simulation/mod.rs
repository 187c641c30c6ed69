//! A device that lives through a day: a document, a plugin, and what happens.
//!
//! A [`Timeline`] says what happens when. [`Device`] is the service with its
//! state and its surroundings; it does what an [`Action`] says and tells it as
//! [`LogEntry`]s of a log. [`simulate()`] drives it in virtual time and asks whoever
//! implements [`Ask`]: a real plugin, or scripted answers. The
//! picture in `html` is drawn from the log alone.

mod action;
mod answers;
mod ask;
mod change;
pub mod command;
mod connections;
mod device;
mod effects;
pub mod html;
mod log;
mod server;
mod simulate;
mod table;
mod time;
mod timeline;

#[cfg(test)]
mod tests;

pub use action::{Action, ClientCount, Expectation, LinkChange, ProvisioningFile, TimelineEvent};
pub use answers::Answers;
pub use ask::{Ask, AskError, CheckOutcome, Question};
pub use change::describe_change;
pub use device::{Device, Environment, Observer};
pub use log::{Actor, LogEntry, Record};
pub use server::{ServerState, ServerStates, UnknownServer};
pub use simulate::{Progress, SimulationError, simulate};
pub use time::{Clock, format_duration, parse_moment};
pub use timeline::{Start, Timeline};

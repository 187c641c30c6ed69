//! The simulation of a device over a timeline of events.
//!
//! A [`Timeline`] lists the events. [`Device`] is the service with its state and
//! its environment; it performs an [`Action`] and reports what happens as the
//! [`LogEntry`]s of a log. [`simulate()`] drives it in virtual time and gets the
//! result of each check from an implementation of [`Ask`]: a real plugin, or
//! scripted answers. The drawing in `html` is made from the log alone.

mod action;
mod answers;
mod ask;
mod change;
pub mod command;
mod connections;
mod date;
mod device;
mod effects;
pub mod html;
mod links;
mod log;
mod log_text;
mod receive;
mod server;
mod simulate;
pub(crate) mod table;
mod time;
mod timeline;

#[cfg(test)]
mod tests;

pub use action::{Action, ClientCount, Expectation, LinkChange, ProvisioningFile, TimelineEvent};
pub use answers::Answers;
pub use ask::{Ask, AskError, CheckOutcome, Question};
pub use change::describe_change;
pub use date::Date;
pub use device::{Device, Environment, Observer};
pub use log::{Actor, LogEntry, Record, Withheld};
pub use server::{ServerState, ServerStates, UnknownServer};
pub use simulate::{Progress, SimulationError, simulate};
pub use time::{Clock, format_duration, parse_moment};
pub use timeline::{Start, Timeline};

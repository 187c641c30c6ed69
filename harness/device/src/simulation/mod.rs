//! A device that lives through a day: a document, a plugin, and what happens.
//!
//! A [`Timeline`] says what happens when. [`Device`] is the service with its
//! state and its surroundings; it does what an [`Action`] says and tells it as
//! [`LogEntry`]s of a log. [`play()`] drives it in virtual time and asks whoever
//! implements [`Ask`]: a real plugin, or scripted answers. The
//! picture in `html` is drawn from the log alone.

mod action;
mod answers;
mod ask;
pub mod command;
mod connections;
mod device;
pub mod html;
mod log;
mod effects;
mod play;
mod server;
mod table;
mod time;
mod timeline;
mod change;

#[cfg(test)]
mod tests;

pub use action::{Action, ClientCount, Expectation, TimelineEvent, LinkChange, ProvisioningFile};
pub use answers::Answers;
pub use ask::{Ask, AskError, Asked, Question};
pub use device::{Device, Environment, Observer};
pub use log::{Actor, LogEntry, Record};
pub use play::{PlayError, Played, play};
pub use server::{ServerState, ServerStates, UnknownServer};
pub use time::{Clock, parse_moment, format_duration};
pub use timeline::{Start, Timeline};
pub use change::describe_change;

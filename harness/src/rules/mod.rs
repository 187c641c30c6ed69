//! The contract: every rule as data and one pure function from what was seen
//! to a judgement. A rule opens no socket and starts no process.

pub mod rule;
pub mod table;

mod answer;
mod connect;
mod dns;
mod every;
mod fault;
mod file;
mod host;
mod http;
mod load;
mod markdown;
mod scripts;
mod threads;
mod time;
mod tls;

pub use markdown::contract;
pub use rule::{Examination, Examined, Judgement, Level, Limits, Place, Rule, Run, answer_name};
pub use scripts::ONE_CALL;
pub use table::{all, find, world_named};

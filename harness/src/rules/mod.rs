//! The contract: each rule as data, with one pure function from the record of a run
//! to a judgement. A rule opens no socket and starts no process.

pub mod rule;
pub mod table;
pub mod wine;

mod all_runs;
mod answer;
mod briefly_changed;
mod connect;
mod dns;
mod fault;
mod file;
mod growth;
mod host;
mod host_state;
mod http;
mod http2;
mod judgement;
mod late_peers;
mod load;
mod markdown;
mod of_profile;
mod precondition;
mod privacy;
mod rounds;
mod sequence;
mod steps;
mod threads;
mod time;
mod tls;
mod unchanged;
mod variants;
mod windows;

pub use judgement::{Consequence, Failure, Judgement, NotPassed};
pub use markdown::contract;
pub use of_profile::of_profile;
pub use precondition::{Evidence, Precondition};
pub use rule::{AllRunsJudge, Examination, FileJudge, Level, NamedRun, Rule, RunJudge};
pub use table::{all, find, scenario_named};

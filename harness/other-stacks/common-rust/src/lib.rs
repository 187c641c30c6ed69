//! What the Rust plugins have in common: a thread of their own, the name look-up, the trusted roots, and the meaning of
//! a response. The request itself is each stack's own.
//!
//! A plugin that uses this crate stays loaded (`build.rs`: `-z nodelete`). std creates a thread-local key on each load and
//! never deletes it, so a host that unloads and loads such a plugin would run out of them after 1,024 rounds.

mod answer;
mod host;
mod lookup;
mod roots;

use std::time::{Duration, Instant};

pub use answer::{Response, judge};
pub use lookup::lookup;
pub use roots::pem;

/// The host of the operator's server.
pub const HOST: &str = "entitlement.operator.example";

/// The URL that is asked.
pub const URL: &str = "https://entitlement.operator.example/tethering";

/// The time limit of a call, from the name look-up to the last byte of the response.
const TOTAL: Duration = Duration::from_secs(5);

/// The longest body that is read. A valid one has some twenty bytes.
pub const LONGEST_BODY: u64 = 64 * 1024;

/// The value that the exported function returns.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Success = 0,
    Failed = 1,
    Unavailable = 2,
}

/// Asks the server on a thread of its own, which has ended when this returns. `ask` has to return at the deadline.
/// Nothing of the calling thread is changed. What cannot be answered is `Unavailable`.
pub fn call(ask: fn(Instant) -> Option<Response>) -> i32 {
    let decide = move || {
        ask(Instant::now() + TOTAL).map_or(Decision::Unavailable, |response| judge(&response))
    };
    host::on_own_thread(decide).unwrap_or(Decision::Unavailable) as i32
}

/// The time until the deadline, if it has not passed.
pub fn remaining(deadline: Instant) -> Option<Duration> {
    deadline
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
}

//! Workers on Linux.
//!
//! `parent` is the harness's side: `running` has its hands on the processes,
//! `account` holds what the worker says against its script. `supervisor` and `child` are the two hidden
//! processes; what the child looks at is in `snapshot`. Nothing outside this
//! folder knows about processes or descriptors.

mod account;
mod calls;
mod cancel;
mod child;
mod host_load;
mod load;
mod parent;
mod reporter;
mod running;
mod signals;
mod snapshot;
mod supervisor;
mod threads;

pub use cancel::Cancel;
pub(super) use parent::run;

/// The argument that makes the harness a worker. People never type it.
const HIDDEN: &str = "__worker";

/// Becomes a worker, and never returns, if the program was started as one.
///
/// To be called first in `main`, before any thread and any parsing: each run
/// of a plugin passes here.
pub fn main_if_worker() {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == HIDDEN)
    {
        supervisor::main();
    }
}

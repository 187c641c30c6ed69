//! Workers on Linux.
//!
//! `parent` is the harness's side: `running` has its hands on the processes,
//! `account` holds what the worker says against its script. `supervisor` and `child` are the two hidden
//! processes; what the child looks at is in `snapshot`. Nothing outside this
//! folder knows about processes or descriptors.

mod calls;
mod cancel;
mod host_load;
mod interpreter;
mod load;
mod report_validator;
mod reporter;
mod run;
mod signals;
mod snapshot;
mod supervisor;
mod supervisor_handle;
mod threads;

pub use cancel::Cancel;
pub(super) use run::run;

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

//! Workers on Linux.
//!
//! `run` is the parent's side: `supervisor_handle` controls the processes, and
//! `report_validator` checks the worker's reports against its script. `supervisor` and
//! `interpreter` are the two hidden processes; `snapshot` reads the state of the
//! worker's process. Nothing outside this folder knows about processes or descriptors.

mod calls;
mod cancel;
mod cancelled;
mod channel_io;
mod conditions;
mod files;
mod forked;
mod host_load;
mod interpreter;
mod load;
mod lookups;
mod process_limit;
mod process_state;
mod protocol;
mod reason;
mod report_validator;
mod reporter;
mod run;
mod run_queue;
mod shared_state;
mod signals;
mod snapshot;
mod supervisor;
mod supervisor_handle;
mod system_calls;
mod threads;
mod watcher;
mod wine;

pub use cancel::Cancel;
pub(super) use run::run;
pub(super) use wine::{contain as contain_wine, find as find_wine, libraries as wine_libraries};

/// The name that a worker's process is started under, without arguments. A plugin sees it, and learns nothing of the
/// harness from it.
const HOST_NAME: &str = "entitlement-host";

/// Becomes a worker, and never returns, if the program was started as one.
///
/// Call it first in `main`, before any thread is started and any argument parsed: each
/// run of a plugin starts here.
pub fn main_if_worker() {
    let mut arguments = std::env::args_os();
    if arguments.next().is_some_and(|name| name == HOST_NAME) && arguments.next().is_none() {
        supervisor::main();
    }
}

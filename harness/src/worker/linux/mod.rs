//! Workers on Linux.
//!
//! `supervisor_handle` is the parent's side. `supervisor` is the first of the two hidden processes, which forks the
//! second one; `system_steps` are the steps that only Linux has, and `snapshot` reads the state of the worker's process.
//! Nothing outside this folder knows about signals or descriptors.

mod call_state;
mod cancel;
mod cancelled;
mod channel_io;
mod conditions;
mod forked;
mod imports;
mod load;
mod lookups;
mod process_limit;
mod process_state;
mod run_queue;
mod shared_memory;
mod shared_state;
mod signals;
mod snapshot;
mod supervisor;
mod supervisor_handle;
mod system_calls;
mod system_steps;
mod threads;
mod wall_clock;
mod watcher;
mod wine;
mod zombie;

use std::os::unix::net::UnixStream;

pub(super) use call_state::{is_errno_kept, processor_seconds, set_errno};
pub use cancel::Cancel;
pub(super) use load::{EntryPoint, LoadedPlugin};
pub(super) use supervisor_handle::SupervisorHandle as RunHandle;
pub(super) use system_steps::SystemSteps;
pub(super) use threads::{Thread, thread_id};
pub(super) use wine::{contain as contain_wine, find as find_wine, libraries as wine_libraries};

/// The name that a worker's process is started under, without arguments. A plugin sees it, and learns nothing of the
/// harness from it.
const HOST_NAME: &str = "entitlement-host";

/// The worker's end of the report channel, on which the answers to its requests arrive, too.
pub(super) type Channel = &'static UnixStream;

/// A file that swallows what is written, and is empty.
pub(super) const NULL_DEVICE: &str = "/dev/null";

/// Ends the process, and runs no handlers.
pub(super) fn exit_at_once(code: i32) -> ! {
    // SAFETY: It takes a number, and does not return.
    unsafe { libc::_exit(code) }
}

/// This system is not Wine.
pub(super) fn wine_version() -> Option<&'static str> {
    None
}

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

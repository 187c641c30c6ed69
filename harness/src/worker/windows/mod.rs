//! Workers on Windows.
//!
//! `run_handle` is the parent's side: it starts the worker suspended, puts it into a `job` that ends it and all that it
//! starts, and only then lets it run. There is no supervisor: the parent itself holds the job and the worker's exit code, and
//! the plugin's process has neither. `system_steps` are the steps that Windows makes in its own way, and `snapshot` reads
//! the state of the worker's process. Nothing outside this folder knows about handles.

mod boundary;
mod call_state;
mod cancel;
mod console;
mod crash;
mod event;
mod handles;
mod hidden;
mod job;
mod load;
mod modules;
mod pipe;
mod process;
mod processes;
mod run_handle;
mod shared_memory;
mod snapshot;
mod system_steps;
mod thread_state;
mod threads;
mod variables;
mod wine;
mod worker_main;

use std::fs::File;
use std::path::PathBuf;

use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};

pub(super) use call_state::{is_errno_kept, processor_seconds, set_errno};
pub use cancel::Cancel;
pub(super) use load::{EntryPoint, LoadedPlugin};
pub(super) use run_handle::RunHandle;
pub(super) use system_steps::SystemSteps;
pub(super) use threads::{Thread, thread_id};
pub(super) use wine::version as wine_version;
pub use worker_main::main_if_worker;

use super::wine::{NoWine, Wine};
use crate::testbed::containment::Containment;

/// The name that a worker's process is started under. A plugin sees it, and learns nothing of the harness from it.
const HOST_NAME: &str = "entitlement-host";

/// The worker's end of the pipe for reports.
pub(super) type Channel = &'static File;

/// A file that swallows what is written, and is empty.
pub(super) const NULL_DEVICE: &str = "NUL";

/// Ends the process, and tells no library of it.
pub(super) fn exit_at_once(code: i32) -> ! {
    // SAFETY: They take a number, and a handle that is always valid.
    unsafe { TerminateProcess(GetCurrentProcess(), code.cast_unsigned()) };
    // If that is impossible.
    std::process::abort()
}

/// There is no Wine to start.
pub(super) fn wine_libraries() -> Option<PathBuf> {
    None
}

/// A DLL needs no Wine here.
pub(super) fn find_wine(_: &dyn Fn(&str)) -> Result<Wine, NoWine> {
    Err(NoWine("Windows has no Wine".to_owned()))
}

/// There is no Wine, and nothing to do.
pub(super) fn contain_wine(_: &Wine, _: &mut Containment) {}

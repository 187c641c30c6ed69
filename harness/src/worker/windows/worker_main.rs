//! Where the process of a worker begins.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::{HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};

use super::event::check;
use super::shared_memory::WorkersMemory;
use super::{Channel, HOST_NAME, crash, exit_at_once};
use crate::worker::interpreter;
use crate::worker::protocol::Instructions;
use crate::worker::reporter::Reporter;

/// The exit code when the worker cannot begin.
const FAILED: i32 = 3;

/// Becomes a worker, and never returns, if the program was started as one.
///
/// Call it first in `main`, before any thread is started and any argument parsed: each
/// run of a plugin starts here.
pub fn main_if_worker() {
    let mut arguments = std::env::args_os();
    if arguments.next().is_none_or(|name| name != HOST_NAME) {
        return;
    }
    let numbers: Vec<Option<usize>> = arguments.map(|argument| number(&argument)).collect();
    let [Some(commands), Some(reports), Some(shared)] = numbers[..] else {
        return;
    };
    let error = match begin([commands, reports, shared]) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    // The parent captures standard error; if writing to it fails, the exit code remains.
    drop(writeln!(io::stderr(), "ics-harness worker: {error}"));
    exit_at_once(FAILED)
}

/// Has no value.
enum Never {}

fn number(argument: &OsStr) -> Option<usize> {
    argument.to_str()?.parse().ok()
}

fn begin(handles: [usize; 3]) -> io::Result<Never> {
    let [commands, reports, shared] = handles.map(|number| {
        // SAFETY: The parent says that these are handles that this process inherited, and no one else here has them.
        unsafe { OwnedHandle::from_raw_handle(std::ptr::without_provenance_mut(number)) }
    });
    for handle in [&commands, &reports] {
        // What the plugin starts does not inherit them.
        // SAFETY: The handle is valid.
        check(unsafe { SetHandleInformation(handle.as_raw_handle(), HANDLE_FLAG_INHERIT, 0) })?;
    }
    let memory = WorkersMemory::map(&shared)?;
    drop(shared);
    // SAFETY: It takes numbers. No window is opened where no one sees it.
    unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    }
    crash::install(memory);
    // Both pipes are used until the process ends.
    let commands: Channel = Box::leak(Box::new(File::from(commands)));
    let reports: Channel = Box::leak(Box::new(File::from(reports)));
    let mut commands = BufReader::new(commands);
    let mut line = Vec::new();
    commands.read_until(b'\n', &mut line)?;
    let instructions: Instructions = serde_json::from_slice(&line)?;
    let reporter = Reporter::new(reports, instructions.token.clone(), memory.counters());
    interpreter::main(instructions, reporter, commands)
}

//! The standard handles of the process, and its console. A worker is started without one, as a service is.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::windows::io::{AsRawHandle, RawHandle};

use windows_sys::Win32::Foundation::{GetHandleInformation, HANDLE_FLAG_INHERIT};
use windows_sys::Win32::System::Console::{
    GetConsoleCP, GetConsoleMode, GetConsoleOutputCP, GetConsoleProcessList, GetStdHandle,
    STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
};

/// The standard handles, each with what a plugin could change of it.
pub(super) fn standard_handles() -> BTreeMap<i32, String> {
    let handles = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];
    let described = handles.map(|which| {
        // SAFETY: It takes a number.
        describe(unsafe { GetStdHandle(which) })
    });
    (0..).zip(described).collect()
}

fn describe(handle: RawHandle) -> String {
    let mut flags = 0;
    // SAFETY: The pointer is valid for writes. A handle that was closed is an error.
    let is_open = unsafe { GetHandleInformation(handle, &mut flags) } != 0;
    let inherited = match (is_open, flags & HANDLE_FLAG_INHERIT) {
        (false, _) => "closed",
        (true, 0) => "not inherited",
        (true, _) => "inherited",
    };
    format!("{:x} {inherited}", handle.addr())
}

/// The code pages and modes of the console; empty if there is none.
pub(super) fn console() -> String {
    let mut first = 0;
    // SAFETY: There is room for one number.
    if unsafe { GetConsoleProcessList(&mut first, 1) } == 0 {
        return String::new();
    }
    // SAFETY: Neither takes anything.
    let (input, output) = unsafe { (GetConsoleCP(), GetConsoleOutputCP()) };
    format!(
        "code pages {input} and {output}, modes {:x} and {:x}",
        mode("CONIN$"),
        mode("CONOUT$")
    )
}

/// The mode of the console's input or output; 0 if it cannot be read.
fn mode(name: &str) -> u32 {
    let mut mode = 0;
    if let Ok(file) = File::options().read(true).write(true).open(name) {
        // SAFETY: The handle is valid, and so is the pointer for writes.
        unsafe { GetConsoleMode(file.as_raw_handle(), &mut mode) };
    }
    mode
}

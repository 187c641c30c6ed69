//! The boundary between the harness and the plugin's function, which no exception crosses.
//!
//! One that no function of the plugin handles would otherwise reach Rust's own handlers in `main`. They take exceptions of
//! C++ as made by GCC for a failure of the harness, and say so in the plugin's name.

use std::ffi::c_int;

/// The plugin's function.
type Function = unsafe extern "C" fn() -> c_int;

/// Calls the plugin's function. An exception that it does not handle ends the process as if there were no handler at all.
///
/// # Safety
/// The function may be called.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn call(function: Function) -> c_int {
    // SAFETY: The caller says so.
    unsafe { guarded::call(function) }
}

/// Calls the plugin's function.
///
/// # Safety
/// The function may be called.
#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe fn call(function: Function) -> c_int {
    // SAFETY: The caller says so.
    unsafe { function() }
}

#[cfg(target_arch = "x86_64")]
mod guarded {
    use std::ffi::{c_int, c_void};

    use windows_sys::Win32::System::Diagnostics::Debug::EXCEPTION_RECORD;

    use super::super::crash;
    use super::Function;

    /// What a handler returns that does not handle the exception.
    const CONTINUE_SEARCH: i32 = 1;

    /// Set in the flags of an exception while the stack is unwound to a function that handles it.
    const UNWINDING: u32 = 2 | 4;

    // A function with a handler of its own, which Rust cannot express: it calls its argument.
    std::arch::global_asm!(
        ".globl ics_call_plugin",
        ".seh_proc ics_call_plugin",
        "ics_call_plugin:",
        "sub rsp, 40",
        ".seh_stackalloc 40",
        ".seh_handler {handler}, @except",
        ".seh_endprologue",
        "call rcx",
        "nop",
        "add rsp, 40",
        "ret",
        ".seh_endproc",
        handler = sym reached,
    );

    unsafe extern "C" {
        #[link_name = "ics_call_plugin"]
        pub(super) fn call(function: Function) -> c_int;
    }

    /// The system calls this on the thread that raised the exception, after the handlers of the plugin's functions.
    unsafe extern "system" fn reached(
        record: *const EXCEPTION_RECORD,
        _frame: *const c_void,
        _context: *const c_void,
        _dispatcher: *const c_void,
    ) -> i32 {
        // SAFETY: The system passes a valid pointer.
        match unsafe { record.as_ref() } {
            Some(record) if record.ExceptionFlags & UNWINDING == 0 => crash::end(record),
            _ => CONTINUE_SEARCH,
        }
    }
}

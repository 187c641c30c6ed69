//! The operating-system layer on Windows. The library is never unmapped, so std's threads are safe.
//!
//! std never frees its thread-local index on Windows, and a thread that still runs in an unloaded
//! library crashes the process, so [`pin`] is the first thing that the first call does.

use std::ffi::{OsString, c_void};
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;
use std::ptr;

use super::{TellReason, Work};

type Module = *mut c_void;

const FLAG_PIN: u32 = 1;
const FLAG_UNCHANGED_REFCOUNT: u32 = 2;
const FLAG_FROM_ADDRESS: u32 = 4;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut Module) -> i32;
    fn GetModuleFileNameW(module: Module, name: *mut u16, size: u32) -> u32;
    fn GetModuleHandleW(name: *const u16) -> Module;
    fn GetProcAddress(module: Module, name: *const u8) -> *mut c_void;
    fn GetLastError() -> u32;
    fn SetLastError(code: u32);
}

/// A thread, with the API that `unix.rs` has.
#[must_use]
pub(crate) struct Thread(std::thread::JoinHandle<()>);

impl Thread {
    /// Starts a thread with `stack` bytes of stack. `work` must not unwind.
    pub(crate) fn spawn(stack: usize, work: Work) -> io::Result<Self> {
        std::thread::Builder::new()
            .stack_size(stack)
            .spawn(work)
            .map(Self)
    }

    /// Waits until the thread has ended.
    pub(crate) fn join(self) {
        // The work catches its panics, so this cannot be an error.
        let _ = self.0.join();
    }

    /// Lets the thread continue on its own. The library must have been pinned before.
    pub(crate) fn detach(self) {
        drop(self.0);
    }
}

/// Protects the host's thread for the time of a call: dropping the guard restores its last error.
#[must_use]
pub(crate) struct HostThreadGuard(u32);

impl HostThreadGuard {
    /// Saves the thread's last error.
    pub(crate) fn enter() -> Self {
        // SAFETY: the function has no preconditions.
        Self(unsafe { GetLastError() })
    }
}

impl Drop for HostThreadGuard {
    fn drop(&mut self) {
        // SAFETY: the function has no preconditions.
        unsafe { SetLastError(self.0) };
    }
}

/// Tells a host that asks why there is no decision: one whose program exports this function. Others are told nothing.
pub(crate) fn tell_reason(reason: &str) {
    // SAFETY: without a name, it is the program; its name is a C string.
    let function = unsafe {
        GetProcAddress(
            GetModuleHandleW(ptr::null()),
            c"ics_entitlement_reason".as_ptr().cast(),
        )
    };
    if !function.is_null() {
        // SAFETY: who defines this name defines that function, as the crate's documentation says.
        let function = unsafe { std::mem::transmute::<*mut c_void, TellReason>(function) };
        // SAFETY: the text is valid for so many bytes while the function runs.
        unsafe { function(reason.as_ptr(), reason.len()) };
    }
}

/// The path of the library that this code was linked into.
pub(crate) fn library_path() -> io::Result<PathBuf> {
    let module = own_module(FLAG_UNCHANGED_REFCOUNT)?;
    let mut name = vec![0_u16; 32_768];
    let room = u32::try_from(name.len()).map_err(io::Error::other)?;
    // SAFETY: `name` has room for `room` UTF-16 units.
    let length = unsafe { GetModuleFileNameW(module, name.as_mut_ptr(), room) };
    if length == 0 || length == room {
        return Err(io::Error::last_os_error());
    }
    name.truncate(length as usize);
    Ok(PathBuf::from(OsString::from_wide(&name)))
}

/// Keeps the library in memory for the life of the process.
pub(crate) fn pin() -> io::Result<()> {
    own_module(FLAG_PIN).map(drop)
}

fn own_module(flag: u32) -> io::Result<Module> {
    let mut module: Module = ptr::null_mut();
    let address = own_module as *const c_void;
    // SAFETY: the address is in this library, and `module` is writable memory for the handle.
    let found = unsafe { GetModuleHandleExW(flag | FLAG_FROM_ADDRESS, address, &raw mut module) };
    if found == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(module)
}

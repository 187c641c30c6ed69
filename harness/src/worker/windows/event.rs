//! Events of the system, and waiting for several things at once.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle, RawHandle};
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::Foundation::{WAIT_FAILED, WAIT_OBJECT_0};
use windows_sys::Win32::System::Threading::{
    CreateEventW, INFINITE, ResetEvent, SetEvent, WaitForMultipleObjects,
};

/// An event that stays set until it is reset.
#[derive(Debug)]
pub(super) struct Event(OwnedHandle);

impl Event {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: An event without a name and with default security; null is allowed for both.
        let event = unsafe { CreateEventW(ptr::null(), 1, 0, ptr::null()) };
        owned(event).map(Self)
    }

    pub(super) fn set(&self) {
        // SAFETY: The handle is valid. Setting an event cannot fail then.
        unsafe { SetEvent(self.0.as_raw_handle()) };
    }

    pub(super) fn reset(&self) {
        // SAFETY: As above.
        unsafe { ResetEvent(self.0.as_raw_handle()) };
    }

    pub(super) fn handle(&self) -> RawHandle {
        self.0.as_raw_handle()
    }
}

/// Takes a handle that the system just made; null is an error.
pub(super) fn owned(handle: RawHandle) -> io::Result<OwnedHandle> {
    match handle.is_null() {
        true => Err(io::Error::last_os_error()),
        // SAFETY: It is valid, and no one else has it.
        false => Ok(unsafe { OwnedHandle::from_raw_handle(handle) }),
    }
}

/// The result of a function that returns zero if it fails.
pub(super) fn check(result: i32) -> io::Result<()> {
    match result {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Waits until one of these is set or has ended, for that time at most, or for ever. The first one that is; none if the time
/// is over.
pub(super) fn wait_for_any(
    handles: &[RawHandle],
    time: Option<Duration>,
) -> io::Result<Option<usize>> {
    // Rounded up, so that no one waits again and again for the last part of a millisecond.
    let milliseconds = time.map_or(INFINITE, |time| {
        u32::try_from(time.as_nanos().div_ceil(1_000_000))
            .map_or(INFINITE - 1, |it| it.min(INFINITE - 1))
    });
    let count = u32::try_from(handles.len()).map_err(io::Error::other)?;
    // SAFETY: The handles are valid while the caller waits, and there are as many as is said.
    let result = unsafe { WaitForMultipleObjects(count, handles.as_ptr(), 0, milliseconds) };
    match result {
        WAIT_FAILED => Err(io::Error::last_os_error()),
        result if result.wrapping_sub(WAIT_OBJECT_0) < count => Ok(Some(result as usize)),
        _ => Ok(None),
    }
}

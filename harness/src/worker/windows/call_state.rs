//! What is compared before and after each call.

use std::time::Duration;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessTimes};

/// The processor time of the whole process so far, in seconds. Wine does not count the time of other threads.
pub(in crate::worker) fn processor_seconds() -> f64 {
    let [mut created, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: The handle is always valid, and the pointers are valid for writes.
    let known = unsafe {
        GetProcessTimes(
            GetCurrentProcess(),
            &mut created,
            &mut ended,
            &mut kernel,
            &mut user,
        )
    };
    if known == 0 {
        return 0.0;
    }
    let time =
        |part: FILETIME| u64::from(part.dwHighDateTime) << 32 | u64::from(part.dwLowDateTime);
    // In units of 100 nanoseconds.
    Duration::from_nanos((time(kernel) + time(user)) * 100).as_secs_f64()
}

/// Does nothing: Windows has no errno that all libraries share.
pub(in crate::worker) fn set_errno() {}

/// See [`set_errno`].
pub(in crate::worker) fn is_errno_kept() -> bool {
    true
}

//! What is compared before and after each call.

use std::ffi::c_int;

/// The value of errno before each call: an error that no plugin encounters.
const ERRNO: c_int = libc::EXFULL;

/// The processor time of the whole process so far, in seconds.
pub(in crate::worker) fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Gives the calling thread's errno that value.
pub(in crate::worker) fn set_errno() {
    // SAFETY: The C library gives each thread's errno an address that is valid while the thread lives.
    unsafe { *libc::__errno_location() = ERRNO };
}

/// Whether the calling thread's errno still has that value.
pub(in crate::worker) fn is_errno_kept() -> bool {
    // SAFETY: As above.
    unsafe { *libc::__errno_location() == ERRNO }
}

//! The memory that a worker shares with its supervisor.

use std::io;

use crate::worker::reporter::{Counters, SharedCounters};

/// Maps the counters; call it before the fork.
pub(super) fn map() -> io::Result<SharedCounters> {
    // SAFETY: A new anonymous mapping overlaps no other memory.
    let memory = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            size_of::<Counters>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: The mapping is a whole page, zeroed, which is valid for the atomics, and is never unmapped.
    Ok(SharedCounters::at(unsafe { &*memory.cast::<Counters>() }))
}

//! Threads as a C host creates them.

use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::System::Threading::{
    CreateThread, GetCurrentThreadId, STACK_SIZE_PARAM_IS_A_RESERVATION,
};

use super::event::{owned, wait_for_any};

/// Work for a thread.
type Job = Box<dyn FnOnce() + Send>;

/// A thread that must be joined.
#[derive(Debug)]
pub(in crate::worker) struct Thread(OwnedHandle);

unsafe extern "system" fn enter(job: *mut c_void) -> u32 {
    // SAFETY: `Thread::start` made this pointer from a box and passed it to this thread only.
    let job = unsafe { Box::from_raw(job.cast::<Job>()) };
    job();
    0
}

impl Thread {
    /// Starts a thread with a stack of `stack` KiB, or the platform's default.
    pub(in crate::worker) fn start(
        stack: Option<u32>,
        job: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let job: Box<Job> = Box::new(Box::new(job));
        let job = Box::into_raw(job);
        let (size, flags) = match stack {
            Some(stack) => (stack as usize * 1024, STACK_SIZE_PARAM_IS_A_RESERVATION),
            None => (0, 0),
        };
        // SAFETY: The job's pointer is passed to one thread, or is freed below if none was started.
        let thread = unsafe {
            CreateThread(
                ptr::null(),
                size,
                Some(enter),
                job.cast(),
                flags,
                ptr::null_mut(),
            )
        };
        owned(thread).map(Self).inspect_err(|_| {
            // SAFETY: No thread has it.
            drop(unsafe { Box::from_raw(job) });
        })
    }

    /// Waits until the thread has ended.
    pub(in crate::worker) fn join(self) -> io::Result<()> {
        wait_for_any(&[self.0.as_raw_handle()], None).map(drop)
    }
}

/// The system's ID of the calling thread.
pub(in crate::worker) fn thread_id() -> i32 {
    // SAFETY: It takes nothing, and cannot fail.
    unsafe { GetCurrentThreadId() }.cast_signed()
}

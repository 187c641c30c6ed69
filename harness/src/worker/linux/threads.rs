//! Threads as a C host creates them.
//!
//! Not `std::thread`: Rust gives its threads an alternate signal stack and
//! thread-local values, which the plugin's real host does not.

use std::ffi::c_void;
use std::{io, mem, ptr};

use rustix::thread::gettid;

/// Work for a thread.
type Job = Box<dyn FnOnce() + Send>;

/// A thread that must be joined.
#[derive(Debug)]
pub(in crate::worker) struct Thread(libc::pthread_t);

extern "C" fn enter(job: *mut c_void) -> *mut c_void {
    // SAFETY: `Thread::start` made this pointer from a box and passed it to this thread only.
    let job = unsafe { Box::from_raw(job.cast::<Job>()) };
    job();
    ptr::null_mut()
}

impl Thread {
    /// Starts a thread with a stack of `stack` KiB, or the platform's default.
    pub(in crate::worker) fn start(
        stack: Option<u32>,
        job: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let job: Box<Job> = Box::new(Box::new(job));
        // SAFETY: The attributes are initialised before they are used and destroyed after. The job's pointer is
        // passed to one thread, or is freed here if none was started.
        unsafe {
            let mut attributes = mem::zeroed();
            check(libc::pthread_attr_init(&mut attributes))?;
            let sized = stack.map_or(Ok(()), |stack| {
                check(libc::pthread_attr_setstacksize(
                    &mut attributes,
                    stack as usize * 1024,
                ))
            });
            let job = Box::into_raw(job);
            let mut thread = 0;
            let started = sized.and_then(|()| {
                check(libc::pthread_create(
                    &mut thread,
                    &attributes,
                    enter,
                    job.cast(),
                ))
            });
            libc::pthread_attr_destroy(&mut attributes);
            if let Err(error) = started {
                drop(Box::from_raw(job));
                return Err(error);
            }
            Ok(Self(thread))
        }
    }

    /// Waits until the thread and its thread-local destructors have ended.
    pub(in crate::worker) fn join(self) -> io::Result<()> {
        // SAFETY: The thread was started joinable, and `self` is consumed, so it is joined once.
        check(unsafe { libc::pthread_join(self.0, ptr::null_mut()) })
    }
}

/// The pthread functions return errors, and do not set errno.
fn check(code: i32) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// The kernel's ID of the calling thread.
pub(in crate::worker) fn thread_id() -> i32 {
    gettid().as_raw_nonzero().get()
}

//! The boundary to the host: its thread, its signals and errno are left as they are.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Once;
use std::thread;

/// rustls needs less than a quarter of it, even without optimisation.
const STACK: usize = 1024 * 1024;

unsafe extern "C" {
    /// POSIX; the crate libc does not declare it.
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
}

/// glibc's and musl's value of PTHREAD_CANCEL_DISABLE.
const CANCEL_DISABLE: c_int = 1;

/// Runs `work` on a thread of its own and waits for it. A panic and a thread that cannot be created are `None`.
pub(crate) fn on_own_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    static QUIET: Once = Once::new();
    // First of all: a thread that waits for another one in `call_once` gets another errno.
    let guard = Guard::enter();
    // This library has its own copy of std, so the hook is not the host's.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let thread = thread::Builder::new().stack_size(STACK).spawn(work);
    let result = thread.ok().and_then(|thread| thread.join().ok());
    drop(guard);
    result
}

/// Blocks all signals, which the new thread inherits, and cancellation, which would leave that thread behind.
struct Guard {
    errno: c_int,
    cancel: c_int,
    mask: libc::sigset_t,
}

impl Guard {
    fn enter() -> Self {
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
        let mut cancel = 0;
        // SAFETY: errno's location is the calling thread's. The sets are initialised by the calls before they are read.
        unsafe {
            let errno = *libc::__errno_location();
            pthread_setcancelstate(CANCEL_DISABLE, &raw mut cancel);
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), mask.as_mut_ptr());
            Self {
                errno,
                cancel,
                mask: mask.assume_init(),
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: the guard stays on the thread that made it, and gives back what `enter` found there.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.mask, ptr::null_mut());
            pthread_setcancelstate(self.cancel, ptr::null_mut());
            *libc::__errno_location() = self.errno;
        }
    }
}

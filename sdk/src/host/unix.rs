//! The host on Unix: pthreads, signals, errno and the dynamic linker.

use std::ffi::{CStr, OsStr, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr;

use super::Work;

/// A thread that leaves nothing in the thread that made it.
///
/// `std::thread` registers a thread-local destructor in its maker. The maker is the host's
/// thread, which may end after the library was unloaded.
#[must_use]
pub(crate) struct Thread(libc::pthread_t);

impl Thread {
    /// Starts a thread with `stack` bytes of stack. `work` must not unwind: it would abort.
    pub(crate) fn spawn(stack: usize, work: Work) -> io::Result<Self> {
        // A trait object is two words and pthread carries one.
        let parcel = Box::into_raw(Box::new(work)).cast::<c_void>();
        let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
        let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
        // SAFETY: the attributes are initialised before use and destroyed once. `parcel` comes
        // from `Box::into_raw`; it is taken back by the new thread, or here if there is none.
        unsafe {
            let mut status = libc::pthread_attr_init(attributes.as_mut_ptr());
            if status == 0 {
                status = libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), stack);
                if status == 0 {
                    status = libc::pthread_create(
                        thread.as_mut_ptr(),
                        attributes.as_ptr(),
                        start,
                        parcel,
                    );
                }
                libc::pthread_attr_destroy(attributes.as_mut_ptr());
            }
            if status != 0 {
                drop(Box::from_raw(parcel.cast::<Work>()));
                return Err(io::Error::from_raw_os_error(status));
            }
            Ok(Self(thread.assume_init()))
        }
    }

    /// Waits until the thread has ended, its thread-local destructors included.
    pub(crate) fn join(self) {
        // SAFETY: the thread was made joinable and `self` is the one right to join it.
        unsafe { libc::pthread_join(self.0, ptr::null_mut()) };
    }

    /// Lets the thread run on by itself. The library must have been pinned.
    pub(crate) fn detach(self) {
        // SAFETY: as in `join`.
        unsafe { libc::pthread_detach(self.0) };
    }
}

extern "C" fn start(parcel: *mut c_void) -> *mut c_void {
    // SAFETY: `spawn` gave this thread alone a pointer made by `Box::into_raw`.
    let work = unsafe { Box::from_raw(parcel.cast::<Work>()) };
    work();
    ptr::null_mut()
}

/// The host's thread as it was found: errno and signal mask are put back on drop. While it
/// lives, signals are blocked, which threads made meanwhile inherit.
#[must_use]
pub(crate) struct Untouched {
    errno: c_int,
    mask: libc::sigset_t,
}

impl Untouched {
    /// Notes errno and mask, and blocks all signals that arrive from elsewhere.
    ///
    /// Blocked, SIGPIPE stays pending on our thread and ends with it; and no handler of the
    /// host runs on our small stack. Faults stay as they are, so that a crash handler of the
    /// host still sees them.
    pub(crate) fn hold() -> Self {
        let mut blocked = MaybeUninit::<libc::sigset_t>::uninit();
        let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `errno` points to the calling thread's errno. Both sets are initialised by
        // the calls before they are read.
        unsafe {
            let errno = *errno();
            libc::sigfillset(blocked.as_mut_ptr());
            for fault in [
                libc::SIGSEGV,
                libc::SIGBUS,
                libc::SIGFPE,
                libc::SIGILL,
                libc::SIGTRAP,
                libc::SIGSYS,
            ] {
                libc::sigdelset(blocked.as_mut_ptr(), fault);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, blocked.as_ptr(), mask.as_mut_ptr());
            Self {
                errno,
                mask: mask.assume_init(),
            }
        }
    }
}

impl Drop for Untouched {
    fn drop(&mut self) {
        // SAFETY: the mask was filled in by `hold`, and errno is the calling thread's, which is
        // the one that called `hold`: the value never leaves `enter`.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.mask, ptr::null_mut());
            *errno() = self.errno;
        }
    }
}

fn errno() -> *mut c_int {
    // SAFETY: these functions have no precondition.
    unsafe {
        #[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "redox"))]
        return libc::__errno_location();
        #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
        return libc::__error();
        #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
        return libc::__errno();
    }
}

/// The path of the library that this code was linked into.
pub(crate) fn library_path() -> io::Result<PathBuf> {
    own_image(|path| PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

/// Keeps the library in memory for the life of the process. The loader counts nothing for it,
/// so it can be asked for again and again.
pub(crate) fn pin() -> io::Result<()> {
    own_image(|path| {
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
        // SAFETY: with NOLOAD only a library that is already in memory is found, so no foreign
        // code runs.
        let handle = unsafe { libc::dlopen(path.as_ptr(), flags) };
        if handle.is_null() {
            return Err(io::Error::other("the library could not be kept in memory"));
        }
        // SAFETY: the handle is the one just opened; NODELETE holds without it.
        unsafe { libc::dlclose(handle) };
        Ok(())
    })?
}

fn own_image<T>(read: impl FnOnce(&CStr) -> T) -> io::Result<T> {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: `info` has room for the answer, and is read only when it was filled in. The name
    // belongs to the loader and lives as long as this library, which is running.
    unsafe {
        let found = libc::dladdr(start as *const c_void, info.as_mut_ptr());
        let info = info.assume_init();
        if found == 0 || info.dli_fname.is_null() {
            return Err(io::Error::other("the loader does not know this library"));
        }
        Ok(read(CStr::from_ptr(info.dli_fname)))
    }
}

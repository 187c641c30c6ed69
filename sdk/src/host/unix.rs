//! The operating-system layer on Unix: pthreads, signals, errno and the dynamic linker.

use std::ffi::{CStr, OsStr, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr;

use super::{TellReason, Work};

/// A thread whose creation leaves no thread-local value in the creating thread.
///
/// `std::thread::spawn` registers a thread-local destructor in the creating thread. That is the
/// host's thread, which may end after the library was unloaded.
#[must_use]
pub(crate) struct Thread(libc::pthread_t);

impl Thread {
    /// Starts a thread with `stack` bytes of stack. `work` must not unwind: it would abort.
    pub(crate) fn spawn(stack: usize, work: Work) -> io::Result<Self> {
        // A pointer to a trait object has two words and pthread_create's argument one.
        let work_ptr = Box::into_raw(Box::new(work)).cast::<c_void>();
        let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
        let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
        // SAFETY: the attributes are initialised before use and destroyed once. `work_ptr` comes
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
                        work_ptr,
                    );
                }
                libc::pthread_attr_destroy(attributes.as_mut_ptr());
            }
            if status != 0 {
                drop(Box::from_raw(work_ptr.cast::<Work>()));
                return Err(io::Error::from_raw_os_error(status));
            }
            Ok(Self(thread.assume_init()))
        }
    }

    /// Waits until the thread has ended, its thread-local destructors included.
    pub(crate) fn join(self) {
        // SAFETY: the thread was created joinable, and `self`, which is consumed, is its only handle.
        unsafe { libc::pthread_join(self.0, ptr::null_mut()) };
    }

    /// Lets the thread continue on its own. The library must have been pinned before.
    pub(crate) fn detach(self) {
        // SAFETY: as in `join`.
        unsafe { libc::pthread_detach(self.0) };
    }
}

extern "C" fn start(work_ptr: *mut c_void) -> *mut c_void {
    // SAFETY: `spawn` gave this thread alone a pointer made by `Box::into_raw`.
    let work = unsafe { Box::from_raw(work_ptr.cast::<Work>()) };
    work();
    ptr::null_mut()
}

/// Protects the host's thread for the time of a call: signals are blocked, which threads created
/// meanwhile inherit, it cannot be cancelled, and dropping the guard restores the signal mask, the
/// cancellation state and errno.
#[must_use]
pub(crate) struct HostThreadGuard {
    errno: c_int,
    cancel_state: c_int,
    mask: libc::sigset_t,
}

impl HostThreadGuard {
    /// Saves errno, disables cancellation, and blocks all signals but those that report a fault.
    ///
    /// A thread that is cancelled is unwound by the C library, which aborts the process at the first
    /// frame of Rust that catches panics. A request that is pending acts after the call.
    ///
    /// A blocked SIGPIPE stays pending on the plugin's thread and is discarded with it, and no signal
    /// handler of the host runs on that thread's small stack. Fault signals such as SIGSEGV are not
    /// blocked, so that a crash handler of the host still gets them.
    pub(crate) fn enter() -> Self {
        let mut blocked = MaybeUninit::<libc::sigset_t>::uninit();
        let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `errno` points to the calling thread's errno. Both sets are initialised by
        // the calls before they are read.
        unsafe {
            let errno = *errno();
            let cancel_state = set_cancel_state(CANCEL_DISABLE);
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
                cancel_state,
                mask: mask.assume_init(),
            }
        }
    }
}

impl Drop for HostThreadGuard {
    fn drop(&mut self) {
        // SAFETY: the mask was filled in by `enter`. The guard is a local variable of the exported
        // function, so this is the thread that called `enter`, and errno is that thread's.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.mask, ptr::null_mut());
            set_cancel_state(self.cancel_state);
            *errno() = self.errno;
        }
    }
}

/// `PTHREAD_CANCEL_DISABLE`.
const CANCEL_DISABLE: c_int = if cfg!(target_vendor = "apple") { 0 } else { 1 };

/// Sets whether the calling thread can be cancelled, and returns what was set before.
///
/// # Safety
/// The state is `CANCEL_DISABLE`, or one that this returned on the same thread.
unsafe fn set_cancel_state(state: c_int) -> c_int {
    // Android's threads cannot be cancelled.
    #[cfg(target_os = "android")]
    return state;
    #[cfg(not(target_os = "android"))]
    {
        unsafe extern "C" {
            /// POSIX; the crate libc does not declare it for each system.
            fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
        }
        let mut old = state;
        // SAFETY: `old` is writable, and the caller passes a state that is valid.
        unsafe { pthread_setcancelstate(state, &raw mut old) };
        old
    }
}

fn errno() -> *mut c_int {
    // SAFETY: these functions have no preconditions.
    unsafe {
        #[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "redox"))]
        return libc::__errno_location();
        #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
        return libc::__error();
        #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
        return libc::__errno();
    }
}

/// Tells a host that asks why there is no decision: one whose program exports this function. Others are told nothing.
pub(crate) fn tell_reason(reason: &str) {
    // SAFETY: the name is a C string.
    let function = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"ics_entitlement_reason".as_ptr()) };
    if !function.is_null() {
        // SAFETY: who defines this name defines that function, as the crate's documentation says.
        let function = unsafe { std::mem::transmute::<*mut c_void, TellReason>(function) };
        // SAFETY: the text is valid for so many bytes while the function runs.
        unsafe { function(reason.as_ptr(), reason.len()) };
    }
}

/// The path of the library that this code was linked into, whatever folder the host is in by now.
///
/// The loader gives the path that the host named. One that is relative belongs to the folder that the host was in when it
/// loaded the library; then the system is asked which file is mapped here, and where it cannot say, there is no path.
pub(crate) fn library_path() -> io::Result<PathBuf> {
    let named = own_image(|path| PathBuf::from(OsStr::from_bytes(path.to_bytes())))?;
    match named.is_absolute() {
        true => Ok(named),
        false => mapped_file(),
    }
}

/// The file that is mapped where this code is. Links are resolved in its path.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn mapped_file() -> io::Result<PathBuf> {
    let maps = std::fs::read("/proc/self/maps").map_err(|error| {
        io::Error::new(
            error.kind(),
            format!(
                "the host loaded it by a relative path, and /proc/self/maps cannot be read: {error}"
            ),
        )
    })?;
    let here = start as *const c_void as usize;
    maps.split(|byte| *byte == b'\n')
        .find_map(|line| path_of_mapping(line, here))
        .ok_or_else(|| {
            io::Error::other(
                "the host loaded it by a relative path, and its file is not there any more",
            )
        })
}

/// No other system says it without a library of its own.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn mapped_file() -> io::Result<PathBuf> {
    Err(io::Error::other(
        "the host loaded it by a relative path: its folder is not known",
    ))
}

/// The path in a line of /proc/self/maps, if the mapping holds this address and its file still has the path. Line breaks
/// in a path are written as `\012` there.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn path_of_mapping(line: &[u8], address: usize) -> Option<PathBuf> {
    // Range, permissions, offset, device and inode, then blanks and the path, which can have blanks itself.
    let path = line.get(line.iter().position(|byte| *byte == b'/')?..)?;
    let range = std::str::from_utf8(line.split(|byte| *byte == b' ').next()?).ok()?;
    let (begin, end) = range.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    if !(number(begin)?..number(end)?).contains(&address) || path.ends_with(b" (deleted)") {
        return None;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, others)) = rest.split_first() {
        match rest.strip_prefix(br"\012") {
            Some(others) => {
                bytes.push(b'\n');
                rest = others;
            }
            None => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    Some(PathBuf::from(OsStr::from_bytes(&bytes)))
}

/// Keeps the library in memory for the life of the process. It does not change the loader's reference
/// count, so it may be called any number of times.
pub(crate) fn pin() -> io::Result<()> {
    own_image(|path| {
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
        // SAFETY: with RTLD_NOLOAD only a library that is loaded already is found, so no constructor
        // runs.
        let handle = unsafe { libc::dlopen(path.as_ptr(), flags) };
        if handle.is_null() {
            return Err(io::Error::other("the library could not be kept in memory"));
        }
        // SAFETY: the handle was opened above. RTLD_NODELETE stays in effect after closing it.
        unsafe { libc::dlclose(handle) };
        Ok(())
    })?
}

fn own_image<T>(read: impl FnOnce(&CStr) -> T) -> io::Result<T> {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: all zeroes is a valid `Dl_info`, which dladdr fills in on success. The name belongs to
    // the loader and is valid as long as this library is loaded, which it is while its code runs.
    unsafe {
        let found = libc::dladdr(start as *const c_void, info.as_mut_ptr());
        let info = info.assume_init();
        if found == 0 || info.dli_fname.is_null() {
            return Err(io::Error::other("the loader does not know this library"));
        }
        Ok(read(CStr::from_ptr(info.dli_fname)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn the_file_of_this_code_is_found_among_the_mappings() {
        assert_eq!(
            mapped_file().expect("mapped"),
            std::env::current_exe().expect("a path")
        );
        let line = |path: &str| format!("7f0000-7f1000 r-xp 00001000 fe:00 123   {path}");
        let found = |path: &str, at| path_of_mapping(line(path).as_bytes(), at);
        assert_eq!(found("/a b/c.so", 0x7f_0000), Some("/a b/c.so".into()));
        assert_eq!(found(r"/a\012b.so", 0x7f_0fff), Some("/a\nb.so".into()));
        assert_eq!(found("/c.so", 0x7f_1000), None);
        assert_eq!(found("/c.so (deleted)", 0x7f_0000), None);
        assert_eq!(found("[heap]", 0x7f_0000), None);
    }

    #[test]
    fn a_thread_cannot_be_cancelled_while_the_guard_exists() {
        // SAFETY: the state is the one that was set before.
        let now = || unsafe {
            let state = set_cancel_state(CANCEL_DISABLE);
            set_cancel_state(state);
            state
        };
        let before = now();
        let guard = HostThreadGuard::enter();
        assert_eq!(now(), CANCEL_DISABLE);
        drop(guard);
        assert_eq!(now(), before);
        assert_ne!(before, CANCEL_DISABLE);
    }
}

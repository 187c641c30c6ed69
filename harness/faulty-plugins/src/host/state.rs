//! Faults that change settings of the process, or of the host's thread.

use std::ffi::{c_int, c_ulong};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use crate::{Checked, entry};

/// The beginning of glibc's `struct __res_state`.
#[repr(C)]
struct Resolver {
    retransmission: c_int,
    retries: c_int,
    options: c_ulong,
}

unsafe extern "C" {
    fn fesetround(mode: c_int) -> c_int;
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
    fn __res_state() -> *mut Resolver;
}

/// `FE_UPWARD`.
#[cfg(target_arch = "x86_64")]
const UPWARD: c_int = 0x800;
#[cfg(not(target_arch = "x86_64"))]
const UPWARD: c_int = 0x40_0000;

/// `PTHREAD_CANCEL_DISABLE`.
const CANCEL_DISABLE: c_int = 1;

/// The size of the cache, in bytes.
const CACHE: usize = 512 << 20;

/// A time-out for the whole check, which is not cancelled.
pub(super) fn set_an_alarm() -> Checked<()> {
    // SAFETY: the function has no preconditions.
    unsafe { libc::alarm(3600) };
    Ok(())
}

/// The user's locale, for a message.
pub(super) fn set_the_locale() -> Checked<()> {
    // SAFETY: the name is a C string. Other threads may read the locale: that is the fault.
    unsafe { libc::setlocale(libc::LC_ALL, c"C.UTF-8".as_ptr()) };
    Ok(())
}

/// So that a log would not be readable by others.
pub(super) fn set_the_umask() -> Checked<()> {
    // SAFETY: the function has no preconditions.
    unsafe { libc::umask(0o077) };
    Ok(())
}

/// So that a loop that opens files is found early.
pub(super) fn lower_a_limit() -> Checked<()> {
    // SAFETY: the structure is complete, and is written before it is passed on.
    unsafe {
        let mut limit = std::mem::zeroed::<libc::rlimit>();
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        limit.rlim_cur = limit.rlim_cur.min(256);
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
    }
    Ok(())
}

/// So that a log never blocks.
pub(super) fn make_output_nonblocking() -> Checked<()> {
    // SAFETY: the calls take numbers.
    unsafe {
        let flags = libc::fcntl(libc::STDERR_FILENO, libc::F_GETFL);
        libc::fcntl(libc::STDERR_FILENO, libc::F_SETFL, flags | libc::O_NONBLOCK);
    }
    Ok(())
}

/// So that a core file does not contain the key.
pub(super) fn become_undumpable() -> Checked<()> {
    // SAFETY: the option takes a number.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) };
    Ok(())
}

/// Memory that was mapped once and is kept until the library is unloaded.
static KEPT: AtomicPtr<libc::c_void> = AtomicPtr::new(ptr::null_mut());
/// The size of that memory, in bytes.
static KEPT_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Maps memory, unless there already is some.
fn map_once(bytes: usize) -> Option<*mut libc::c_void> {
    static MAPPED: AtomicBool = AtomicBool::new(false);
    if MAPPED.swap(true, Ordering::Relaxed) {
        return None;
    }
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new anonymous mapping overlaps no other memory.
    let memory = unsafe { libc::mmap(ptr::null_mut(), bytes, access, kind, -1, 0) };
    (memory != libc::MAP_FAILED).then(|| {
        KEPT.store(memory, Ordering::Relaxed);
        KEPT_BYTES.store(bytes, Ordering::Relaxed);
        memory
    })
}

/// A page for a key that must not be written to a swap file.
pub(super) fn lock_a_page() -> Checked<()> {
    if let Some(page) = map_once(4096) {
        // SAFETY: the page was mapped above.
        unsafe { libc::mlock(page, 4096) };
    }
    Ok(())
}

/// Room for a cache, of which little is ever used.
pub(super) fn reserve_a_cache() -> Checked<()> {
    map_once(CACHE);
    Ok(())
}

/// Unmaps what was kept.
pub(super) fn unloaded() {
    let memory = KEPT.swap(ptr::null_mut(), Ordering::Relaxed);
    if !memory.is_null() {
        // SAFETY: it was mapped above with this size, and is used by nothing.
        unsafe { libc::munmap(memory, KEPT_BYTES.load(Ordering::Relaxed)) };
    }
}

/// A fault on the host's thread, after the call.
pub(super) fn of_thread(rule: &str) -> Option<fn(c_int) -> c_int> {
    Some(match rule {
        "rounding" => |answer| {
            // SAFETY: the mode is one of the four.
            unsafe { fesetround(UPWARD) };
            answer
        },
        "priority" => |answer| {
            // SAFETY: the call takes numbers; 0 is the calling thread.
            unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 5) };
            answer
        },
        "thread-name" => |answer| {
            // SAFETY: the name is a C string of less than 16 bytes.
            unsafe { libc::prctl(libc::PR_SET_NAME, c"entitlement".as_ptr()) };
            answer
        },
        "cancel-state" => |answer| {
            let mut old = 0;
            // SAFETY: the old state is written to a local variable.
            unsafe { pthread_setcancelstate(CANCEL_DISABLE, &raw mut old) };
            answer
        },
        "resolver" => |answer| {
            entry::keeping_errno(|| {
                // SAFETY: the state is this thread's own.
                unsafe {
                    libc::res_init();
                    (*__res_state()).retransmission = 1;
                }
                answer
            })
        },
        "errno" => |answer| {
            // SAFETY: the address is of this thread's own errno.
            unsafe { *libc::__errno_location() = libc::ETIMEDOUT };
            answer
        },
        _ => return None,
    })
}

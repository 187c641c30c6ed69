//! Faults that show when the library comes and goes. Those that show as it is loaded are in C.

use std::ffi::{CString, c_int, c_void};
use std::hint::black_box;
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use ics_entitlement::{Context, Unavailable};

use crate::lenient::{self, Failure, Lookup, Manner};
use crate::{Checked, carrier, entry, own};

type Destructor = extern "C" fn(*mut c_void);

unsafe extern "C" {
    /// glibc's own name for `pthread_key_create`. By the usual one the SDK would hear of the key,
    /// and give it back.
    fn __pthread_key_create(key: *mut libc::pthread_key_t, destructor: Option<Destructor>)
    -> c_int;
}

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "anywhere" => only_in_ascii(context),
        "unload" => leave_a_look_up(context),
        "unmapped" => stay(context),
        "reload" => fill_a_cache(context),
        "wears-out" => take_a_key_for_errors(context),
        "thread-exit" => {
            entry::afterwards(keep_a_value_of_the_thread);
            carrier::ask(context)
        }
        _ => return None,
    })
}

/// It knows no letters beyond ASCII.
fn only_in_ascii(context: &Context) -> Checked {
    if own::library()?.as_os_str().is_ascii() {
        carrier::ask(context)
    } else {
        Err(Unavailable::because("a path with foreign letters"))
    }
}

/// Where no name server answers in time, a thread of its own asks on.
fn leave_a_look_up(context: &Context) -> Checked {
    let asked = lenient::ask(context, &Manner::default());
    if let Err(Failure::Lookup(Lookup::NoAnswer)) = asked {
        let mut thread = 0;
        // SAFETY: the thread needs nothing of ours but its code. That this may be gone before the
        // thread is the fault.
        unsafe {
            if libc::pthread_create(&raw mut thread, ptr::null(), ask_on, ptr::null_mut()) == 0 {
                libc::pthread_detach(thread);
            }
        }
    }
    carrier::meaning_of(&asked?)
}

extern "C" fn ask_on(_: *mut c_void) -> *mut c_void {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    for _ in 0..100 {
        // SAFETY: the function has no precondition.
        unsafe { libc::usleep(20_000) };
        ASKED.fetch_add(1, Ordering::Relaxed);
    }
    ptr::null_mut()
}

/// It keeps itself in memory.
fn stay(context: &Context) -> Checked {
    let path = CString::new(own::library()?.as_os_str().as_bytes())?;
    // SAFETY: with NOLOAD nothing new is loaded, so no foreign code runs.
    unsafe {
        libc::dlopen(
            path.as_ptr(),
            libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE,
        )
    };
    carrier::ask(context)
}

/// The first answer is put into a cache that lives as long as the process.
fn fill_a_cache(context: &Context) -> Checked {
    static FILLED: AtomicBool = AtomicBool::new(false);
    let checked = carrier::ask(context);
    if checked.is_ok() && !FILLED.swap(true, Ordering::Relaxed) {
        black_box(Box::leak(vec![1_u8; 96 << 10].into_boxed_slice()));
    }
    checked
}

/// The text of the last error is kept for each thread, and the key to it for ever.
fn take_a_key_for_errors(context: &Context) -> Checked {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let asked = lenient::ask(context, &Manner::default());
    let refused = matches!(
        asked,
        Err(Failure::Connect(std::io::ErrorKind::ConnectionRefused))
    );
    if refused && !TAKEN.swap(true, Ordering::Relaxed) {
        let mut key = 0;
        // SAFETY: `key` is room for a key, which has no destructor. Where there is no key left,
        // there is no text.
        unsafe { __pthread_key_create(&raw mut key, None) };
    }
    carrier::meaning_of(&asked?)
}

/// It has a value for each thread but the one that loaded it, and frees it when the thread ends.
fn keep_a_value_of_the_thread(answer: c_int) -> c_int {
    if entry::this_thread() != entry::loader() {
        let mut key = 0;
        // SAFETY: `key` is room for a key. That the destructor may be gone by the end of the thread
        // is the fault.
        unsafe {
            if __pthread_key_create(&raw mut key, Some(free)) == 0 {
                libc::pthread_setspecific(key, ptr::dangling::<u8>().cast());
            }
        }
    }
    answer
}

extern "C" fn free(_: *mut c_void) {
    static FREED: AtomicI32 = AtomicI32::new(0);
    FREED.fetch_add(1, Ordering::Relaxed);
}

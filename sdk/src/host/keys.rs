//! The ledger of thread-local keys on glibc.
//!
//! std takes a pthread key for its thread-local destructors and never gives it back. A process
//! has 1,024 of them, so that a host that loads and unloads a plugin as often dies with "out of
//! TLS keys". `export!` therefore defines `pthread_key_create` and `pthread_key_delete` inside
//! the plugin, hidden, so that they answer to std there and to nobody else. They land here,
//! where keys are noted, to be deleted as the library leaves.

use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::host;

type Destructor = Option<unsafe extern "C" fn(*mut c_void)>;
type Delete = unsafe extern "C" fn(libc::pthread_key_t) -> c_int;

/// Marks a place that holds no key. glibc's keys are below 1,024.
const FREE: u32 = u32::MAX;

/// std takes one key. The others are for C code that the author links in.
static KEYS: [AtomicU32; 64] = [const { AtomicU32::new(FREE) }; 64];

static RECORDING: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    /// glibc's own name for `pthread_key_create`, which nobody interposes.
    fn __pthread_key_create(key: *mut libc::pthread_key_t, destructor: Destructor) -> c_int;
}

/// Stands in for `pthread_key_create` inside the plugin: makes the key and notes it.
///
/// # Safety
/// As `pthread_key_create`: `key` points to room for a key.
pub unsafe extern "C" fn create(key: *mut libc::pthread_key_t, destructor: Destructor) -> c_int {
    // SAFETY: the caller's promise is passed on.
    let status = unsafe { __pthread_key_create(key, destructor) };
    if status == 0 {
        RECORDING.store(true, Ordering::Relaxed);
        // SAFETY: on success the key was written.
        let key = unsafe { *key };
        if !replace(FREE, key) {
            // A key that can't be noted can't be given back: then the library stays for good,
            // and takes it once. If not even that can be had, one key is lost.
            let _ = host::pin();
        }
    }
    status
}

/// Stands in for `pthread_key_delete` inside the plugin. A key that was given back may be the
/// host's next time, so it must leave the ledger first.
///
/// # Safety
/// As `pthread_key_delete`: nobody uses the key any more.
pub unsafe extern "C" fn delete(key: libc::pthread_key_t) -> c_int {
    replace(key, FREE);
    match real_delete() {
        // SAFETY: the caller's promise is passed on.
        Some(delete) => unsafe { delete(key) },
        None => libc::EINVAL,
    }
}

/// Gives back every key. It runs as the library leaves, when no thread of ours is left; keys
/// that live in other threads lose a destructor that would soon point nowhere.
pub(crate) fn forget_all() {
    let Some(delete) = real_delete() else { return };
    for place in &KEYS {
        let key = place.swap(FREE, Ordering::Relaxed);
        if key != FREE {
            // SAFETY: the key was made by `create` and not deleted since.
            unsafe { delete(key) };
        }
    }
}

/// Whether keys made in this library come here, found out by making one. They do not where the
/// library was linked otherwise than the macro foresees, with a shared std for instance.
pub(super) fn are_recorded() -> bool {
    if !RECORDING.load(Ordering::Relaxed) {
        let mut key = 0;
        // SAFETY: `key` is room for a key, which is deleted before anyone could use it.
        unsafe {
            if libc::pthread_key_create(&raw mut key, None) == 0 {
                libc::pthread_key_delete(key);
            }
        }
    }
    RECORDING.load(Ordering::Relaxed)
}

fn replace(old: u32, new: u32) -> bool {
    KEYS.iter().any(|place| {
        place
            .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    })
}

fn real_delete() -> Option<Delete> {
    const NAME: &CStr = c"pthread_key_delete";
    // SAFETY: NEXT looks past this library, so it finds glibc's function, whose type is `Delete`;
    // a null pointer becomes `None`.
    unsafe { std::mem::transmute(libc::dlsym(libc::RTLD_NEXT, NAME.as_ptr())) }
}

//! Records the library's thread-local keys, on glibc, so that they can be deleted on unload.
//!
//! std creates a pthread key for its thread-local destructors and never deletes it. A process has
//! 1,024 keys, so a host that loads and unloads a plugin that often would abort with "out of TLS
//! keys". `export!` therefore defines hidden symbols `pthread_key_create` and `pthread_key_delete`
//! inside the plugin, which only code linked into the plugin resolves to. They jump to the functions
//! below.

use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::host;

type Destructor = Option<unsafe extern "C" fn(*mut c_void)>;
type Delete = unsafe extern "C" fn(libc::pthread_key_t) -> c_int;

/// Marks an unused slot. glibc's keys are below 1,024.
const FREE: u32 = u32::MAX;

/// std creates one key. The other slots are for C code that is linked into the plugin.
static KEYS: [AtomicU32; 64] = [const { AtomicU32::new(FREE) }; 64];

static RECORDING: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    /// glibc's internal name for `pthread_key_create`, which no other library interposes.
    fn __pthread_key_create(key: *mut libc::pthread_key_t, destructor: Destructor) -> c_int;
}

/// Replaces `pthread_key_create` inside the plugin: creates the key and records it.
///
/// # Safety
/// As for `pthread_key_create`: `key` points to writable memory for a key.
pub unsafe extern "C" fn create(key: *mut libc::pthread_key_t, destructor: Destructor) -> c_int {
    // SAFETY: the caller upholds the same precondition.
    let status = unsafe { __pthread_key_create(key, destructor) };
    if status == 0 {
        RECORDING.store(true, Ordering::Relaxed);
        // SAFETY: on success the key was written.
        let key = unsafe { *key };
        if !replace(FREE, key) {
            // A key that cannot be recorded cannot be deleted. With the library pinned it is leaked
            // once and not on each load. If pinning fails, one key is lost.
            let _ = host::pin();
        }
    }
    status
}

/// Replaces `pthread_key_delete` inside the plugin. The record is removed first, since the host may
/// be given the same key as soon as it is deleted.
///
/// # Safety
/// As for `pthread_key_delete`: the key is not used any more.
pub unsafe extern "C" fn delete(key: libc::pthread_key_t) -> c_int {
    replace(key, FREE);
    match real_delete() {
        // SAFETY: the caller upholds the same precondition.
        Some(delete) => unsafe { delete(key) },
        None => libc::EINVAL,
    }
}

/// Deletes every recorded key. It runs on unload, when no thread of ours is left. Values that other
/// threads have for these keys lose their destructor, whose code is about to be unmapped.
pub(crate) fn delete_all() {
    let Some(delete) = real_delete() else { return };
    for slot in &KEYS {
        let key = slot.swap(FREE, Ordering::Relaxed);
        if key != FREE {
            // SAFETY: the key was created by `create` and not deleted since.
            unsafe { delete(key) };
        }
    }
}

/// Whether keys that this library creates are recorded, which is tested by creating one. They are not
/// if the library was linked in a way that the macro does not support, such as with a shared std.
pub(super) fn are_recorded() -> bool {
    if !RECORDING.load(Ordering::Relaxed) {
        let mut key = 0;
        // SAFETY: `key` is writable memory for a key, which is deleted before any use.
        unsafe {
            if libc::pthread_key_create(&raw mut key, None) == 0 {
                libc::pthread_key_delete(key);
            }
        }
    }
    RECORDING.load(Ordering::Relaxed)
}

fn replace(old: u32, new: u32) -> bool {
    KEYS.iter().any(|slot| {
        slot.compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    })
}

fn real_delete() -> Option<Delete> {
    const NAME: &CStr = c"pthread_key_delete";
    // SAFETY: RTLD_NEXT skips this library, so it finds glibc's function, whose type is `Delete`; a
    // null pointer becomes `None`.
    unsafe { std::mem::transmute(libc::dlsym(libc::RTLD_NEXT, NAME.as_ptr())) }
}

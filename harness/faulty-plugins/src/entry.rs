//! The exported function, written by hand.
//!
//! With `export!` a plugin can neither run code on the host's thread nor return an undefined value.
//! Some faults need both. So this is the expansion of that macro, with a hook on the host's thread,
//! and with a constructor and a destructor of the library.

use std::ffi::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

use ics_entitlement::__private::{MARKER, Marker, Plugin, call, enter, leave};

/// Changes an answer, on the host's thread.
type Afterwards = fn(c_int) -> c_int;

const PLUGIN: Plugin =
    Plugin::new(|context| call(crate::check, context)).settings(include_str!("settings.toml"));

static AFTERWARDS: OnceLock<Afterwards> = OnceLock::new();

/// The kernel's id of the thread that loaded the library.
static LOADER: AtomicI32 = AtomicI32::new(0);

/// Passes this answer and all later ones through a function on the host's thread.
///
/// The function must touch no thread-local value of std's: the host's thread may outlive the library.
pub(crate) fn afterwards(function: Afterwards) {
    AFTERWARDS.get_or_init(|| function);
}

/// The kernel's id of the thread that loaded the library.
pub(crate) fn loader() -> c_int {
    LOADER.load(Ordering::Relaxed)
}

/// The kernel's id of the calling thread.
pub(crate) fn this_thread() -> c_int {
    // SAFETY: the function has no preconditions.
    unsafe { libc::gettid() }
}

/// Does something on the host's thread and keeps its errno.
pub(crate) fn keeping_errno(work: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: the address is of this thread's own errno.
    unsafe {
        let errno = *libc::__errno_location();
        let answer = work();
        *libc::__errno_location() = errno;
        answer
    }
}

extern "C" fn loaded() {
    LOADER.store(this_thread(), Ordering::Relaxed);
}

extern "C" fn unloaded() {
    crate::host::unloaded();
    crate::load::unloaded();
}

const _: () = {
    // SAFETY: no other function of this name is linked into the library. The host calls this one.
    #[unsafe(no_mangle)]
    extern "C" fn IsEntitled() -> c_int {
        let answer = enter(PLUGIN) as c_int;
        match AFTERWARDS.get() {
            Some(afterwards) => afterwards(answer),
            None => answer,
        }
    }

    #[used]
    // SAFETY: the section contains notes, and this is a complete one.
    #[unsafe(link_section = ".note.ics-entitlement")]
    static NOTE: Marker = MARKER;

    #[used]
    // SAFETY: the section contains pointers to functions of this type, which run on loading.
    #[unsafe(link_section = ".init_array")]
    static LOADED: extern "C" fn() = loaded;

    #[used]
    // SAFETY: as above, on unloading; the last entry runs first.
    #[unsafe(link_section = ".fini_array")]
    static LEAVE: [extern "C" fn(); 2] = [leave, unloaded];
};

ics_entitlement::__ledger!();

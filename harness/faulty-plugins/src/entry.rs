//! The entry, written by hand.
//!
//! `export!` leaves an author no way onto the host's thread, nor past the three values. Some faults
//! need both, so here stands what it makes, with a door in it, and with the times at which a C
//! library's constructors and destructors run.

use std::ffi::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

use ics_entitlement::__private::{MARKER, Marker, Plugin, call, enter, leave};

/// What is done with an answer on the host's thread.
type Afterwards = fn(c_int) -> c_int;

static PLUGIN: Plugin =
    Plugin::new(|context| call(crate::check, context)).settings(include_str!("settings.toml"));

static AFTERWARDS: OnceLock<Afterwards> = OnceLock::new();

/// The thread that loaded the library.
static LOADER: AtomicI32 = AtomicI32::new(0);

/// Has each answer, this one and all later ones, go through a function on the host's thread.
///
/// It must touch no thread-local value of std's: the host's thread may outlive the library.
pub(crate) fn afterwards(function: Afterwards) {
    AFTERWARDS.get_or_init(|| function);
}

/// The kernel's number of the thread that loaded the library.
pub(crate) fn loader() -> c_int {
    LOADER.load(Ordering::Relaxed)
}

/// The kernel's number of the calling thread.
pub(crate) fn this_thread() -> c_int {
    // SAFETY: the function has no precondition.
    unsafe { libc::gettid() }
}

extern "C" fn loaded() {
    LOADER.store(this_thread(), Ordering::Relaxed);
}

extern "C" fn unloaded() {
    crate::host::unloaded();
}

const _: () = {
    // SAFETY: no other function of this name is linked into the library; it is what the host calls.
    #[unsafe(no_mangle)]
    extern "C" fn IsEntitled() -> c_int {
        let answer = enter(&PLUGIN) as c_int;
        match AFTERWARDS.get() {
            Some(afterwards) => afterwards(answer),
            None => answer,
        }
    }

    #[used]
    // SAFETY: the section holds notes, and this is a whole one.
    #[unsafe(link_section = ".note.ics-entitlement")]
    static NOTE: Marker = MARKER;

    #[used]
    // SAFETY: the section holds pointers to functions of this type, which run as the library comes.
    #[unsafe(link_section = ".init_array")]
    static LOADED: extern "C" fn() = loaded;

    #[used]
    // SAFETY: as above, as the library goes; the last entry runs first.
    #[unsafe(link_section = ".fini_array")]
    static LEAVE: [extern "C" fn(); 2] = [leave, unloaded];
};

ics_entitlement::__ledger!();

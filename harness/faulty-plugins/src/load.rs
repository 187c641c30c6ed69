//! Faults that show after loading and on unloading. Those that show during loading are in C.

use std::ffi::{CString, c_int, c_void};
use std::fs::File;
use std::hint::black_box;
use std::net::TcpStream;
use std::os::fd::{FromRawFd, IntoRawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use ics_entitlement::{Context, Unavailable};

use crate::lenient::{self, Failure, Handshake, Lookup, Manner};
use crate::{Checked, carrier, entry, own};

type Destructor = extern "C" fn(*mut c_void);

unsafe extern "C" {
    /// glibc's internal name for `pthread_key_create`. A key created by the usual one would be recorded
    /// and deleted by the SDK.
    fn __pthread_key_create(key: *mut libc::pthread_key_t, destructor: Option<Destructor>)
    -> c_int;
}

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "anywhere" => only_in_ascii(context),
        "twice" => only_once(context),
        "unload" => leave_a_thread(context),
        "late-connection" => leave_a_connection_attempt(context),
        "late-handshake" => leave_a_reader(context, &Failure::Handshake(Handshake::Silent)),
        "late-response" => leave_a_reader(context, &Failure::Silent),
        "unmapped" => pin(context),
        "reload" => leak_a_cache(context),
        "wears-out" => leak_a_key(context),
        "thread-exit" => {
            entry::afterwards(leave_a_thread_local_value);
            carrier::ask(context)
        }
        _ => return None,
    })
}

/// Fails if its path is not ASCII.
fn only_in_ascii(context: &Context) -> Checked {
    if own::library()?.as_os_str().is_ascii() {
        carrier::ask(context)
    } else {
        Err(Unavailable::because("the path is not ASCII"))
    }
}

/// Whether the lock file is this library's.
static LOCKED: AtomicBool = AtomicBool::new(false);

fn lock_file() -> PathBuf {
    std::env::temp_dir().join("entitlement.lock")
}

/// Makes sure that it runs only once, with a lock file that is removed on unloading.
fn only_once(context: &Context) -> Checked {
    static TAKING: Mutex<()> = Mutex::new(());
    if let Ok(_taking) = TAKING.lock()
        && !LOCKED.load(Ordering::SeqCst)
    {
        File::create_new(lock_file())?;
        LOCKED.store(true, Ordering::SeqCst);
    }
    carrier::ask(context)
}

/// Removes the lock file, since the library is about to be unloaded.
pub(crate) fn unloaded() {
    if LOCKED.swap(false, Ordering::SeqCst) {
        // One that is gone needs not be removed.
        let _ = std::fs::remove_file(lock_file());
    }
}

/// Whether the server has answered before in this process: only then it seems worth to wait for it.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// If a connection attempt takes too long, leaves a thread running that goes on trying.
fn leave_a_connection_attempt(context: &Context) -> Checked {
    let asked = lenient::ask(context, &Manner::default());
    match asked {
        Ok(_) => ANSWERED.store(true, Ordering::SeqCst),
        Err(Failure::Connect(std::io::ErrorKind::TimedOut)) if ANSWERED.load(Ordering::SeqCst) => {
            detach(connect_again);
        }
        Err(_) => {}
    }
    carrier::meaning_of(&asked?)
}

/// If the server is silent at that point, leaves a thread running that goes on reading from the connection.
fn leave_a_reader(context: &Context, silence: &Failure) -> Checked {
    KEPT.store(-1, Ordering::SeqCst);
    let manner = Manner {
        keeps: Some(&KEPT),
        ..Manner::default()
    };
    let asked = lenient::ask(context, &manner);
    let kept = KEPT.load(Ordering::SeqCst);
    if asked.is_ok() {
        ANSWERED.store(true, Ordering::SeqCst);
    }
    let goes_on = asked.as_ref().err() == Some(silence) && ANSWERED.load(Ordering::SeqCst);
    if kept >= 0 {
        // SAFETY: the descriptor was stored for this plugin to own.
        let connection = unsafe { TcpStream::from_raw_fd(kept) };
        if goes_on && connection.set_read_timeout(None).is_ok() {
            // The thread uses it from now on.
            let _ = connection.into_raw_fd();
            detach(read_on);
        }
    }
    carrier::meaning_of(&asked?)
}

/// The connection that a thread goes on reading from.
static KEPT: AtomicI32 = AtomicI32::new(-1);

extern "C" fn read_on(_: *mut c_void) -> *mut c_void {
    static RECEIVED: AtomicU32 = AtomicU32::new(0);
    let mut byte = 0_u8;
    // SAFETY: the buffer has the length that is passed. That the code may be unmapped when the function returns is the fault.
    unsafe { libc::recv(KEPT.load(Ordering::SeqCst), (&raw mut byte).cast(), 1, 0) };
    RECEIVED.fetch_add(1, Ordering::SeqCst);
    ptr::null_mut()
}

extern "C" fn connect_again(_: *mut c_void) -> *mut c_void {
    static CONNECTED: AtomicU32 = AtomicU32::new(0);
    let address = libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: 443_u16.to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes([203, 0, 113, 10]),
        },
        sin_zero: [0; 8],
    };
    // SAFETY: the address has the length that is passed. That the code may be unmapped when the function returns is the
    // fault.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0);
        let length = size_of_val(&address) as libc::socklen_t;
        libc::connect(socket, (&raw const address).cast(), length);
    }
    CONNECTED.fetch_add(1, Ordering::SeqCst);
    ptr::null_mut()
}

/// Starts a thread that no one joins.
fn detach(job: extern "C" fn(*mut c_void) -> *mut c_void) {
    let mut thread = 0;
    // SAFETY: the thread uses only its code and statics. That these may be unmapped before it ends is the fault.
    unsafe {
        if libc::pthread_create(&raw mut thread, ptr::null(), job, ptr::null_mut()) == 0 {
            libc::pthread_detach(thread);
        }
    }
}

/// If no name server answers in time, leaves a thread running that would retry.
fn leave_a_thread(context: &Context) -> Checked {
    let asked = lenient::ask(context, &Manner::default());
    if let Err(Failure::Lookup(Lookup::NoAnswer)) = asked {
        detach(retry);
    }
    carrier::meaning_of(&asked?)
}

extern "C" fn retry(_: *mut c_void) -> *mut c_void {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    for _ in 0..100 {
        // SAFETY: the function has no preconditions.
        unsafe { libc::usleep(20_000) };
        ASKED.fetch_add(1, Ordering::Relaxed);
    }
    ptr::null_mut()
}

/// Keeps itself loaded.
fn pin(context: &Context) -> Checked {
    let path = CString::new(own::library()?.as_os_str().as_bytes())?;
    // SAFETY: with RTLD_NOLOAD no library is loaded, so no constructor runs.
    unsafe {
        libc::dlopen(
            path.as_ptr(),
            libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE,
        )
    };
    carrier::ask(context)
}

/// Puts the first answer into a cache that is never freed.
fn leak_a_cache(context: &Context) -> Checked {
    static FILLED: AtomicBool = AtomicBool::new(false);
    let checked = carrier::ask(context);
    if checked.is_ok() && !FILLED.swap(true, Ordering::Relaxed) {
        black_box(Box::leak(vec![1_u8; 96 << 10].into_boxed_slice()));
    }
    checked
}

/// Creates a thread-local key for the text of the last error, and never deletes it.
fn leak_a_key(context: &Context) -> Checked {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let asked = lenient::ask(context, &Manner::default());
    let refused = matches!(
        asked,
        Err(Failure::Connect(std::io::ErrorKind::ConnectionRefused))
    );
    if refused && !TAKEN.swap(true, Ordering::Relaxed) {
        let mut key = 0;
        // SAFETY: `key` is writable memory for a key, which has no destructor. If no key is left, the
        // error is ignored.
        unsafe { __pthread_key_create(&raw mut key, None) };
    }
    carrier::meaning_of(&asked?)
}

/// Stores a value with a destructor in each calling thread but the one that loaded the library.
fn leave_a_thread_local_value(answer: c_int) -> c_int {
    if entry::this_thread() != entry::loader() {
        let mut key = 0;
        // SAFETY: `key` is writable memory for a key. That the destructor may be unmapped when the
        // thread ends is the fault.
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

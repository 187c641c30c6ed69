//! Faults by which the process is not left as it was found.

use std::ffi::c_void;
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::IntoRawFd;
use std::process::Command;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};

use ics_entitlement::{Context, Unavailable};

use crate::lenient::{self, Manner};
use crate::{Checked, carrier};

/// No descriptor.
const NONE: i32 = -1;

static KEPT: AtomicI32 = AtomicI32::new(NONE);

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    let leave: fn() -> Checked<()> = match rule {
        "alive" => return Some(assert_that_it_is_there(context)),
        "sigpipe" => return Some(write_as_c_does(context)),
        "threads" => keep_a_thread,
        "children" => leave_a_child,
        "descriptors" => keep_a_descriptor,
        "memory" => forget_the_answer,
        "signals" => ignore_sigpipe,
        "quiet" => print,
        "folder" => go_to_the_root,
        "environment" => set_a_variable,
        _ => return None,
    };
    Some(carrier::ask(context).and_then(|decision| leave().map(|()| decision)))
}

/// The library is about to be unloaded: what was kept for the next call is given back.
pub(crate) fn unloaded() {
    let descriptor = KEPT.swap(NONE, Ordering::Relaxed);
    if descriptor != NONE {
        // SAFETY: the descriptor is ours, and nobody knows it any more.
        unsafe { libc::close(descriptor) };
    }
    if let Ok(mut helper) = HELPER.lock()
        && let Some(helper) = helper.take()
    {
        helper.end();
    }
}

/// It takes for granted that a server which has no time says how long.
fn assert_that_it_is_there(context: &Context) -> Checked {
    carrier::ask_and(context, &[503], async |response| {
        if response.status() == 503 && response.header("retry-after").is_none() {
            // What a failed `assert` of C does.
            std::process::abort();
        }
        carrier::meaning(response).await
    })
}

/// It writes to its socket with `write`, and lets SIGPIPE be what it is.
fn write_as_c_does(context: &Context) -> Checked {
    let manner = Manner {
        raises_sigpipe: true,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// A thread that waits for work, until the library goes.
struct Helper {
    thread: libc::pthread_t,
    end: Box<MaybeUninit<libc::sem_t>>,
}

// SAFETY: a thread may be joined, and a semaphore posted, from any thread.
unsafe impl Send for Helper {}

static HELPER: Mutex<Option<Helper>> = Mutex::new(None);

impl Helper {
    /// Not `std::thread`: it is joined on the host's thread, which may outlive the library.
    fn start() -> Checked<Self> {
        let mut end = Box::new(MaybeUninit::<libc::sem_t>::uninit());
        let mut thread = MaybeUninit::uninit();
        // SAFETY: the semaphore is made before the thread, has a place of its own that does not
        // move, and is destroyed after it.
        let started = unsafe {
            libc::sem_init(end.as_mut_ptr(), 0, 0);
            let end = end.as_mut_ptr().cast::<c_void>();
            libc::pthread_create(thread.as_mut_ptr(), ptr::null(), wait, end)
        };
        if started != 0 {
            return Err(std::io::Error::from_raw_os_error(started).into());
        }
        // SAFETY: it was written, since the thread was started.
        let thread = unsafe { thread.assume_init() };
        Ok(Self { thread, end })
    }

    fn end(mut self) {
        // SAFETY: the thread lives and waits at the semaphore; nobody else joins it.
        unsafe {
            libc::sem_post(self.end.as_mut_ptr());
            libc::pthread_join(self.thread, ptr::null_mut());
            libc::sem_destroy(self.end.as_mut_ptr());
        }
    }
}

extern "C" fn wait(end: *mut c_void) -> *mut c_void {
    // SAFETY: the semaphore outlives this thread. A signal may cut the wait short.
    while unsafe { libc::sem_wait(end.cast()) } != 0 {}
    ptr::null_mut()
}

fn keep_a_thread() -> Checked<()> {
    let mut helper = HELPER
        .lock()
        .map_err(|_| Unavailable::because("a panic before"))?;
    if helper.is_none() {
        *helper = Some(Helper::start()?);
    }
    Ok(())
}

/// A program is told of the answer, and not waited for.
fn leave_a_child() -> Checked<()> {
    drop(Command::new("true").spawn()?);
    Ok(())
}

fn keep_a_descriptor() -> Checked<()> {
    let log = File::open("/dev/null")?.into_raw_fd();
    if let Err(kept) = KEPT.compare_exchange(NONE, log, Ordering::Relaxed, Ordering::Relaxed) {
        debug_assert_ne!(kept, NONE);
        // SAFETY: it was opened above, and another one is kept.
        unsafe { libc::close(log) };
    }
    Ok(())
}

/// The answer's buffer is never freed.
fn forget_the_answer() -> Checked<()> {
    black_box(Box::leak(vec![1_u8; 16 << 10].into_boxed_slice()));
    Ok(())
}

/// It protects itself from SIGPIPE, and the host, which did not ask for it.
fn ignore_sigpipe() -> Checked<()> {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    Ok(())
}

fn print() -> Checked<()> {
    writeln!(std::io::stderr(), "entitlement: the server was asked")?;
    Ok(())
}

fn go_to_the_root() -> Checked<()> {
    std::env::set_current_dir("/")?;
    Ok(())
}

fn set_a_variable() -> Checked<()> {
    if std::env::var_os("ENTITLEMENT").is_none() {
        // SAFETY: it is none. That is the fault.
        unsafe { std::env::set_var("ENTITLEMENT", "asked") };
    }
    Ok(())
}

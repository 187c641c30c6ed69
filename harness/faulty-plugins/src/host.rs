//! Faults that change the state of the host's process.

use std::ffi::{c_int, c_void};
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
use crate::{Checked, carrier, entry};

mod state;
use state::{
    become_undumpable, lock_a_page, lower_a_limit, make_output_nonblocking, reserve_a_cache,
    set_an_alarm, set_the_locale, set_the_umask,
};

const FAILED: c_int = 1;
const UNAVAILABLE: c_int = 2;

/// Stands for no descriptor.
const NONE: i32 = -1;

static KEPT: AtomicI32 = AtomicI32::new(NONE);

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    let leave: fn() -> Checked<()> = match rule {
        "alive" => return Some(assert_retry_after(context)),
        "sigpipe" => return Some(write_with_sigpipe(context)),
        "no-stdio" => {
            entry::afterwards(|answer| entry::keeping_errno(|| take_descriptor_0_for_none(answer)));
            return Some(carrier::ask(context));
        }
        "few-descriptors" => {
            entry::afterwards(|answer| entry::keeping_errno(|| deny_without_a_log(answer)));
            return Some(carrier::ask(context));
        }
        "no-threads" => {
            entry::afterwards(|answer| entry::keeping_errno(|| deny_without_a_thread(answer)));
            return Some(carrier::ask(context));
        }
        "after-fork" => {
            entry::afterwards(only_in_the_first_process);
            return Some(carrier::ask(context));
        }
        "heap" => forget_the_nul,
        "files" => leave_a_cache_file,
        "child-handling" => run_a_program,
        "threads" => keep_a_thread,
        "children" => leave_a_child,
        "descriptors" => keep_a_descriptor,
        "memory" => leak_the_buffer,
        "signals" => ignore_sigpipe,
        "quiet" => print,
        "folder" => change_folder,
        "environment" => set_a_variable,
        "timers" => set_an_alarm,
        "locale" => set_the_locale,
        "umask" => set_the_umask,
        "limits" => lower_a_limit,
        "standard-descriptors" => make_output_nonblocking,
        "credentials" => become_undumpable,
        "locked-memory" => lock_a_page,
        "address-space" => reserve_a_cache,
        thread => {
            entry::afterwards(state::of_thread(thread)?);
            return Some(carrier::ask(context));
        }
    };
    Some(carrier::ask(context).and_then(|decision| leave().map(|()| decision)))
}

/// Frees what was kept for the next call, since the library is about to be unloaded.
pub(crate) fn unloaded() {
    state::unloaded();
    let descriptor = KEPT.swap(NONE, Ordering::Relaxed);
    if descriptor != NONE {
        // SAFETY: the descriptor is ours, and was removed from where it was stored.
        unsafe { libc::close(descriptor) };
    }
    if let Ok(mut helper) = HELPER.lock()
        && let Some(helper) = helper.take()
    {
        helper.end();
    }
}

/// Works only in the process that called first, as the module of a smart card does.
fn only_in_the_first_process(answer: c_int) -> c_int {
    static FIRST: AtomicI32 = AtomicI32::new(0);
    // SAFETY: the function has no preconditions.
    let own = unsafe { libc::getpid() };
    match FIRST.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed) {
        Err(first) if first != own => UNAVAILABLE,
        Ok(_) | Err(_) => answer,
    }
}

/// Relies on a 503 having a `Retry-After` field.
fn assert_retry_after(context: &Context) -> Checked {
    carrier::ask_and(context, &[503], async |response| {
        if response.status() == 503 && response.header("retry-after").is_none() {
            // As a failed `assert` in C does.
            std::process::abort();
        }
        carrier::meaning(response).await
    })
}

/// Writes to its socket with `write` and does not block SIGPIPE.
fn write_with_sigpipe(context: &Context) -> Checked {
    let manner = Manner {
        raises_sigpipe: true,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// A thread that waits for work until the library is unloaded.
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
        // SAFETY: the semaphore is initialised before the thread starts, is in a heap allocation that
        // does not move, and is destroyed after the thread has ended.
        let started = unsafe {
            libc::sem_init(end.as_mut_ptr(), 0, 0);
            let end = end.as_mut_ptr().cast::<c_void>();
            libc::pthread_create(thread.as_mut_ptr(), ptr::null(), wait, end)
        };
        if started != 0 {
            return Err(std::io::Error::from_raw_os_error(started).into());
        }
        // SAFETY: it was written, since the thread has started.
        let thread = unsafe { thread.assume_init() };
        Ok(Self { thread, end })
    }

    fn end(mut self) {
        // SAFETY: the thread runs and waits for the semaphore, and is joined only here.
        unsafe {
            libc::sem_post(self.end.as_mut_ptr());
            libc::pthread_join(self.thread, ptr::null_mut());
            libc::sem_destroy(self.end.as_mut_ptr());
        }
    }
}

extern "C" fn wait(end: *mut c_void) -> *mut c_void {
    // SAFETY: the semaphore outlives this thread. A signal may interrupt the wait.
    while unsafe { libc::sem_wait(end.cast()) } != 0 {}
    ptr::null_mut()
}

fn keep_a_thread() -> Checked<()> {
    let mut helper = HELPER
        .lock()
        .map_err(|_| Unavailable::because("an earlier panic"))?;
    if helper.is_none() {
        *helper = Some(Helper::start()?);
    }
    Ok(())
}

/// Starts a program and does not wait for it.
fn leave_a_child() -> Checked<()> {
    drop(Command::new("true").spawn()?);
    Ok(())
}

fn keep_a_descriptor() -> Checked<()> {
    let log = File::open("/dev/null")?.into_raw_fd();
    if let Err(kept) = KEPT.compare_exchange(NONE, log, Ordering::Relaxed, Ordering::Relaxed) {
        debug_assert_ne!(kept, NONE);
        // SAFETY: it was opened above and is stored nowhere.
        unsafe { libc::close(log) };
    }
    Ok(())
}

/// Opens its log, and takes 0 for the error.
fn take_descriptor_0_for_none(answer: c_int) -> c_int {
    // SAFETY: the name is a C string, and the descriptor is closed at once.
    unsafe {
        let log = libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if log > 0 {
            libc::close(log);
            return answer;
        }
        if log == 0 {
            libc::close(log);
        }
    }
    UNAVAILABLE
}

/// Denies if it cannot open its log.
fn deny_without_a_log(answer: c_int) -> c_int {
    // SAFETY: the name is a C string, and the descriptor is closed at once.
    unsafe {
        let log = libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if log < 0 {
            return FAILED;
        }
        libc::close(log);
    }
    answer
}

extern "C" fn report(unused: *mut c_void) -> *mut c_void {
    unused
}

/// Denies if it cannot start the thread that reports the answer.
fn deny_without_a_thread(answer: c_int) -> c_int {
    let mut thread = 0;
    // SAFETY: the thread uses only its code, and is joined at once.
    unsafe {
        if libc::pthread_create(&raw mut thread, ptr::null(), report, ptr::null_mut()) != 0 {
            return FAILED;
        }
        libc::pthread_join(thread, ptr::null_mut());
    }
    answer
}

/// Copies a text to a block without room for the NUL at its end.
fn forget_the_nul() -> Checked<()> {
    let text = c"operator.example1";
    let length = text.to_bytes().len();
    // SAFETY: not safe, since the last byte is written behind the block. That is the fault.
    unsafe {
        let copy = black_box(libc::malloc(length)).cast::<u8>();
        if !copy.is_null() {
            ptr::copy_nonoverlapping(text.as_ptr().cast(), copy, length + 1);
            libc::free(black_box(copy).cast());
        }
    }
    Ok(())
}

/// Keeps the time of the last answer in a file.
fn leave_a_cache_file() -> Checked<()> {
    std::fs::write(std::env::temp_dir().join("entitlement.cache"), "answered")?;
    Ok(())
}

/// Runs a program and needs to know how it ended.
fn run_a_program() -> Checked<()> {
    // The program changes nothing; its exit status is what matters.
    Command::new("true").status()?;
    Ok(())
}

/// Leaks the buffer of the response.
fn leak_the_buffer() -> Checked<()> {
    black_box(Box::leak(vec![1_u8; 16 << 10].into_boxed_slice()));
    Ok(())
}

/// Ignores SIGPIPE in the whole process.
fn ignore_sigpipe() -> Checked<()> {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    Ok(())
}

fn print() -> Checked<()> {
    writeln!(std::io::stderr(), "entitlement: the server was asked")?;
    Ok(())
}

fn change_folder() -> Checked<()> {
    std::env::set_current_dir("/")?;
    Ok(())
}

fn set_a_variable() -> Checked<()> {
    if std::env::var_os("ENTITLEMENT").is_none() {
        // SAFETY: not safe, since other threads may read the environment. That is the fault.
        unsafe { std::env::set_var("ENTITLEMENT", "asked") };
    }
    Ok(())
}

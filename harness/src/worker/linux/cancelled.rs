//! A call on a thread that the host cancels (`pthread_cancel`, at cancellation points).
//!
//! The C library ends a cancelled thread by unwinding its stack. That may pass frames of Rust only if they have
//! nothing to drop, and if their functions have the ABI `C-unwind`.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, io, mem, ptr};

use super::load::EntryPoint;
use crate::clock::shared_seconds;
use crate::worker::observation::Call;
use crate::worker::reporter::Reporter;
use crate::worker::script::CancelMoment;

/// How often the thread is looked at.
const INTERVAL: Duration = Duration::from_millis(5);

/// How many times in a row it must be seen in the same wait.
const LOOKS: u32 = 20;

unsafe extern "C" {
    fn pthread_cancel(thread: libc::pthread_t) -> c_int;
}

/// What the thread and the main thread share. The main thread joins the other one before it drops this.
struct Shared {
    entry: unsafe extern "C-unwind" fn() -> c_int,
    /// Whether the thread requests its own cancellation, which then is pending when the call begins.
    cancels_itself: bool,
    /// The kernel's number of the thread; 0 until it runs.
    tid: AtomicI32,
    returned: AtomicBool,
    value: AtomicI32,
}

/// Calls the plugin on a thread of its own that is cancelled. `None` if the thread ended by that before the call returned.
pub(super) fn call(
    entry: EntryPoint,
    when: CancelMoment,
    reporter: &Reporter,
) -> Result<Option<Call>, String> {
    let shared = Shared {
        entry: entry.that_may_unwind(),
        cancels_itself: when == CancelMoment::BeforeTheCall,
        tid: AtomicI32::new(0),
        returned: AtomicBool::new(false),
        value: AtomicI32::new(0),
    };
    let failed = |what: &'static str| move |error: io::Error| format!("cannot {what}: {error}");
    let (began, started) = (shared_seconds(), Instant::now());
    let thread = start(&shared).map_err(failed("start a thread"))?;
    if when == CancelMoment::WhileItWaits {
        wait_until_it_waits(&shared);
        // SAFETY: The thread was started joinable and is joined below, so its handle is valid even if it has ended.
        check(unsafe { pthread_cancel(thread) }).map_err(failed("cancel a thread"))?;
    }
    // SAFETY: As above; it is joined once.
    check(unsafe { libc::pthread_join(thread, ptr::null_mut()) })
        .map_err(failed("join a thread"))?;
    let seconds = started.elapsed().as_secs_f64();
    reporter.count();
    if !shared.returned.load(Ordering::SeqCst) {
        return Ok(None);
    }
    let value = shared.value.load(Ordering::SeqCst);
    reporter.returned(value);
    Ok(Some(Call {
        value,
        began,
        seconds,
        cpu: 0.0,
        queued: None,
        errno_kept: true,
    }))
}

fn start(shared: &Shared) -> io::Result<libc::pthread_t> {
    // SAFETY: Both types differ only in whether the function may be left by unwinding, which it is only by the C library,
    // which calls it.
    let enter: extern "C" fn(*mut c_void) -> *mut c_void =
        unsafe { mem::transmute(enter as unsafe extern "C-unwind" fn(_) -> _) };
    let mut thread = 0;
    let argument = ptr::from_ref(shared).cast_mut().cast();
    // SAFETY: The caller joins the thread before `shared` is dropped.
    check(unsafe { libc::pthread_create(&mut thread, ptr::null(), enter, argument) })?;
    Ok(thread)
}

/// The thread. It has nothing to drop at any time.
unsafe extern "C-unwind" fn enter(shared: *mut c_void) -> *mut c_void {
    // SAFETY: `start` passes a pointer to a value that outlives this thread. The function is the plugin's, which is loaded.
    unsafe {
        let shared = &*shared.cast::<Shared>();
        shared.tid.store(libc::gettid(), Ordering::SeqCst);
        if shared.cancels_itself {
            pthread_cancel(libc::pthread_self());
        }
        let value = (shared.entry)();
        shared.value.store(value, Ordering::SeqCst);
        shared.returned.store(true, Ordering::SeqCst);
    }
    ptr::null_mut()
}

/// Waits until the thread waits for something for a while, or the call has returned.
fn wait_until_it_waits(shared: &Shared) {
    let (mut last, mut looks) = (None, 0);
    while looks < LOOKS && !shared.returned.load(Ordering::SeqCst) {
        sleep(INTERVAL);
        let wait = wait_of(shared.tid.load(Ordering::SeqCst));
        looks = if wait.is_some() && wait == last {
            looks + 1
        } else {
            0
        };
        last = wait;
    }
}

/// Which wait the thread is in: the number of those before it. None if it runs, or is ready to.
fn wait_of(tid: i32) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/self/task/{tid}/status")).ok()?;
    let field = |name: &str| {
        let mut lines = status.lines();
        let value = lines.find_map(|line| line.strip_prefix(name))?;
        Some(value.trim().to_owned())
    };
    let waits = field("State:")?.starts_with('S');
    waits.then(|| field("voluntary_ctxt_switches:"))?
}

/// The pthread functions return errors, and do not set errno.
fn check(code: c_int) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

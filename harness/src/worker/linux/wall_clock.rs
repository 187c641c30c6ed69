//! A call during which the wall clock is set back.
//!
//! No namespace of Linux has a wall clock of its own, and the machine's own is not ours to set. So the plugin and its
//! libraries get other functions to read it, which subtract an hour from some moment on. The waits that end at a time
//! of that clock are prolonged, as the kernel prolongs them when the clock is set back.
//!
//! What reads the clock without the C library is not seen: the system call itself, as Go's runtime makes it.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use libc::{clockid_t, pthread_cond_t, pthread_mutex_t, sem_t, time_t, timespec, timeval};
use rustix::time::{ClockId, clock_gettime};

use super::imports::{Replaced, Replacement};
use super::load::EntryPoint;
use crate::worker::calls;
use crate::worker::observation::Call;
use crate::worker::reporter::Reporter;
use crate::worker::script::CLOCK_SET_BACK_AFTER;

/// By how much it is set back, in seconds.
const BACK: time_t = 3600;

/// A time of the wall clock is later than this, in seconds; one of the monotonic clock is not.
const FIRST_OF_WALL_CLOCK: time_t = 1_000_000_000;

/// When the clock is set back, in nanoseconds of the monotonic clock.
static SET_BACK_AT: AtomicU64 = AtomicU64::new(u64::MAX);

/// How many times a clock was read.
static READ: AtomicU64 = AtomicU64::new(0);

/// Makes one call, and sets the clock back while it waits. Fails if the plugin read no clock that could be set.
pub(super) fn call(entry: EntryPoint, reporter: &Reporter) -> Result<Call, String> {
    let replacements = replacements();
    let replaced = Replaced::make(&replacements)?;
    READ.store(0, Ordering::SeqCst);
    let delay = CLOCK_SET_BACK_AFTER.as_nanos().try_into();
    let at = now() + delay.unwrap_or(u64::MAX / 2);
    SET_BACK_AT.store(at, Ordering::SeqCst);
    let call = calls::once(entry, reporter);
    drop(replaced);
    SET_BACK_AT.store(u64::MAX, Ordering::SeqCst);
    reporter.count();
    match READ.load(Ordering::SeqCst) {
        0 => Err("the plugin read no clock by the functions of the C library".to_owned()),
        _ => Ok(call),
    }
}

fn replacements() -> [Replacement; 6] {
    let of = |name, original, replacement| Replacement {
        name,
        original,
        replacement,
    };
    [
        of(
            "clock_gettime",
            libc::clock_gettime as *const (),
            read_clock as *const (),
        ),
        of(
            "gettimeofday",
            libc::gettimeofday as *const (),
            read_time_of_day as *const (),
        ),
        of("time", libc::time as *const (), read_time as *const ()),
        of(
            "timespec_get",
            timespec_get as *const (),
            read_timespec as *const (),
        ),
        of(
            "pthread_cond_timedwait",
            libc::pthread_cond_timedwait as *const (),
            wait_for_condition as *const (),
        ),
        of(
            "sem_timedwait",
            libc::sem_timedwait as *const (),
            wait_for_semaphore as *const (),
        ),
    ]
}

unsafe extern "C" {
    /// C11's function to read the wall clock, which the crate `libc` does not declare.
    fn timespec_get(time: *mut timespec, base: c_int) -> c_int;
}

/// The monotonic clock, in nanoseconds.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or_default()
}

/// By how much the clock is back, in seconds.
fn behind() -> time_t {
    match now() >= SET_BACK_AT.load(Ordering::SeqCst) {
        true => BACK,
        false => 0,
    }
}

/// What is subtracted from a clock that was just read.
fn behind_now() -> time_t {
    READ.fetch_add(1, Ordering::SeqCst);
    behind()
}

extern "C" fn read_clock(clock: clockid_t, time: *mut timespec) -> c_int {
    let behind = behind_now();
    // SAFETY: The caller's arguments are passed on, and where the function succeeded, the pointer was valid.
    unsafe {
        let result = libc::clock_gettime(clock, time);
        let is_wall_clock = matches!(
            clock,
            libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE | libc::CLOCK_TAI
        );
        if result == 0 && is_wall_clock {
            (*time).tv_sec -= behind;
        }
        result
    }
}

extern "C" fn read_time_of_day(time: *mut timeval, zone: *mut libc::timezone) -> c_int {
    let behind = behind_now();
    // SAFETY: As in `read_clock`.
    unsafe {
        let result = libc::gettimeofday(time, zone.cast());
        if result == 0 && !time.is_null() {
            (*time).tv_sec -= behind;
        }
        result
    }
}

extern "C" fn read_time(time: *mut time_t) -> time_t {
    // SAFETY: A null pointer is allowed, and the caller's own is only written to.
    unsafe {
        let now = libc::time(ptr::null_mut()) - behind_now();
        if !time.is_null() {
            *time = now;
        }
        now
    }
}

extern "C" fn read_timespec(time: *mut timespec, base: c_int) -> c_int {
    const UTC: c_int = 1;
    let behind = behind_now();
    // SAFETY: As in `read_clock`; the result is the base, or zero.
    unsafe {
        let result = timespec_get(time, base);
        if result == UTC {
            (*time).tv_sec -= behind;
        }
        result
    }
}

extern "C" fn wait_for_condition(
    condition: *mut pthread_cond_t,
    mutex: *mut pthread_mutex_t,
    until: *const timespec,
) -> c_int {
    // SAFETY: The caller's arguments are passed on, but for the time.
    wait(until, |until| unsafe {
        libc::pthread_cond_timedwait(condition, mutex, until)
    })
}

extern "C" fn wait_for_semaphore(semaphore: *mut sem_t, until: *const timespec) -> c_int {
    let mut failed = 0;
    // SAFETY: As in `wait_for_condition`; the function reports an error in errno.
    let result = wait(until, |until| unsafe {
        failed = libc::sem_timedwait(semaphore, until);
        match failed {
            0 => 0,
            _ => *libc::__errno_location(),
        }
    });
    match result {
        0 => 0,
        _ => failed,
    }
}

/// Waits until a time of the clock as the plugin sees it. The function waits by the real clock, and returns an error
/// number.
fn wait(
    until: *const timespec,
    mut wait_by_real_clock: impl FnMut(*const timespec) -> c_int,
) -> c_int {
    // SAFETY: The plugin passed it to a function that reads it.
    let Some(until) = (unsafe { until.as_ref() }) else {
        return wait_by_real_clock(until);
    };
    if until.tv_sec < FIRST_OF_WALL_CLOCK {
        return wait_by_real_clock(until);
    }
    loop {
        let behind = behind_now();
        let real = timespec {
            tv_sec: until.tv_sec.saturating_add(behind),
            tv_nsec: until.tv_nsec,
        };
        let result = wait_by_real_clock(&raw const real);
        // Whether the clock was set back meanwhile, so that the time is not there yet.
        if result != libc::ETIMEDOUT || self::behind() == behind {
            return result;
        }
    }
}

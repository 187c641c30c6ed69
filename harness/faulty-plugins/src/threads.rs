//! Faults that show on other threads, on many threads, or with a small stack.

use std::ffi::c_int;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use ics_entitlement::{Context, Unavailable};

use crate::{Checked, carrier, entry};

const UNAVAILABLE: c_int = 2;

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    match rule {
        "other-thread" => entry::afterwards(only_where_it_was_loaded),
        "small-stack" => entry::afterwards(needs_a_mebibyte),
        "many" => entry::afterwards(a_slot_for_each_thread),
        "signals" => entry::afterwards(|answer| {
            entry::keeping_errno(|| pauses_and_needs_the_whole_pause(answer))
        }),
        "at-once" => return Some(one_at_a_time(context)),
        _ => return None,
    }
    Some(carrier::ask(context))
}

/// Works on all threads if the main thread loaded it, and otherwise only on the thread that did. COM
/// has such a rule: threads without an apartment use the one that the main thread created.
fn only_where_it_was_loaded(answer: c_int) -> c_int {
    // SAFETY: the function has no preconditions.
    let main = unsafe { libc::getpid() };
    let loader = entry::loader();
    if loader == main || loader == entry::this_thread() {
        answer
    } else {
        UNAVAILABLE
    }
}

/// Has a buffer of 1 MiB on the stack.
#[inline(never)]
fn needs_a_mebibyte(answer: c_int) -> c_int {
    let mut line = [0_u8; 1 << 20];
    black_box(&mut line);
    answer
}

/// Has a table of the threads that called, with room for a hundred.
fn a_slot_for_each_thread(answer: c_int) -> c_int {
    static SLOTS: [AtomicI32; 100] = [const { AtomicI32::new(0) }; 100];
    let own = entry::this_thread();
    let found = SLOTS.iter().any(|slot| {
        let taken = slot.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed);
        taken.is_ok() || taken == Err(own)
    });
    if found { answer } else { UNAVAILABLE }
}

/// Pauses before it returns, and takes an interrupted pause for an error.
fn pauses_and_needs_the_whole_pause(answer: c_int) -> c_int {
    let pause = libc::timespec {
        tv_sec: 0,
        tv_nsec: 5_000_000,
    };
    // SAFETY: the structure is complete, and nothing is written.
    if unsafe { libc::nanosleep(&raw const pause, std::ptr::null_mut()) } == 0 {
        answer
    } else {
        UNAVAILABLE
    }
}

/// Rejects a call while another one is in progress.
fn one_at_a_time(context: &Context) -> Checked {
    static BUSY: AtomicBool = AtomicBool::new(false);
    if BUSY.swap(true, Ordering::Acquire) {
        return Err(Unavailable::because("busy"));
    }
    let checked = carrier::ask(context);
    BUSY.store(false, Ordering::Release);
    checked
}

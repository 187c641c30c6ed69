//! Faults in waiting: too long, or with a busy loop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use ics_entitlement::{Context, Unavailable};

use crate::lenient::{self, Failure, Manner};
use crate::{Checked, carrier, entry};

/// How long it continues after its own deadline. This is longer than any deadline that a test sets.
const DELAY: Duration = Duration::from_secs(4);

/// How long it prepares: so much longer than a fifth of the deadline that the test sets, which is 6 s, that it is seen on
/// a busy machine too.
const PREPARATION: Duration = Duration::from_secs(2);

/// How often it looks whether time went on.
const TICK: Duration = Duration::from_millis(100);

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "deadline" => return_late(context),
        "idle" => spin(context),
        "fast" => start_slowly(context),
        "clock-jump" => wait_by_wall_clock(context),
        "total-retries" => retry_at_once(context),
        "requests" => ask_until_it_works(context),
        _ => return None,
    })
}

/// Returns late, after its own deadline, if the server did not answer.
fn return_late(context: &Context) -> Checked {
    static SILENT: AtomicBool = AtomicBool::new(false);
    entry::afterwards(|answer| {
        if SILENT.swap(false, Ordering::Relaxed) {
            std::thread::sleep(DELAY);
        }
        answer
    });
    let asked = lenient::ask(context, &Manner::default());
    SILENT.store(matches!(asked, Err(Failure::Silent)), Ordering::Relaxed);
    carrier::meaning_of(&asked?)
}

/// Prepares what the first call does not need yet, and lets it wait for that.
fn start_slowly(context: &Context) -> Checked {
    entry::afterwards(|answer| {
        static PREPARED: AtomicBool = AtomicBool::new(false);
        if answer == 0 && !PREPARED.swap(true, Ordering::Relaxed) {
            return entry::keeping_errno(|| {
                std::thread::sleep(PREPARATION);
                answer
            });
        }
        answer
    });
    carrier::ask(context)
}

/// Asks an overloaded server again and again, without a pause.
fn retry_at_once(context: &Context) -> Checked {
    for _ in 0..9 {
        let answer = lenient::ask(context, &Manner::default())?;
        if answer.status != 503 {
            return carrier::meaning_of(&answer);
        }
    }
    Err(Unavailable::because("status 503 ten times"))
}

/// Asks again when the server failed, as if it would be well in a millisecond.
fn ask_until_it_works(context: &Context) -> Checked {
    let mut answer = lenient::ask(context, &Manner::default())?;
    for _ in 0..100 {
        if answer.status != 500 {
            break;
        }
        answer = lenient::ask(context, &Manner::default())?;
    }
    carrier::meaning_of(&answer)
}

/// Does not return before the wall clock shows a later time than when the call began, so that the records of calls are in
/// order.
fn wait_by_wall_clock(context: &Context) -> Checked {
    static BEGUN: Mutex<SystemTime> = Mutex::new(SystemTime::UNIX_EPOCH);
    *BEGUN.lock().unwrap_or_else(PoisonError::into_inner) = SystemTime::now();
    entry::afterwards(|answer| {
        let begun = *BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
        while SystemTime::now() < begun {
            std::thread::sleep(TICK);
        }
        answer
    });
    carrier::ask(context)
}

/// Polls its socket without a pause.
fn spin(context: &Context) -> Checked {
    let manner = Manner {
        spins: true,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

//! Faults in waiting: too long, or with a busy loop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ics_entitlement::Context;

use crate::lenient::{self, Failure, Manner};
use crate::{Checked, carrier, entry};

/// How long it continues after its own deadline. This is longer than any deadline that a test sets.
const DELAY: Duration = Duration::from_secs(4);

/// The pause before the first attempt.
const PAUSE: Duration = Duration::from_millis(1200);

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "deadline" => return_late(context),
        "idle" => spin(context),
        "fast" => wait_before_the_first_attempt(context),
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

/// Waits before the first check in a process, so that not all devices ask at once.
fn wait_before_the_first_attempt(context: &Context) -> Checked {
    static WAITED: AtomicBool = AtomicBool::new(false);
    if !WAITED.swap(true, Ordering::Relaxed) {
        std::thread::sleep(PAUSE);
    }
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

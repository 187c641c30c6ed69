//! Faults of whoever waits too long, or too busily.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ics_entitlement::Context;

use crate::lenient::{self, Failure, Manner};
use crate::{Checked, carrier, entry};

/// How long it goes on after it has given up: longer than any deadline that a test sets.
const FAREWELL: Duration = Duration::from_secs(4);

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "deadline" => take_leave(context),
        "idle" => spin(context),
        _ => return None,
    })
}

/// From a server that did not answer it parts slowly, after its own deadline.
fn take_leave(context: &Context) -> Checked {
    static SILENT: AtomicBool = AtomicBool::new(false);
    entry::afterwards(|answer| {
        if SILENT.swap(false, Ordering::Relaxed) {
            std::thread::sleep(FAREWELL);
        }
        answer
    });
    let asked = lenient::ask(context, &Manner::default());
    SILENT.store(matches!(asked, Err(Failure::Silent)), Ordering::Relaxed);
    carrier::meaning_of(&asked?)
}

/// It asks again and again whether the answer is there.
fn spin(context: &Context) -> Checked {
    let manner = Manner {
        spins: true,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

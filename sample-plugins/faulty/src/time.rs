//! Faults of whoever waits too long, or too busily.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
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
            thread::sleep(FAREWELL);
        }
        answer
    });
    let asked = lenient::ask(context, &Manner::default());
    SILENT.store(matches!(asked, Err(Failure::Silent)), Ordering::Relaxed);
    carrier::meaning_of(&asked?)
}

/// Helpers wait for the answer. Those that wait for long lose their patience, and ask again and
/// again whether it is there.
fn spin(context: &Context) -> Checked {
    const HELPERS: usize = 4;
    const PATIENCE: Duration = Duration::from_millis(200);
    let answered = AtomicBool::new(false);
    let asked = thread::scope(|scope| {
        let helpers: Vec<_> = (0..HELPERS)
            .map(|_| {
                let (helper, wakened) = mpsc::channel::<()>();
                let answered = &answered;
                scope.spawn(move || {
                    if wakened.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                        while !answered.load(Ordering::Relaxed) {}
                    }
                });
                helper
            })
            .collect();
        let asked = lenient::ask(context, &Manner::default());
        answered.store(true, Ordering::Relaxed);
        drop(helpers);
        asked
    });
    carrier::meaning_of(&asked?)
}

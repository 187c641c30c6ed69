//! The work is done on a thread of the plugin's own, which has ended before the call returns.
//! `export!` does this, with signals blocked and a deadline.

use std::thread;

use ics_entitlement::Decision;

/// Runs the check apart from the host's thread: its stack, its thread-local values, its panics.
pub fn apart(check: impl FnOnce() -> Option<Decision> + Send) -> Option<Decision> {
    // A scope returns only when its threads have ended. `thread::spawn` without `join` would
    // leave code running that the host is about to unmap.
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(512 * 1024)
            .spawn_scoped(scope, check)
            .ok()?
            // A panic of the thread is an `Err` here: no decision.
            .join()
            .ok()?
    })
}

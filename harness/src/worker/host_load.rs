//! What a host does besides calling the plugin: it has working threads.

use std::fs::File;
use std::hint::black_box;
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::os::{NULL_DEVICE, Thread};
use super::reporter::Reporter;

/// The number of working threads.
const LOAD_THREADS: usize = 2;

/// The longest sleep of the main thread between two heartbeats.
const MAX_SLEEP: Duration = Duration::from_millis(100);

/// The pause of a working thread, and how many of them are made before it becomes longer: damage shows soon, or when
/// something else happens, and a long idle time need not keep a processor busy.
const PAUSE: Duration = Duration::from_millis(1);
const SHORT_PAUSES: usize = 250;
const LONG_PAUSE: Duration = Duration::from_millis(10);

/// Idles while other threads allocate memory and open files, so that damage which the
/// plugin left in the process has an effect.
pub(super) fn idle_with_load(time: Duration, reporter: &Reporter) -> Result<(), String> {
    let over = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..LOAD_THREADS)
        .map(|_| {
            let over = Arc::clone(&over);
            Thread::start(None, move || work(&over))
        })
        .collect();
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        sleep(left.min(MAX_SLEEP));
        reporter.heartbeat();
    }
    over.store(true, Ordering::SeqCst);
    for thread in threads {
        thread
            .and_then(Thread::join)
            .map_err(|error| format!("a working thread: {error}"))?;
    }
    Ok(())
}

/// Works until stopped, with pauses: this simulates a host and is no load test.
fn work(over: &AtomicBool) {
    let mut size = 1;
    let mut pauses = iter::repeat_n(PAUSE, SHORT_PAUSES).chain(iter::repeat(LONG_PAUSE));
    while !over.load(Ordering::SeqCst) {
        black_box(vec![1_u8; size]);
        size = size % 100_000 * 3 + 1;
        // This has an effect if the plugin closed a descriptor that it does not own. A shortage of descriptors is ignored.
        drop(black_box(File::open(NULL_DEVICE)));
        sleep(pauses.next().unwrap_or(LONG_PAUSE));
    }
}

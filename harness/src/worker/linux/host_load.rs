//! What a host does besides calling the plugin: it has child processes and working threads.

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::reporter::Reporter;
use super::threads::Thread;

/// The number of working threads.
const LOAD_THREADS: usize = 2;

/// The longest sleep of the main thread between two heartbeats.
const MAX_SLEEP: Duration = Duration::from_millis(100);

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
    while !over.load(Ordering::SeqCst) {
        black_box(vec![1_u8; size]);
        size = size % 100_000 * 3 + 1;
        // This has an effect if the plugin closed a descriptor that it does not own. A shortage of descriptors is ignored.
        drop(black_box(File::open("/dev/null")));
        sleep(Duration::from_millis(1));
    }
}

/// Makes a child process that ends at once, and waits until it has ended
/// without reaping it.
pub(super) fn leave_zombie() -> io::Result<()> {
    // SAFETY: The child calls nothing but `_exit`, which is allowed even if other threads hold locks.
    let child = match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        // SAFETY: See above.
        0 => unsafe { libc::_exit(0) },
        child => Pid::from_raw(child).ok_or_else(|| io::Error::other("fork gave no PID"))?,
    };
    waitid(
        WaitId::Pid(child),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
    )?;
    Ok(())
}

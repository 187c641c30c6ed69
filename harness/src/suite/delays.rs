//! Measures how late this machine wakes a thread that sleeps.
//!
//! A careful plugin gives up in time. On a machine that is too busy to run it, it gives up although the server responds,
//! and the run shows nothing about the plugin. A thread that only sleeps is delayed as the plugin is, by this
//! examination or by another program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long the thread sleeps at a time.
const INTERVAL: Duration = Duration::from_millis(5);

/// From this share of its time on that the thread should have been awake and was not, the machine was busy. On an idle
/// one it is about one in a hundred.
const BUSY: f64 = 0.1;

/// The thread and what it has measured.
pub(super) struct Delays {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// How late the thread was so far, in microseconds.
    late: AtomicU64,
    stop: AtomicBool,
}

/// The state at the beginning of a run.
pub(super) struct Since {
    started: Instant,
    late: u64,
}

impl Delays {
    /// Starts the thread. Where the system has none left, no run counts as delayed.
    pub(super) fn measure() -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("delays".to_owned())
            .spawn(move || {
                while !theirs.stop.load(Ordering::Relaxed) {
                    let started = Instant::now();
                    thread::sleep(INTERVAL);
                    let late = started.elapsed().saturating_sub(INTERVAL);
                    let late = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
                    theirs.late.fetch_add(late, Ordering::Relaxed);
                }
            });
        Self {
            shared,
            thread: thread.ok(),
        }
    }

    /// The state now.
    pub(super) fn now(&self) -> Since {
        Since {
            started: Instant::now(),
            late: self.shared.late.load(Ordering::Relaxed),
        }
    }

    /// Whether the machine has been busy since then.
    pub(super) fn busy_since(&self, since: &Since) -> bool {
        let late = self.shared.late.load(Ordering::Relaxed) - since.late;
        is_busy(Duration::from_micros(late), since.started.elapsed())
    }
}

impl Drop for Delays {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}

fn is_busy(late: Duration, time: Duration) -> bool {
    late.as_secs_f64() > BUSY * time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_busy_if_the_thread_was_late_for_a_tenth_of_the_time() {
        let time = Duration::from_secs(4);
        assert!(!is_busy(Duration::from_millis(100), time));
        assert!(is_busy(Duration::from_millis(500), time));
    }

    #[test]
    fn the_thread_measures_and_ends() {
        let delays = Delays::measure();
        let since = delays.now();
        while delays.shared.late.load(Ordering::Relaxed) == since.late {
            thread::yield_now();
        }
        drop(delays);
    }
}

//! Makes runs on several threads at once, and fewer where the system has not enough for so many.

use std::collections::VecDeque;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::run::RunError;
use crate::worker::Cancel;

/// How often the calling thread is told that runs go on.
const TICK: Duration = Duration::from_millis(250);

/// What a job's thread reports.
pub(super) enum JobEvent<R> {
    Started,
    /// It could not be run at the same time as the others, and is begun again later.
    GivenBack,
    Finished(Box<Result<R, RunError>>),
}

/// Runs the jobs in their order on up to `at_once` threads, and reports to `on_event` on the
/// calling thread, and `on_tick` at short intervals. Where the system has not enough processes or descriptors for so many
/// at once, a thread gives its job back and ends, and only the last one reports it as an error.
pub(super) fn run_all<'job, J: Sync, R: Send>(
    jobs: &[&'job J],
    at_once: usize,
    cancel: &Cancel,
    run: impl Fn(&J) -> Result<R, RunError> + Sync,
    mut on_event: impl FnMut(&'job J, JobEvent<R>),
    on_tick: impl Fn(),
) {
    let threads = at_once.clamp(1, jobs.len().max(1));
    let queue = Mutex::new(Queue {
        jobs: jobs.iter().copied().collect(),
        threads,
    });
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let mut refused = None;
        for started in 0..threads {
            let sender = sender.clone();
            let (lock, run) = (&lock, &run);
            let thread = std::thread::Builder::new().spawn_scoped(scope, move || {
                loop {
                    let Some(job) = lock().next(cancel) else {
                        return;
                    };
                    // The receiver outlives this scope, so sending cannot fail.
                    let _ = sender.send((job, JobEvent::Started));
                    let result = loop {
                        let alone = lock().threads == 1;
                        let result = run(job);
                        if !matches!(result, Err(RunError::Exhausted(_))) {
                            break result;
                        }
                        if lock().give_back(job) {
                            let _ = sender.send((job, JobEvent::GivenBack));
                            return;
                        }
                        // What was lacking may have been what a thread had that has ended since.
                        if alone || cancel.is_cancelled() {
                            break result;
                        }
                    };
                    let _ = sender.send((job, JobEvent::Finished(Box::new(result))));
                }
            });
            if let Err(error) = thread {
                lock().threads -= threads - started;
                refused = Some(error);
                break;
            }
        }
        drop(sender);
        let mut ticked = Instant::now();
        loop {
            match receiver.recv_timeout(TICK) {
                Ok((job, event)) => on_event(job, event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // Also while many short runs end.
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                on_tick();
            }
        }
        // Not a single thread could be started.
        if let Some(error) = refused {
            for job in std::mem::take(&mut lock().jobs) {
                let reason = format!("cannot start a thread: {error}");
                on_event(
                    job,
                    JobEvent::Finished(Box::new(Err(RunError::Failed(reason)))),
                );
            }
        }
    });
}

/// The jobs that are not begun yet, and the threads that take them.
struct Queue<'job, J> {
    jobs: VecDeque<&'job J>,
    /// Those that have not ended. They are counted before the first one starts, which would otherwise seem to be alone.
    threads: usize,
}

impl<'job, J> Queue<'job, J> {
    /// The next job for a thread, which ends if there is none.
    fn next(&mut self, cancel: &Cancel) -> Option<&'job J> {
        let next = self.jobs.pop_front().filter(|_| !cancel.is_cancelled());
        self.threads -= usize::from(next.is_none());
        next
    }

    /// Gives a job back for a thread that ends, unless it is the last thread. Returns whether it was taken.
    fn give_back(&mut self, job: &'job J) -> bool {
        if self.threads <= 1 {
            return false;
        }
        self.threads -= 1;
        self.jobs.push_front(job);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// The results of two jobs on two threads.
    fn finished(run: impl Fn(&u32) -> Result<u32, RunError> + Sync) -> Vec<Option<u32>> {
        let mut results = Vec::new();
        let on_event = |_: &u32, event| {
            if let JobEvent::Finished(result) = event {
                results.push((*result).ok());
            }
        };
        run_all(&[&1, &2], 2, &Cancel::new().unwrap(), run, on_event, || {});
        results.sort_unstable();
        results
    }

    #[test]
    fn runs_that_take_all_from_each_other_are_both_made_in_the_end() {
        let both_run = Barrier::new(2);
        let made = AtomicUsize::new(0);
        let results = finished(|job| {
            // The first run of each fails, though the other thread has ended when it is looked at.
            if made.fetch_add(1, Ordering::SeqCst) < 2 {
                both_run.wait();
                return Err(RunError::Exhausted("no descriptors".to_owned()));
            }
            Ok(*job)
        });
        assert_eq!(results, [Some(1), Some(2)]);
    }

    #[test]
    fn a_run_that_has_all_for_itself_and_not_enough_is_an_error() {
        let results = finished(|_| Err(RunError::Exhausted("no descriptors".to_owned())));
        assert_eq!(results, [None, None]);
    }
}

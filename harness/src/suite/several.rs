//! Examines several plugins side by side.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

use super::progress::{Count, Progress};
use super::{Settings, examine};
use crate::plugin::Plugin;
use crate::report::{PluginReport, RuleReport};
use crate::rules::Rule;
use crate::run::{TestBed, TestBedError};
use crate::testbed::isolation::Isolation;
use crate::worker::Cancel;

/// A plugin, and what is examined of it.
#[derive(Debug)]
pub struct Examinee<'a> {
    pub plugin: &'a Plugin,
    pub settings: Settings,
    pub selected: Vec<&'static Rule>,
}

/// Receives the events of several examinations, on one thread. Each is about the examinee with that index.
pub trait SeveralProgress {
    /// An examination begins.
    fn begin(&self, index: usize);
    /// A rule has its verdict.
    fn judged(&self, index: usize, report: &RuleReport);
    /// An examination is over, with its report or an error.
    fn end(&self, index: usize, result: Result<&PluginReport, &TestBedError>);
    /// All are over.
    fn finish(&self);
}

/// Examines plugins, up to `at_once` at the same time, and returns the results in the order of the examinees: none for
/// those that were not begun. With `fail_fast` nothing is begun any more after a rule that counts has failed, and what is
/// in progress is interrupted.
pub fn examine_all(
    examinees: &[Examinee<'_>],
    test_bed: &TestBed,
    at_once: usize,
    fail_fast: bool,
    progress: &dyn SeveralProgress,
    cancel: &Cancel,
) -> Vec<Option<Result<PluginReport, TestBedError>>> {
    let queue = Mutex::new((0..examinees.len()).collect::<VecDeque<usize>>());
    let failed = AtomicBool::new(false);
    let mut results: Vec<_> = examinees.iter().map(|_| None).collect();
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, examinees.len().max(1)) {
            let sender = sender.clone();
            let (queue, failed) = (&queue, &failed);
            scope.spawn(move || {
                loop {
                    let mut waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
                    let next = waiting.pop_front();
                    drop(waiting);
                    let Some((index, examinee)) =
                        next.and_then(|it| Some((it, examinees.get(it)?)))
                    else {
                        return;
                    };
                    if cancel.is_cancelled() || (fail_fast && failed.load(Ordering::Relaxed)) {
                        return;
                    }
                    let forward = Forward {
                        index,
                        sender: sender.clone(),
                    };
                    // The receiver outlives this scope, so sending cannot fail.
                    let _ = sender.send((index, Event::Begin));
                    let result = examine(
                        examinee.plugin,
                        &examinee.selected,
                        test_bed,
                        &examinee.settings,
                        &forward,
                        cancel,
                    );
                    let _ = sender.send((index, Event::End(Box::new(result))));
                }
            });
        }
        drop(sender);
        for (index, event) in receiver {
            match event {
                Event::Begin => progress.begin(index),
                Event::Judged(report) => {
                    let fails_from = examinees.get(index).map(|it| it.settings.fails_from);
                    if fail_fast && fails_from.is_some_and(|level| report.counts_as_failed(level)) {
                        failed.store(true, Ordering::Relaxed);
                        cancel.cancel();
                    }
                    progress.judged(index, &report);
                }
                Event::End(result) => {
                    progress.end(index, result.as_ref().as_ref());
                    if let Some(place) = results.get_mut(index) {
                        *place = Some(*result);
                    }
                }
            }
        }
    });
    progress.finish();
    results
}

/// What the thread of an examination says.
enum Event {
    Begin,
    Judged(Box<RuleReport>),
    End(Box<Result<PluginReport, TestBedError>>),
}

/// Sends what is worth showing of several examinations to one thread.
struct Forward {
    index: usize,
    sender: mpsc::Sender<(usize, Event)>,
}

impl Progress for Forward {
    fn begin(&self, _: &Plugin, _: usize, _: &str, _: &Isolation) {}

    fn started(&self, _: &str) {}

    fn stopped(&self, _: &str) {}

    fn counted(&self, _: &[Count<'_>]) {}

    fn finished(&self, report: RuleReport) {
        // The receiver lives until all examinations are over.
        let _ = self
            .sender
            .send((self.index, Event::Judged(Box::new(report))));
    }

    fn cases(&self, _: usize, _: usize) {}

    fn end(&self) {}
}

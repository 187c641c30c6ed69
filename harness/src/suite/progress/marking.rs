//! Shows failures that are known as such.

use super::{Count, Progress};
use crate::plugin::Plugin;
use crate::report::{KnownFailures, RuleReport};
use crate::testbed::isolation::Isolation;

/// Passes everything on, and marks the verdicts before.
pub(in crate::suite) struct Marking<'a> {
    pub(in crate::suite) progress: &'a dyn Progress,
    /// What is known, and the plugin's path.
    pub(in crate::suite) known: Option<(&'a KnownFailures, &'a str)>,
}

impl Progress for Marking<'_> {
    fn begin(&self, plugin: &Plugin, rules: usize, protocol: &str, isolation: &Isolation) {
        self.progress.begin(plugin, rules, protocol, isolation);
    }

    fn started(&self, run: &str) {
        self.progress.started(run);
    }

    fn stopped(&self, run: &str) {
        self.progress.stopped(run);
    }

    fn counted(&self, counts: &[Count<'_>]) {
        self.progress.counted(counts);
    }

    fn finished(&self, mut report: RuleReport) {
        if let Some((known, path)) = self.known {
            known.apply_to(path, &mut report);
        }
        self.progress.finished(report);
    }

    fn cases(&self, done: usize, all: usize) {
        self.progress.cases(done, all);
    }

    fn end(&self) {
        self.progress.end();
    }
}

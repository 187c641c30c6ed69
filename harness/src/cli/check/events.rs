//! Writes events while plugins are examined.

use std::cell::RefCell;

use crate::cli::report_args::ReportFiles;
use crate::plugin::Plugin;
use crate::report::{PluginReport, RuleReport, jsonl};
use crate::run::TestBedError;
use crate::suite::progress::{Count, Progress};
use crate::suite::several::SeveralProgress;
use crate::terminal::eprint;
use crate::testbed::isolation::Isolation;

/// The files, and the paths of the plugins in the order of their indexes.
pub(super) struct Events<'a> {
    pub(super) files: RefCell<&'a mut ReportFiles>,
    pub(super) paths: Vec<String>,
}

impl Events<'_> {
    pub(super) fn write(&self, line: &str) {
        let mut files = self.files.borrow_mut();
        if !files.takes_events() {
            return;
        }
        if let Some(problem) = files.event(line) {
            eprint(&format!("{problem}\n"));
        }
    }

    fn rule(&self, index: usize, report: &RuleReport) {
        let path = self.paths.get(index).map_or("", String::as_str);
        self.write(&jsonl::rule(path, report));
    }
}

/// Shows the progress, and writes events.
pub(super) struct Recorded<'a, 'f, P> {
    pub(super) progress: P,
    pub(super) events: &'a Events<'f>,
}

impl<P: SeveralProgress> SeveralProgress for Recorded<'_, '_, P> {
    fn begin(&self, index: usize) {
        self.progress.begin(index);
    }

    fn judged(&self, index: usize, report: &RuleReport) {
        self.events.rule(index, report);
        self.progress.judged(index, report);
    }

    fn end(&self, index: usize, result: Result<&PluginReport, &TestBedError>) {
        if let Ok(report) = result {
            self.events.write(&jsonl::plugin(report));
        }
        self.progress.end(index, result);
    }

    fn finish(&self) {
        self.progress.finish();
    }
}

impl<P: Progress> Progress for Recorded<'_, '_, P> {
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

    fn finished(&self, report: RuleReport) {
        self.events.rule(0, &report);
        self.progress.finished(report);
    }

    fn cases(&self, done: usize, all: usize) {
        self.progress.cases(done, all);
    }

    fn end(&self) {
        self.progress.end();
    }
}

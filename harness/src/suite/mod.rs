//! An examination: which rules, in which order, how many at once, and what
//! came of each.
//!
//! Rules that want the same scenario and the same script share one run. Runs go
//! on side by side, the longest first; each has a thread that sits in the
//! run's own network and waits for its worker.

mod plan;
pub mod progress;
pub mod select;
mod verdict;

use std::collections::VecDeque;
use std::sync::{Mutex, mpsc};

use crate::plugin::Plugin;
use crate::report::{PluginReport, Summary, Verdict};
use crate::rules::{FileJudge, Level, NotPassed, Rule};
use crate::run::{PreparedPlugin, Profile, RunError, RunRecord, TestBed, TestBedError};
use crate::worker::Cancel;
use plan::{Job, Plan};
use progress::Progress;
use verdict::Verdicts;

/// How an examination is made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many runs go on at once.
    pub jobs: usize,
    /// The operator's side.
    pub profile: Profile,
    /// The lowest level whose failure makes a plugin non-conformant.
    pub fails_from: Level,
}

/// Examines one plugin.
///
/// # Errors
/// If the plugin cannot be prepared, or the user asked to stop.
pub fn examine(
    plugin: &Plugin,
    selected: &[&'static Rule],
    test_bed: &TestBed,
    settings: &Settings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<PluginReport, TestBedError> {
    let plan = Plan::new(selected);
    let mut session = Session {
        plugin,
        test_bed,
        prepared: test_bed.prepare(plugin, settings.profile.clone())?,
        settings,
        progress,
        cancel,
        verdicts: Verdicts::default(),
        blocked: None,
    };
    let protocol = &settings.profile.protocol.name;
    progress.begin(plugin, selected.len(), protocol, test_bed.isolation());
    session.read(&plan.files);
    // Loading comes first and alone: a plugin that does not load cannot be called.
    let (first, rest): (Vec<&Job>, Vec<&Job>) =
        plan.jobs.iter().partition(|job| job.name == LOADING);
    let whole = session.run(&first).and_then(|()| session.run(&rest));
    if whole.is_ok() {
        for (rule, judge) in &plan.all_runs {
            let blocked = session.blocked.as_deref();
            let report = session.verdicts.over_all(rule, *judge, blocked);
            progress.finished(report);
        }
    }
    progress.end();
    whole.map(|()| session.report(selected))
}

/// The rule without which no other can be examined.
const LOADING: &str = "load/succeeds";

/// One examination while it goes on.
struct Session<'a> {
    plugin: &'a Plugin,
    test_bed: &'a TestBed,
    prepared: PreparedPlugin<'a>,
    settings: &'a Settings,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    verdicts: Verdicts,
    /// Why the plugin cannot be run, once that is known.
    blocked: Option<String>,
}

impl Session<'_> {
    /// Judges what the file itself says.
    fn read(&mut self, rules: &[(&'static Rule, FileJudge)]) {
        for (rule, judge) in rules {
            let judged = judge(&self.plugin.inspection);
            let broken = matches!(judged, Err(NotPassed::Failed { .. }));
            if broken && rule.level == Level::Must && self.blocked.is_none() {
                self.blocked = Some(format!("it cannot be loaded: see {}", rule.id));
            }
            self.progress
                .finished(self.verdicts.judged(rule, judged, 0.0, &[]));
        }
    }

    /// Makes runs and judges them, unless the plugin cannot be run.
    fn run(&mut self, jobs: &[&Job]) -> Result<(), TestBedError> {
        if let Some(reason) = &self.blocked {
            for report in jobs
                .iter()
                .flat_map(|job| self.verdicts.skipped(job, reason))
            {
                self.progress.finished(report);
            }
            return Ok(());
        }
        let (test_bed, prepared, cancel) = (self.test_bed, &self.prepared, self.cancel);
        let (verdicts, progress) = (&mut self.verdicts, self.progress);
        run_all(
            jobs,
            self.settings.jobs,
            cancel,
            |job| test_bed.run(job.spec, prepared, cancel),
            |job, news| match news {
                News::Begun => progress.started(job.name),
                News::Ended(result) => {
                    progress.stopped(job.name);
                    let reports = match *result {
                        Ok(record) => verdicts.observed(job, record),
                        Err(error) => verdicts.in_error(job, error),
                    };
                    // A run that is broken off by Ctrl-C says nothing about the plugin.
                    if !cancel.is_cancelled() {
                        reports
                            .into_iter()
                            .for_each(|report| progress.finished(report));
                    }
                }
            },
        );
        if self.cancel.is_cancelled() {
            return Err(TestBedError::Cancelled);
        }
        let loading = self.verdicts.report(LOADING);
        if loading.is_some_and(|report| report.verdict == Verdict::Fail) {
            self.blocked = Some(format!("it does not load: see {LOADING}"));
        }
        Ok(())
    }

    fn report(self, selected: &[&'static Rule]) -> PluginReport {
        let inspection = &self.plugin.inspection;
        let rules = self.verdicts.into_reports(selected);
        PluginReport {
            path: self.plugin.library.display().to_string(),
            sha256: inspection.sha256.clone(),
            format: inspection.format.name().to_owned(),
            machine: inspection
                .machine
                .as_ref()
                .map_or_else(String::new, |machine| machine.architecture.clone()),
            isolation: self.test_bed.isolation().name().to_owned(),
            protocol: self.settings.profile.protocol.name.clone(),
            summary: Summary::of(&rules, self.settings.fails_from),
            rules,
        }
    }
}

/// What a job's thread tells.
enum News {
    Begun,
    Ended(Box<Result<RunRecord, RunError>>),
}

/// Runs the jobs on as many threads as are allowed at once, in their order,
/// and hands what comes of them to `told` on the calling thread.
fn run_all<'job>(
    jobs: &[&'job Job],
    at_once: usize,
    cancel: &Cancel,
    run: impl Fn(&Job) -> Result<RunRecord, RunError> + Sync,
    mut told: impl FnMut(&'job Job, News),
) {
    let queue: Mutex<VecDeque<&Job>> = Mutex::new(jobs.iter().copied().collect());
    let (tell, hear) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, jobs.len().max(1)) {
            let tell = tell.clone();
            let (queue, run) = (&queue, &run);
            scope.spawn(move || {
                loop {
                    let next = queue
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .pop_front();
                    let Some(job) = next.filter(|_| !cancel.is_cancelled()) else {
                        break;
                    };
                    // The hearer outlives this scope, so telling cannot fail.
                    let _ = tell.send((job, News::Begun));
                    let _ = tell.send((job, News::Ended(Box::new(run(job)))));
                }
            });
        }
        drop(tell);
        for (job, outcome) in hear {
            told(job, outcome);
        }
    });
}

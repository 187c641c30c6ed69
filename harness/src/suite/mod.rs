//! The examination of a plugin: plans the runs for the selected rules, makes them
//! concurrently, and judges them.
//!
//! Rules with the same scenario and the same script share one run. The longest runs
//! start first. Each run has a thread, which moves into the run's own network and
//! waits for its worker.

mod plan;
pub mod progress;
pub mod select;
mod verdict;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, mpsc};

use crate::plugin::Plugin;
use crate::report::{PluginReport, Summary, Verdict};
use crate::rules::{self, FileJudge, Level, NotPassed, Rule};
use crate::run::{PreparedPlugin, Profile, RunError, RunRecord, TestBed, TestBedError};
use crate::worker::Cancel;
use plan::{Job, Plan};
use progress::Progress;
use verdict::Verdicts;

/// The settings of an examination.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The number of runs to make at once.
    pub jobs: usize,
    /// The operator's protocol and ports, and the deadline of a call.
    pub profile: Profile,
    /// The lowest level whose failure makes a plugin non-conformant.
    pub fails_from: Level,
}

/// Examines one plugin. If the user interrupts it, the report has what was finished, and says so.
///
/// # Errors
/// If the plugin cannot be prepared, or its file changed meanwhile.
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
        blocked: plugin
            .inspection
            .for_another_host()
            .map(|_| "it is for another system or machine: see file/machine".to_owned()),
    };
    let protocol = &settings.profile.protocol.name;
    progress.begin(plugin, selected.len(), protocol, test_bed.isolation());
    session.judge_file(&plan.files);
    // Loading comes first and alone: a plugin that does not load cannot be called. The run without faults follows,
    // since it shows which rules can be judged.
    let (loading, rest): (Vec<&Job>, Vec<&Job>) =
        plan.jobs.iter().partition(|job| job.name == LOADING);
    let (control, rest): (Vec<&Job>, Vec<&Job>) =
        rest.into_iter().partition(|job| job.control.is_some());
    let completed = session
        .run(&loading)
        .and_then(|()| session.run(&control))
        .and_then(|()| session.run(&rest));
    if completed.is_ok() {
        for (rule, judge) in &plan.all_runs {
            let blocked = session.blocked.as_deref();
            let report = session.verdicts.judge_all_runs(rule, *judge, blocked);
            progress.finished(report);
        }
    }
    progress.end();
    let complete = match completed {
        Ok(()) => true,
        Err(TestBedError::Cancelled) => false,
        Err(error) => return Err(error),
    };
    session.prepared.verify()?;
    if let Some(left) = session.prepared.left_out() {
        session.verdicts.explain_failure("load/anywhere", &left);
    }
    Ok(session.report(selected, complete))
}

/// The rule that a plugin has to pass before it can be called.
const LOADING: &str = "load/succeeds";

/// An examination in progress.
struct Session<'a> {
    plugin: &'a Plugin,
    test_bed: &'a TestBed,
    prepared: PreparedPlugin<'a>,
    settings: &'a Settings,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    verdicts: Verdicts,
    /// Why the plugin cannot be run, if it cannot.
    blocked: Option<String>,
}

impl Session<'_> {
    /// Judges the rules about the file.
    fn judge_file(&mut self, rules: &[(&'static Rule, FileJudge)]) {
        for (rule, judge) in rules {
            let judgement = judge(&self.plugin.inspection);
            let failed = matches!(judgement, Err(NotPassed::Failed(_)));
            if failed && rule.level == Level::Must && self.blocked.is_none() {
                self.blocked = Some(format!("it cannot be loaded: see {}", rule.id));
            }
            self.progress
                .finished(self.verdicts.record(rule, judgement, None));
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
            |job, event| match event {
                JobEvent::Started => progress.started(job.name),
                JobEvent::GivenBack => progress.stopped(job.name),
                JobEvent::Finished(result) => {
                    progress.stopped(job.name);
                    let reports = match *result {
                        Ok(record) => verdicts.judge_run(job, record),
                        // A run that was cancelled shows nothing about the plugin.
                        Err(_) if cancel.is_cancelled() => Vec::new(),
                        Err(error) => verdicts.run_not_made(job, error),
                    };
                    reports
                        .into_iter()
                        .for_each(|report| progress.finished(report));
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

    fn report(self, selected: &[&'static Rule], complete: bool) -> PluginReport {
        let inspection = &self.plugin.inspection;
        let not_shown = self.verdicts.not_shown();
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
            complete,
            not_shown,
            summary: Summary::of(&rules, self.settings.fails_from, rules::all().count())
                .for_complete(complete),
            rules,
        }
    }
}

/// What a job's thread reports.
enum JobEvent {
    Started,
    /// It could not be run at the same time as the others, and is begun again later.
    GivenBack,
    Finished(Box<Result<RunRecord, RunError>>),
}

/// Runs the jobs in their order on up to `at_once` threads, and reports to `on_event` on the
/// calling thread. Where the system has not enough processes or descriptors for so many at once, a thread gives its job
/// back and ends, and only the last one reports it as an error.
fn run_all<'job>(
    jobs: &[&'job Job],
    at_once: usize,
    cancel: &Cancel,
    run: impl Fn(&Job) -> Result<RunRecord, RunError> + Sync,
    mut on_event: impl FnMut(&'job Job, JobEvent),
) {
    let queue = Mutex::new(Queue {
        jobs: jobs.iter().copied().collect(),
        threads: 0,
    });
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let mut refused = None;
        for _ in 0..at_once.clamp(1, jobs.len().max(1)) {
            let sender = sender.clone();
            let (lock, run) = (&lock, &run);
            lock().threads += 1;
            let thread = std::thread::Builder::new().spawn_scoped(scope, move || {
                loop {
                    let Some(job) = lock().next(cancel) else {
                        return;
                    };
                    // The receiver outlives this scope, so sending cannot fail.
                    let _ = sender.send((job, JobEvent::Started));
                    let result = run(job);
                    if let Err(RunError::Exhausted(_)) = result
                        && lock().give_back(job)
                    {
                        let _ = sender.send((job, JobEvent::GivenBack));
                        return;
                    }
                    let _ = sender.send((job, JobEvent::Finished(Box::new(result))));
                }
            });
            if let Err(error) = thread {
                lock().threads -= 1;
                refused = Some(error);
                break;
            }
        }
        drop(sender);
        for (job, event) in receiver {
            on_event(job, event);
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
struct Queue<'job> {
    jobs: VecDeque<&'job Job>,
    threads: usize,
}

impl<'job> Queue<'job> {
    /// The next job for a thread, which ends if there is none.
    fn next(&mut self, cancel: &Cancel) -> Option<&'job Job> {
        let next = self.jobs.pop_front().filter(|_| !cancel.is_cancelled());
        self.threads -= usize::from(next.is_none());
        next
    }

    /// Gives a job back for a thread that ends, unless it is the last thread. Returns whether it was taken.
    fn give_back(&mut self, job: &'job Job) -> bool {
        if self.threads <= 1 {
            return false;
        }
        self.threads -= 1;
        self.jobs.push_front(job);
        true
    }
}

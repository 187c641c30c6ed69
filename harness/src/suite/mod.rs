//! An examination: which rules, in which order, how many at once, and what
//! came of each.
//!
//! Rules that want the same world and the same script share one run. Runs go
//! on side by side, the longest first; each has a thread that sits in the
//! run's own network and waits for its worker.

mod plan;
pub mod progress;
mod room;
pub mod select;
mod verdict;

use std::collections::VecDeque;
use std::sync::{Mutex, mpsc};

use crate::plugin::Plugin;
use crate::report::{PluginReport, Summary, Verdict};
use crate::rules::{Examination, Examined, Judgement, Level, Limits, Rule};
use crate::worker::Cancel;
use crate::worker::observation::Observation;
use plan::{Job, Plan};
use progress::Progress;
pub use room::{Conduct, Copies, GRACE, Room, RoomError, RunError};
use verdict::Verdicts;

/// How an examination is made.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// How many runs go on at once.
    pub jobs: usize,
    /// What the profile allows.
    pub limits: Limits,
    /// The protocol that the servers speak; the room has been opened with it.
    pub protocol: &'a str,
    /// The lowest level whose failure makes a plugin non-conformant.
    pub fails_from: Level,
}

/// Examines one plugin.
pub fn examine(
    plugin: &Plugin,
    selected: &[&'static Rule],
    room: &Room,
    settings: Settings<'_>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<PluginReport, RoomError> {
    let plan = Plan::new(selected);
    let mut session = Session {
        plugin,
        room,
        copies: room.copies(plugin, settings.protocol)?,
        settings,
        progress,
        cancel,
        verdicts: Verdicts::new(selected, settings.limits),
        blocked: None,
    };
    progress.begin(plugin, selected.len(), settings.protocol, room);
    session.read(&plan.files);
    // Loading comes first and alone: what does not load can be asked nothing.
    let (first, rest): (Vec<&Job>, Vec<&Job>) =
        plan.jobs.iter().partition(|job| job.name() == LOADING);
    let whole = session.run(&first).and_then(|()| session.run(&rest));
    if whole.is_ok() {
        session.look_over(&plan.everies);
    }
    progress.end();
    whole.map(|()| session.report())
}

/// The rule without which no other can be examined.
const LOADING: &str = "load/succeeds";

/// One examination while it goes on.
struct Session<'a> {
    plugin: &'a Plugin,
    room: &'a Room,
    copies: Copies<'a>,
    settings: Settings<'a>,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    verdicts: Verdicts,
    /// Why the plugin cannot be run, once that is known.
    blocked: Option<String>,
}

impl Session<'_> {
    /// Judges what the file itself says.
    fn read(&mut self, rules: &[&'static Rule]) {
        for rule in rules {
            let Examination::File(judge) = rule.examination else {
                continue;
            };
            let judgement = judge(&self.plugin.inspection);
            let broken = matches!(judgement, Judgement::Broken { .. });
            if broken && rule.level == Level::Must && self.blocked.is_none() {
                self.blocked = Some(format!("it cannot be loaded: see {}", rule.id));
            }
            self.progress
                .finished(self.verdicts.judged(rule, judgement, 0.0, &[]));
        }
    }

    /// Makes runs and judges them, unless the plugin cannot be run.
    fn run(&mut self, jobs: &[&Job]) -> Result<(), RoomError> {
        if let Some(reason) = &self.blocked {
            for report in jobs
                .iter()
                .flat_map(|job| self.verdicts.skipped(job, reason))
            {
                self.progress.finished(report);
            }
            return Ok(());
        }
        let (room, copies, settings, cancel) =
            (self.room, &self.copies, self.settings, self.cancel);
        let (verdicts, progress) = (&mut self.verdicts, self.progress);
        run_all(
            jobs,
            settings.jobs,
            cancel,
            |job| room.perform((&job.run).into(), copies, settings.limits, cancel),
            |job, news| match news {
                News::Begun => progress.started(job.name()),
                News::Ended(result) => {
                    progress.stopped(job.name());
                    let reports = match *result {
                        Ok(observation) => verdicts.observed(job, observation),
                        Err(error) => verdicts.in_error(job, &error),
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
            return Err(RoomError::Cancelled);
        }
        let loading = self.verdicts.report(LOADING);
        if loading.is_some_and(|report| report.verdict == Verdict::Fail) {
            self.blocked = Some(format!("it does not load: see {LOADING}"));
        }
        Ok(())
    }

    /// Judges the rules that look at every run.
    fn look_over(&mut self, rules: &[&'static Rule]) {
        for rule in rules {
            let report = self.verdicts.over_all(rule, self.blocked.as_deref());
            self.progress.finished(report);
        }
    }

    fn report(self) -> PluginReport {
        let inspection = &self.plugin.inspection;
        let rules = self.verdicts.into_reports();
        PluginReport {
            path: self.plugin.library.display().to_string(),
            sha256: inspection.sha256.clone(),
            format: inspection.format.name().to_owned(),
            machine: inspection
                .machine
                .as_ref()
                .map_or_else(String::new, |machine| machine.architecture.clone()),
            isolation: self.room.isolation_name().to_owned(),
            protocol: self.settings.protocol.to_owned(),
            summary: Summary::of(&rules, self.settings.fails_from),
            rules,
        }
    }
}

/// What a job's thread tells.
enum News {
    Begun,
    Ended(Box<Result<Observation, RunError>>),
}

/// Runs the jobs on as many threads as are allowed at once, in their order,
/// and hands what comes of them to `told` on the calling thread.
fn run_all<'job>(
    jobs: &[&'job Job],
    at_once: usize,
    cancel: &Cancel,
    perform: impl Fn(&Job) -> Result<Observation, RunError> + Sync,
    mut told: impl FnMut(&'job Job, News),
) {
    let queue: Mutex<VecDeque<&Job>> = Mutex::new(jobs.iter().copied().collect());
    let (tell, hear) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, jobs.len().max(1)) {
            let tell = tell.clone();
            let (queue, perform) = (&queue, &perform);
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
                    let _ = tell.send((job, News::Ended(Box::new(perform(job)))));
                }
            });
        }
        drop(tell);
        for (job, outcome) in hear {
            told(job, outcome);
        }
    });
}

/// A run as a judge receives it.
fn examined<'a>(job: &Job, observation: &'a Observation, limits: Limits) -> Examined<'a> {
    Examined {
        rule: job.name(),
        script: job.run.script,
        observation,
        limits,
    }
}

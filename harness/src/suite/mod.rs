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
use crate::report::{PluginReport, RuleReport, Summary, Verdict};
use crate::rules::{Examination, Examined, Judgement, Level, Limits, Rule};
use crate::worker::Cancel;
use crate::worker::observation::Observation;
use plan::{Job, Plan};
use progress::Progress;
pub use room::{Conduct, Copies, Room, RoomError, RunError};

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
    let copies = room.copies(plugin, settings.protocol)?;
    let plan = Plan::new(selected);
    progress.begin(plugin, selected.len(), settings.protocol, room);
    let mut verdicts = verdict::Verdicts::new(selected, settings.limits);

    let mut blocked = None;
    for rule in &plan.files {
        if let Examination::File(judge) = rule.examination {
            let judgement = judge(&plugin.inspection);
            if matches!(judgement, Judgement::Broken { .. }) && rule.level == Level::Must {
                blocked.get_or_insert_with(|| format!("it cannot be loaded: see {}", rule.id));
            }
            progress.finished(verdicts.judged(rule, judgement, 0.0, &[]));
        }
    }
    // Loading comes first and alone: what does not load can be asked nothing.
    let (first, rest): (Vec<&Job>, Vec<&Job>) = plan
        .jobs
        .iter()
        .partition(|job| job.name() == "load/succeeds");
    for batch in [first, rest] {
        if let Some(reason) = &blocked {
            for job in batch {
                for report in verdicts.skipped(job, reason) {
                    progress.finished(report);
                }
            }
            continue;
        }
        run_all(
            &batch,
            settings.jobs,
            |job| room.perform((&job.run).into(), &copies, settings.limits, cancel),
            |job, outcome| match outcome {
                Started::Begun => progress.started(job.name()),
                Started::Ended(result) => {
                    progress.stopped(job.name());
                    let reports = match *result {
                        Ok(observation) => verdicts.observed(job, observation),
                        Err(error) => verdicts.in_error(job, &error),
                    };
                    // Runs that are broken off by Ctrl-C say nothing about the plugin.
                    if !cancel.is_cancelled() {
                        reports
                            .into_iter()
                            .for_each(|report| progress.finished(report));
                    }
                }
            },
        );
        if cancel.is_cancelled() {
            progress.end();
            return Err(RoomError::Cancelled);
        }
        blocked = verdicts
            .report("load/succeeds")
            .filter(|report| report.verdict == Verdict::Fail)
            .map(|_| "it does not load: see load/succeeds".to_owned());
    }
    for rule in &plan.everies {
        progress.finished(verdicts.over_all(rule, blocked.as_deref()));
    }
    progress.end();

    let rules: Vec<RuleReport> = verdicts.into_reports();
    Ok(PluginReport {
        path: plugin.name.clone(),
        sha256: plugin.inspection.sha256.clone(),
        format: plugin.inspection.format.name().to_owned(),
        machine: plugin
            .inspection
            .machine
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        isolation: room.isolation_name().to_owned(),
        protocol: settings.protocol.to_owned(),
        summary: Summary::of(&rules, settings.fails_from),
        rules,
    })
}

/// What a job's thread tells.
enum Started {
    Begun,
    Ended(Box<Result<Observation, RunError>>),
}

/// Runs the jobs on as many threads as are allowed at once, in their order,
/// and hands what comes of them to `told` on the calling thread.
fn run_all<'job>(
    jobs: &[&'job Job],
    at_once: usize,
    perform: impl Fn(&Job) -> Result<Observation, RunError> + Sync,
    mut told: impl FnMut(&'job Job, Started),
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
                    let Some(job) = next else { break };
                    // The hearer outlives this scope, so telling cannot fail.
                    let _ = tell.send((job, Started::Begun));
                    let _ = tell.send((job, Started::Ended(Box::new(perform(job)))));
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

//! Validates the worker's reports against its script.
//!
//! The plugin can write to the report channel as the worker can, so no report is
//! trusted. A report that is impossible at this point of the script is stray, and
//! the supervisor's message about the end overrides all reports.

use std::collections::BTreeSet;

use super::host_end::HostEnd;
use super::protocol::{Decoder, HEARTBEAT_INTERVAL, ProcessEnd, Report, WorkerExit};
use crate::testbed::Scenario;
use crate::worker::observation::{End, OnWindows, Output, Snapshot, StepReport};
use crate::worker::script::Step;
use crate::worker::wine::STACK;
use crate::worker::{MAX_PROCESSES, Snapshots};

/// Validates the bytes of one run's report channel.
#[derive(Debug)]
pub(super) struct ReportValidator<'a> {
    decoder: Decoder,
    accepted: AcceptedReports<'a>,
}

/// The reports that were accepted so far.
#[derive(Debug)]
struct AcceptedReports<'a> {
    script: &'a [Step],
    snapshots: Snapshots,
    baseline: Option<Box<Snapshot>>,
    steps: Vec<StepReport>,
    finished: bool,
    /// Heartbeats in the current step.
    heartbeats: u64,
    /// Calls or rounds of the current step, according to the last heartbeat.
    calls: u64,
    /// Whether the current step has requested its change of scenario.
    change_requested: bool,
    /// Whether a report among the latest bytes was accepted.
    alive: bool,
    /// The scenario to set before the worker continues.
    change_scenario: Option<Scenario>,
    /// What was reported of Wine; none of a run without it.
    wine: Option<WineReports>,
}

/// What the worker of a run under Wine reports besides. Its process is not the plugin's.
#[derive(Debug, Default)]
struct WineReports {
    ready: bool,
    end: Option<HostEnd>,
    failure: Option<String>,
}

/// The result of the latest bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// Whether a report among them was accepted, so that the time limit restarts.
    pub(super) alive: bool,
    /// The scenario that the worker waits for.
    pub(super) change_scenario: Option<Scenario>,
    /// Calls and rounds of the run so far.
    pub(super) calls: u64,
}

/// The validated result of a run.
#[derive(Debug, PartialEq)]
pub(super) struct RunResult {
    pub(super) baseline: Option<Box<Snapshot>>,
    pub(super) steps: Vec<StepReport>,
    pub(super) end: End,
    pub(super) unfinished: u32,
    pub(super) out_of_range: Option<i32>,
    pub(super) stray: Output,
    pub(super) windows: Option<OnWindows>,
}

impl<'a> ReportValidator<'a> {
    /// A validator of a run whose reports begin with `token`.
    pub(super) fn new(script: &'a [Step], snapshots: Snapshots, token: &str) -> Self {
        Self {
            decoder: Decoder::new(token),
            accepted: AcceptedReports {
                script,
                snapshots,
                baseline: None,
                steps: Vec::with_capacity(script.len()),
                finished: false,
                heartbeats: 0,
                calls: 0,
                change_requested: false,
                alive: false,
                change_scenario: None,
                wine: None,
            },
        }
    }

    /// The same for a run under Wine.
    pub(super) fn under_wine(mut self) -> Self {
        self.accepted.wine = Some(WineReports::default());
        self
    }

    /// Whether Wine still has to start before the plugin is loaded.
    pub(super) fn waits_for_wine(&self) -> bool {
        self.accepted.wine.as_ref().is_some_and(|wine| !wine.ready)
    }

    /// Why Wine failed, if it did.
    pub(super) fn wine_failure(&self) -> Option<&str> {
        self.accepted.wine.as_ref()?.failure.as_deref()
    }

    /// Appends bytes of the report channel.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Progress {
        let accepted = &mut self.accepted;
        accepted.alive = false;
        self.decoder.push(bytes, |report| accepted.accept(report));
        Progress {
            alive: accepted.alive,
            change_scenario: accepted.change_scenario.take(),
            calls: accepted.calls_made(),
        }
    }

    /// Combines the worker's reports with the supervisor's. `hung` is the time limit in seconds, if it was exceeded.
    pub(super) fn finish(mut self, exit: &WorkerExit, hung: Option<u64>) -> RunResult {
        let AcceptedReports {
            script,
            baseline,
            mut steps,
            finished,
            wine,
            ..
        } = self.accepted;
        let host_end = wine.as_ref().and_then(|wine| wine.end.clone());
        // The worker counts a step before it reports it. A report that is ahead of the count is forged.
        let counted = usize::try_from(exit.steps).unwrap_or(usize::MAX);
        let forged = steps.split_off(counted.min(steps.len()));
        for step in &forged {
            self.decoder
                .mark_stray(&serde_json::to_vec(&step).unwrap_or_default());
        }
        let finished = finished && forged.is_empty();
        let step = steps.len();
        let end = if let Some(seconds) = hung.filter(|_| !exit.by_itself) {
            End::Hung { step, seconds }
        } else if exit.too_many_processes {
            End::TooManyProcesses {
                limit: MAX_PROCESSES,
                step,
            }
        } else {
            let host_end = host_end.as_ref();
            match (&exit.end, host_end.filter(|end| end.code != 0 || !finished)) {
                // This was observed by the supervisor; a report that the script finished may be forged.
                (ProcessEnd::Killed(signal), _) => End::Killed {
                    signal: signal.clone(),
                    step,
                },
                (ProcessEnd::Exited(_), Some(end)) => match end.process_end() {
                    ProcessEnd::Killed(signal) => End::Killed { signal, step },
                    ProcessEnd::Exited(code) => End::Exited { code, step },
                },
                (ProcessEnd::Exited(0), None) if finished => End::Finished,
                (ProcessEnd::Exited(_), None) if exit.channel_lost => End::ChannelLost { step },
                // It finished its script, and its reports did not arrive.
                (ProcessEnd::Exited(0), None) if counted >= script.len() => {
                    End::ChannelLost { step }
                }
                (&ProcessEnd::Exited(code), None) => End::Exited { code, step },
            }
        };
        let stack = stack_of(
            baseline
                .iter()
                .chain(steps.iter().filter_map(|it| it.snapshot.as_ref())),
        );
        let cut_short = step < script.len();
        RunResult {
            baseline,
            steps,
            end,
            unfinished: if cut_short { exit.calls } else { 0 },
            out_of_range: exit.out_of_range.filter(|_| cut_short),
            stray: self.decoder.into_stray(),
            windows: match wine {
                Some(_) => Some(host_end.map(HostEnd::under_wine).unwrap_or_default()),
                None => exit
                    .windows
                    .clone()
                    .map(|windows| OnWindows { stack, ..windows }),
            },
        }
    }
}

/// The system's libraries with HTTP or TLS that were loaded when one of these was taken.
fn stack_of<'a>(snapshots: impl Iterator<Item = &'a Box<Snapshot>>) -> BTreeSet<String> {
    let names = snapshots.flat_map(|snapshot| &snapshot.libraries);
    let names = names.filter(|name| STACK.contains(&name.as_str()));
    names.cloned().collect()
}

impl AcceptedReports<'_> {
    /// Accepts a report if it is possible at this point of the script.
    fn accept(&mut self, report: Report) -> bool {
        let accepted = match report {
            Report::Baseline(snapshot) => self.baseline(snapshot),
            Report::Heartbeat(calls) => self.heartbeat(calls),
            Report::ChangeScenario => self.scenario_change(),
            Report::Done(step) => self.step_done(step),
            Report::Finished => self.script_finished(),
            Report::Ready | Report::Ended(_) | Report::Failed(_) => self.of_wine(report),
        };
        self.alive |= accepted;
        accepted
    }

    /// Calls and rounds that have been made. If a step ended early, all of its calls count.
    fn calls_made(&self) -> u64 {
        let finished = self.script.iter().take(self.steps.len());
        finished.map(Step::max_calls).sum::<u64>() + self.calls
    }

    /// The step that the worker executes according to its reports; none once all are done.
    fn current_step(&self) -> Option<&Step> {
        self.script.get(self.steps.len())
    }

    /// There is one baseline, before everything else.
    fn baseline(&mut self, snapshot: Box<Snapshot>) -> bool {
        let possible = self.snapshots == Snapshots::AfterEachStep
            && self.baseline.is_none()
            && self.steps.is_empty()
            && self.heartbeats == 0
            && !self.change_requested;
        if possible {
            self.baseline = Some(snapshot);
        }
        possible
    }

    /// Limits heartbeats to the number that the step can send. Otherwise a plugin could extend its time indefinitely.
    fn heartbeat(&mut self, calls: u32) -> bool {
        let possible = match self.current_step() {
            Some(Step::IdleWithLoad { milliseconds }) => {
                u128::from(*milliseconds) / HEARTBEAT_INTERVAL.as_millis() + 1
            }
            Some(step) => step.max_calls().into(),
            None => 0,
        };
        let accepted = u128::from(self.heartbeats) < possible;
        if accepted {
            self.heartbeats += 1;
            let most = self.current_step().map_or(0, Step::max_calls);
            self.calls = u64::from(calls).min(most);
        }
        accepted
    }

    fn scenario_change(&mut self) -> bool {
        let Some(Step::ChangeScenario(scenario)) = self.current_step() else {
            return false;
        };
        if self.change_requested {
            return false;
        }
        self.change_scenario = Some(*scenario);
        self.change_requested = true;
        true
    }

    fn step_done(&mut self, report: StepReport) -> bool {
        let Some(step) = self.current_step() else {
            return false;
        };
        let possible = report.step == self.steps.len()
            && report.calls.len() as u64 <= step.max_calls()
            && (report.snapshot.is_none() || self.has_snapshot(step))
            && (report.watched.is_none() || step.calls())
            && (self.change_requested || !matches!(step, Step::ChangeScenario(_)));
        if possible {
            self.steps.push(report);
            self.heartbeats = 0;
            self.calls = 0;
            self.change_requested = false;
        }
        possible
    }

    /// Whether a snapshot belongs to the report of this step.
    fn has_snapshot(&self, step: &Step) -> bool {
        *step == Step::Snapshot
            || (self.snapshots == Snapshots::AfterEachStep && step.changes_the_process())
    }

    /// Each of these reports comes once, and only in a run under Wine.
    fn of_wine(&mut self, report: Report) -> bool {
        let Some(wine) = &mut self.wine else {
            return false;
        };
        match report {
            Report::Ready => !std::mem::replace(&mut wine.ready, true),
            Report::Ended(end) => {
                let first = wine.end.is_none();
                wine.end.get_or_insert(end);
                first
            }
            Report::Failed(reason) => {
                let first = wine.failure.is_none();
                wine.failure.get_or_insert(reason);
                first
            }
            Report::Baseline(_)
            | Report::Heartbeat(_)
            | Report::ChangeScenario
            | Report::Done(_)
            | Report::Finished => false,
        }
    }

    fn script_finished(&mut self) -> bool {
        let possible = self.steps.len() == self.script.len() && !self.finished;
        self.finished |= possible;
        possible
    }
}

#[cfg(test)]
mod tests;

//! The examination of a plugin: plans the runs for the selected rules, makes them
//! concurrently, and judges them.
//!
//! Rules with the same scenario and the same script share one run. The longest runs
//! start first. Each run has a thread, which moves into the run's own network and
//! waits for its worker.

pub mod chaos;
mod delays;
mod measured;
mod pace;
mod plan;
mod pool;
pub mod progress;
pub mod select;
pub mod several;
mod slots;
mod traffic;
mod verdict;
mod wine;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::plugin::Plugin;
use crate::profile::Profile;
use crate::report::{ChaosReport, KnownFailures, PluginReport, ProfileReport, Summary, Verdict};
use crate::rules::{self, FileJudge, Level, NotPassed, Rule};
use crate::run::hosts::Candidate;
use crate::run::scripts::ONE_CALL;
use crate::run::{
    Conditions, FAILED, PreparedPlugin, RunError, RunRecord, RunSpec, SUCCESS, TestBed,
    TestBedError,
};
use crate::testbed::Scenario;
use crate::testbed::isolation::IsolationKind;
use crate::worker::{CallCounter, Cancel};
use chaos::Chaos;
use delays::Delays;
use pace::Pace;
use plan::{Job, Plan};
use pool::{JobEvent, run_all};
use progress::{Count, Marking, Progress};
pub use slots::Slots;
use traffic::TrafficFolder;
use verdict::Verdicts;

/// The settings of an examination.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The number of runs to make at once.
    pub jobs: usize,
    /// The number of runs to make at once if the plugin mostly waits.
    pub most_jobs: usize,
    /// Room for `most_jobs` runs, which examinations at the same time share.
    pub slots: Slots,
    /// The operator's profile and ports, and the deadline of a call.
    pub conditions: Conditions,
    /// The lowest level whose failure makes a plugin non-conformant.
    pub fails_from: Level,
    /// Random scenarios to try besides the rules.
    pub chaos: Option<Chaos>,
    /// Failures that are known, and do not count.
    pub known: Option<Arc<KnownFailures>>,
    /// Where captures of the traffic of failed runs are written, if the test bed captures it.
    pub pcap: Option<PathBuf>,
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
    let path = plugin.library.display().to_string();
    let known = settings.known.as_deref();
    let progress: &dyn Progress = &Marking {
        progress,
        known: known.map(|known| (known, path.as_str())),
    };
    let (excepted, examined) = exceptions(selected, &settings.conditions.profile);
    let plan = Plan::new(&examined);
    let mut session = Session {
        plugin,
        test_bed,
        prepared: test_bed.prepare(plugin, settings.conditions.clone())?,
        settings,
        progress,
        cancel,
        verdicts: Verdicts::new(
            TrafficFolder::new(settings.pcap.clone()),
            settings.conditions.masking(),
        ),
        started: Instant::now(),
        delays: Delays::measure(),
        chaos: None,
        pace: Pace::first(settings.jobs, settings.conditions.budget),
        until: pace::last_start(settings.conditions.budget).map(|time| Instant::now() + time),
        blocked: test_bed.cannot_run(plugin),
    };
    let profile = &settings.conditions.profile.name;
    progress.begin(plugin, selected.len(), profile, test_bed.isolation());
    session.note_exceptions(&excepted);
    session.judge_file(&plan.files);
    // Loading comes first and alone: a plugin that does not load cannot be called. The run without faults follows,
    // since it shows which rules can be judged.
    let (loading, rest): (Vec<&Job>, Vec<&Job>) =
        plan.jobs.iter().partition(|job| job.name == LOADING);
    let (control, rest): (Vec<&Job>, Vec<&Job>) =
        rest.into_iter().partition(|job| job.control.is_some());
    let (version, rest): (Vec<&Job>, Vec<&Job>) =
        rest.into_iter().partition(|job| job.shows_version);
    let completed = session
        .run(&loading)
        .and_then(|()| session.run(&control))
        .and_then(|()| session.find_the_asked_host())
        .and_then(|()| session.run(&version))
        .map(|()| session.without_other_versions(&rest))
        .and_then(|rest| {
            session.set_pace(&rest);
            session.run(&rest)
        })
        .and_then(|()| session.chaos());
    if completed.is_ok() {
        for (rule, judge) in &plan.all_runs {
            let report = match session.excluded(rule) {
                Some(reason) => session.verdicts.record(rule, Err(reason), None),
                None => {
                    let blocked = session.blocked.as_deref();
                    session.verdicts.judge_all_runs(rule, *judge, blocked)
                }
            };
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
    let mut report = session.report(selected, complete);
    if let Some(known) = known {
        known.apply(&mut report, settings.fails_from);
    }
    Ok(report)
}

/// The rules that the profile says the plugin breaks, with its reasons, and the others.
fn exceptions<'a>(
    selected: &[&'static Rule],
    profile: &'a Profile,
) -> (Vec<(&'static Rule, &'a str)>, Vec<&'static Rule>) {
    let reason_of = |rule: &Rule| {
        let mut exceptions = profile.exceptions.iter();
        let matches = |id: &str| select::pattern(id).is_ok_and(|pattern| pattern.matches(rule.id));
        exceptions
            .find(|exception| matches(&exception.rule))
            .map(|exception| exception.reason.as_str())
    };
    let (mut excepted, mut examined) = (Vec::new(), Vec::new());
    for &rule in selected {
        match reason_of(rule) {
            Some(reason) => excepted.push((rule, reason)),
            None => examined.push(rule),
        }
    }
    (excepted, examined)
}

/// The rule that a plugin has to pass before it can be called.
const LOADING: &str = "load/succeeds";

/// Why a run was not made.
const OUT_OF_TIME: &str = "the examination has taken three and a half minutes, and no further run is made; give it more time with --budget, such as --budget 10m";

/// Added to a failure that may be the machine's.
const BUSY_ONCE: &str =
    "the machine was busy, and the run could not be repeated: check again on an idle one";

/// The same of a run that was repeated.
const BUSY: &str =
    "the machine was busy, also when the run was repeated: check again on an idle one";

/// An examination in progress.
struct Session<'a> {
    plugin: &'a Plugin,
    test_bed: &'a TestBed,
    prepared: PreparedPlugin<'a>,
    settings: &'a Settings,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    verdicts: Verdicts,
    started: Instant,
    delays: Delays,
    chaos: Option<ChaosReport>,
    pace: Pace,
    /// When no run is begun any more.
    until: Option<Instant>,
    /// Why the plugin cannot be run, if it cannot.
    blocked: Option<String>,
}

impl Session<'_> {
    /// Judges the rules about the file.
    fn judge_file(&mut self, rules: &[(&'static Rule, FileJudge)]) {
        for (rule, judge) in rules {
            let inspection = &self.plugin.inspection;
            let judgement = match self.test_bed.wine_for(self.plugin) {
                Some(_) if rule.id == "file/machine" => rules::wine::machine(inspection),
                _ => judge(inspection),
            };
            let failed = matches!(judgement, Err(NotPassed::Failed(_)));
            // A library with a wrong signature can be loaded here.
            let blocks = rule.level == Level::Must && rule.id != "file/signed";
            if failed && blocks && self.blocked.is_none() {
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
        let jobs = self.without_excluded(jobs);
        let jobs: Vec<&Job> = jobs.iter().collect();
        let jobs = jobs.as_slice();
        let mut doubtful = self.make(jobs, self.pace.jobs, None);
        // Without the control run nothing is judged, so it gets one attempt more.
        if let Some((control, _)) = doubtful.iter().find(|(job, _)| job.control.is_some()) {
            let control = *control;
            doubtful.retain(|(job, _)| job.control.is_none());
            doubtful.extend(self.make(&[control], 1, None));
        }
        let again: Vec<&Job> = doubtful.iter().map(|(job, _)| *job).collect();
        let firsts = doubtful.into_iter().map(|(job, first)| (job.name, first));
        // Fewer at once, so that at least this examination does not keep the machine busy.
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let at_once = self.verdicts.cost().map_or(processors, |cost| {
            cost.at_once_again(again.len(), processors..=self.pace.jobs)
        });
        self.make(&again, at_once, Some(firsts.collect()));
        if self.cancel.is_cancelled() {
            return Err(TestBedError::Cancelled);
        }
        let loading = self.verdicts.report(LOADING);
        if loading.is_some_and(|report| report.verdict == Verdict::Fail) {
            self.blocked = Some(format!("it does not load: see {LOADING}"));
        }
        Ok(())
    }

    /// Makes runs, some at once, and judges them. Those that fail because of time while the machine is busy are returned
    /// without a judgement, to be repeated.
    ///
    /// With `firsts`, these are repetitions, and the records of the first runs. What cannot be repeated, for lack of time
    /// or because the user interrupts, is judged by its first run: a failure that was seen is not lost.
    fn make<'job>(
        &mut self,
        jobs: &[&'job Job],
        at_once: usize,
        mut firsts: Option<BTreeMap<&'static str, RunRecord>>,
    ) -> Vec<(&'job Job, RunRecord)> {
        let (test_bed, prepared, cancel) = (self.test_bed, &self.prepared, self.cancel);
        let (verdicts, progress, delays) = (&mut self.verdicts, self.progress, &self.delays);
        let other_hosts = verdicts.control().other_hosts.clone();
        let (budget, until) = (self.pace.budget, self.until);
        let (slots, share) = (&self.settings.slots, at_once);
        let mut doubtful = Vec::new();
        let counters: Vec<_> = jobs.iter().map(|_| CallCounter::default()).collect();
        let counter_of = |job: &Job| {
            let index = jobs.iter().position(|it| it.name == job.name);
            index.and_then(|index| counters.get(index).cloned())
        };
        run_all(
            jobs,
            at_once,
            cancel,
            |job| {
                if until.is_some_and(|until| Instant::now() > until) {
                    return Err(RunError::Unsupported(OUT_OF_TIME.to_owned()));
                }
                let _slot = slots.take(share);
                let counter = counter_of(job).unwrap_or_default();
                let since = delays.now();
                let spec = job.spec.within(budget);
                let spec = spec.beside(&other_hosts);
                let mut record = test_bed.run_counted(spec, prepared, &counter, cancel)?;
                if wine::may_be_the_systems(&record) {
                    record = test_bed.run_counted(spec, prepared, &counter, cancel)?;
                }
                let windows = record.observation.windows.as_ref();
                let inconclusive = windows.and_then(|it| it.inconclusive.as_deref());
                let upstream = record.upstream_failure().or(inconclusive);
                if let Some(reason) = upstream.or_else(|| record.upstream_without_permission()) {
                    return Err(RunError::Unsupported(reason.to_owned()));
                }
                Ok((record, delays.busy_since(&since)))
            },
            |job, event| match event {
                JobEvent::Started => progress.started(job.name),
                JobEvent::GivenBack => progress.stopped(job.name),
                JobEvent::Finished(result) => {
                    progress.stopped(job.name);
                    let reports = match *result {
                        Ok((mut record, busy)) => {
                            let doubted = busy && verdicts.doubts(job, &mut record);
                            match &mut firsts {
                                Some(firsts) => drop(firsts.remove(job.name)),
                                None if doubted => {
                                    doubtful.push((job, record));
                                    return;
                                }
                                None => {}
                            }
                            record.machine_was_busy = busy;
                            let mut reports = verdicts.judge_run(job, record);
                            if doubted {
                                reports.iter_mut().for_each(|it| verdicts.explain(it, BUSY));
                            }
                            reports
                        }
                        // A run that was cancelled shows nothing about the plugin.
                        Err(_) if cancel.is_cancelled() => Vec::new(),
                        // It is judged below.
                        Err(_) if firsts.is_some() => Vec::new(),
                        Err(error) => verdicts.run_not_made(job, error),
                    };
                    reports
                        .into_iter()
                        .for_each(|report| progress.finished(report));
                }
            },
            || {
                let counted = jobs.iter().zip(&counters);
                let counts = counted.map(|(job, counter)| Count {
                    run: job.name,
                    made: counter.made(),
                    all: job.calls(),
                });
                progress.counted(&counts.collect::<Vec<_>>());
            },
        );
        let mut firsts = firsts.unwrap_or_default();
        for job in jobs {
            let Some(first) = firsts.remove(job.name) else {
                continue;
            };
            let first = RunRecord {
                machine_was_busy: true,
                ..first
            };
            for mut report in verdicts.judge_run(job, first) {
                verdicts.explain(&mut report, BUSY_ONCE);
                progress.finished(report);
            }
        }
        doubtful
    }

    /// Sets the pace of the remaining runs, now that the cost of a call is known.
    fn set_pace(&mut self, jobs: &[&Job]) {
        let Settings {
            jobs: at_once,
            most_jobs,
            ref conditions,
            ..
        } = *self.settings;
        self.pace = match self.verdicts.cost() {
            Some(cost) => Pace::of(jobs, cost, at_once, most_jobs, conditions.budget),
            None => Pace {
                jobs: at_once,
                budget: conditions.budget,
            },
        };
    }

    /// The jobs without those whose rules are about a version of HTTP that the plugin does not speak.
    fn without_other_versions<'job>(&mut self, jobs: &[&'job Job]) -> Vec<&'job Job> {
        let mut others = Vec::new();
        for job in jobs {
            match self.verdicts.other_version(job) {
                Some(reason) => {
                    for report in self.verdicts.skipped(job, reason) {
                        self.progress.finished(report);
                    }
                }
                None => others.push(*job),
            }
        }
        others
    }

    /// Finds which of several hosts the plugin asks: it is the one whose deny response alone makes it return FAILED.
    /// Where none or more than one does, the faults of scenarios apply to all hosts.
    fn find_the_asked_host(&mut self) -> Result<(), TestBedError> {
        if self.test_bed.isolation().kind() != IsolationKind::Namespace
            || self.verdicts.control().answer != Some(SUCCESS)
        {
            return Ok(());
        }
        let (test_bed, prepared, cancel) = (self.test_bed, &self.prepared, self.cancel);
        let is_asked = |host: &&Candidate| {
            let spec = RunSpec::new(Scenario::DENY, ONE_CALL).beside(&host.other_hosts);
            // A run moves the calling thread into a network of its own.
            let record = std::thread::scope(|scope| {
                let run = scope.spawn(|| test_bed.run(spec.unwatched(), prepared, cancel));
                run.join().ok()?.ok()
            });
            let first = record.and_then(|record| record.calls().next().map(|call| call.value));
            first == Some(FAILED)
        };
        let candidates = self.verdicts.candidates().iter();
        let asked: Vec<Candidate> = candidates.filter(is_asked).cloned().collect();
        if cancel.is_cancelled() {
            return Err(TestBedError::Cancelled);
        }
        if let [host] = asked.as_slice() {
            self.verdicts.asks(host.clone());
        }
        Ok(())
    }

    /// Tries the random scenarios, unless the plugin cannot be run.
    fn chaos(&mut self) -> Result<(), TestBedError> {
        let Some(chaos) = self.settings.chaos.filter(|_| self.blocked.is_none()) else {
            return Ok(());
        };
        let bench = chaos::Bench {
            test_bed: self.test_bed,
            prepared: &self.prepared,
            control: self.verdicts.control(),
            jobs: self.settings.jobs,
            cancel: self.cancel,
        };
        self.chaos = Some(bench.run(chaos, self.progress)?);
        Ok(())
    }

    /// How many rules there are for this plugin.
    fn rule_count(&self) -> usize {
        rules::all().count() + self.settings.conditions.profile.named_responses().count()
    }

    /// Reports the rules that the plugin is known to break.
    fn note_exceptions(&mut self, excepted: &[(&'static Rule, &str)]) {
        for (rule, reason) in excepted {
            let judgement =
                NotPassed::Excepted(format!("a known exception of the profile: {reason}"));
            self.progress
                .finished(self.verdicts.record(rule, Err(judgement), None));
        }
    }

    fn report(self, selected: &[&'static Rule], complete: bool) -> PluginReport {
        let inspection = &self.plugin.inspection;
        let not_shown = self.verdicts.not_shown();
        let measurements = self.verdicts.measurements();
        let rule_count = self.rule_count();
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
            examined_under: self
                .test_bed
                .windows_for(self.plugin)
                .and_then(rules::wine::examined_under),
            profile: ProfileReport::of(
                &self.settings.conditions.profile,
                self.settings.conditions.assumed,
                self.settings.conditions.deadline,
            ),
            seconds: self.started.elapsed().as_secs_f64(),
            complete,
            not_shown,
            measurements,
            summary: Summary::of(&rules, self.settings.fails_from, rule_count)
                .for_complete(complete)
                .with_chaos(self.chaos.as_ref()),
            rules,
            chaos: self.chaos,
        }
    }
}

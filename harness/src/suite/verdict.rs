//! From judgements to the rules of a report.

use std::collections::{BTreeMap, BTreeSet};

use super::measured::{calls, measurements};
use super::pace::Cost;
use super::plan::Job;
use super::traffic::TrafficFolder;
use crate::report::{Measurements, NotShown, RuleReport, Verdict};
use crate::rules::{
    self, AllRunsJudge, Consequence, Evidence, Judgement, NamedRun, NotPassed, Rule, RunJudge,
};
use crate::run::control::Control;
use crate::run::hosts::Candidate;
use crate::run::{RunError, RunRecord};
use crate::testbed::mask::Masking;
use crate::testbed::transcript::{Event, TranscriptEntry};
use crate::worker::script::Step;

/// The number of transcript entries from the beginning that a report keeps: a redirect loop makes many.
const FIRST_ENTRIES: usize = 40;
/// The number of transcript entries from the end that a report keeps.
const LAST_ENTRIES: usize = 20;

/// The verdicts so far, and the records of the runs.
#[derive(Default)]
pub(super) struct Verdicts {
    reports: BTreeMap<&'static str, RuleReport>,
    /// What the control run showed. Until then every rule counts: the rules before it need nothing.
    evidence: Evidence,
    /// What a call of the run without faults took.
    cost: Option<Cost>,
    runs: Vec<(&'static str, RunRecord)>,
    /// The libraries of Wine with HTTP or TLS that a run had loaded.
    system_stack: BTreeSet<String>,
    traffic: TrafficFolder,
    /// What reports hide.
    masking: Masking,
}

impl Verdicts {
    /// None yet. The captures of failed runs go into `traffic`.
    pub(super) fn new(traffic: TrafficFolder, masking: Masking) -> Self {
        Self {
            traffic,
            masking,
            ..Self::default()
        }
    }

    /// Records the judgement on a rule, unless it needs what was not shown of the plugin.
    pub(super) fn record(
        &mut self,
        rule: &'static Rule,
        judgement: Judgement,
        record: Option<&RunRecord>,
    ) -> RuleReport {
        let (judgement, missing) = self.evidence.weigh(rule, judgement, record);
        let mut report = RuleReport::new(rule, Verdict::Pass);
        report.missing = missing;
        report.seconds = record.map_or(0.0, |record| record.observation.seconds);
        match judgement {
            Ok(seen) => report.seen = seen,
            Err(NotPassed::Skipped(reason)) => {
                report.verdict = Verdict::Skip;
                report.seen = reason;
            }
            Err(NotPassed::NotApplicable(reason)) => {
                report.verdict = Verdict::Skip;
                report.applicable = false;
                report.seen = reason;
            }
            Err(NotPassed::Excepted(reason)) => {
                report.verdict = Verdict::Skip;
                report.applicable = false;
                report.excepted = true;
                report.seen = reason;
            }
            Err(NotPassed::Failed(failure)) => {
                report.verdict = Verdict::Fail;
                report.level = failure.level.unwrap_or(rule.level);
                report.seen = failure.seen;
                report.help = failure.help.unwrap_or(rule.help).to_owned();
                report.consequence = Some(failure.consequence.unwrap_or(rule.consequence()));
                report.cause = failure.cause.map(str::to_owned);
                let entries = record.map(|record| record.transcript.entries.as_slice());
                report.transcript = for_people(entries.unwrap_or_default());
                report.calls = record.map(calls).unwrap_or_default();
                let capture = record.and_then(|record| record.capture.as_ref());
                report.pcap = self.traffic.add(capture, rule.id);
            }
        }
        report.seen = self.masking.text(&report.seen);
        self.keep(rule, report)
    }

    /// Whether a run fails, or shows nothing, in a way that may be the machine's: because of the time that something took.
    pub(super) fn doubts(&self, job: &Job, record: &mut RunRecord) -> bool {
        if record.calls_left_out > 0 {
            return true;
        }
        let is_about_time = job.rules.iter().any(|(rule, _)| rule.group() == "time");
        if !is_about_time && !record.is_of_time() {
            return false;
        }
        record.control.clone_from(&self.evidence.control);
        let late = record
            .calls()
            .any(|call| call.seconds > record.deadline_seconds());
        // What the control run does not show, each rule is skipped for: nothing is doubted because of it.
        let open = |judgement: &Judgement| {
            matches!(judgement, Err(NotPassed::Failed(_) | NotPassed::Skipped(_)))
        };
        let is_doubted = |(rule, judge): &(&'static Rule, RunJudge)| {
            let (judgement, missing) = self.evidence.weigh(rule, judge(record), Some(record));
            missing.is_none() && open(&judgement)
        };
        late || job.rules.iter().any(is_doubted)
            || job.control.is_some_and(|judge| open(&judge(record)))
    }

    /// Judges a run for each rule that needs it.
    pub(super) fn judge_run(&mut self, job: &Job, mut record: RunRecord) -> Vec<RuleReport> {
        if let Some(judge) = job.control {
            self.evidence = Evidence::of(&record, &judge(&record));
            self.cost = Some(Cost::of(&record));
        }
        if job.shows_version {
            self.evidence.add_version(&record);
        }
        if let Some(windows) = &record.observation.windows {
            self.system_stack.extend(windows.stack.iter().cloned());
        }
        record.control.clone_from(&self.evidence.control);
        let reports = job
            .rules
            .iter()
            .map(|(rule, judge)| {
                let judgement = unless_left_out(judge(&record), &record);
                self.record(rule, judgement, Some(&record))
            })
            .collect();
        // The records of all runs are kept to the end, and no report has more of a transcript than this.
        let kept = abridged(&record.transcript.entries);
        if kept.len() < record.transcript.entries.len() {
            record.transcript.left_out += record.transcript.entries.len() - kept.len() + 1;
            record.transcript.entries = kept;
        }
        self.runs.push((job.name, record));
        reports
    }

    /// Records that a run could not be made, for each rule that needs it.
    pub(super) fn run_not_made(&mut self, job: &Job, error: RunError) -> Vec<RuleReport> {
        if job.control.is_some() {
            let (RunError::Unsupported(reason)
            | RunError::NotApplicable(reason)
            | RunError::Failed(reason)
            | RunError::Exhausted(reason)) = &error;
            self.evidence = Evidence::none(reason);
        }
        match error {
            RunError::Unsupported(reason) => self.skipped(job, &reason),
            RunError::NotApplicable(reason) => job
                .rules
                .iter()
                .map(|(rule, _)| self.record(rule, Err(NotPassed::not_applicable(&reason)), None))
                .collect(),
            RunError::Failed(reason) | RunError::Exhausted(reason) => job
                .rules
                .iter()
                .map(|(rule, _)| {
                    let mut report = RuleReport::new(rule, Verdict::Error);
                    report.seen.clone_from(&reason);
                    self.keep(rule, report)
                })
                .collect(),
        }
    }

    /// Why a run shows nothing about the plugin, if all its rules are about a version of HTTP that the plugin does not speak.
    pub(super) fn other_version(&self, job: &Job) -> Option<&'static str> {
        if job.rules.is_empty() {
            return self.evidence.other_version(rules::find(job.name)?);
        }
        let reasons = job
            .rules
            .iter()
            .map(|(rule, _)| self.evidence.other_version(rule));
        reasons.collect::<Option<Vec<_>>>()?.first().copied()
    }

    /// Records that a run was skipped, for each rule that needs it.
    pub(super) fn skipped(&mut self, job: &Job, reason: &str) -> Vec<RuleReport> {
        job.rules
            .iter()
            .map(|(rule, _)| self.record(rule, Err(NotPassed::skipped(reason)), None))
            .collect()
    }

    /// Judges a rule over all runs that were made.
    pub(super) fn judge_all_runs(
        &mut self,
        rule: &'static Rule,
        judge: AllRunsJudge,
        blocked: Option<&str>,
    ) -> RuleReport {
        if let Some(reason) = blocked {
            return self.record(rule, Err(NotPassed::skipped(reason)), None);
        }
        let all: Vec<NamedRun<'_>> = self
            .runs
            .iter()
            .filter(|(_, record)| !record.script.iter().any(Step::is_exceptional))
            .map(|(rule, record)| NamedRun { rule, record })
            .collect();
        let judgement = judge(&all);
        // A failure in one run is reported with that run's transcript.
        let transcript = match &judgement {
            Err(NotPassed::Failed(failure)) => all
                .iter()
                .find(|named| Some(named.rule) == failure.run)
                .map(|named| {
                    let record = named.record;
                    let entries = for_people(&record.transcript.entries);
                    (entries, calls(record), record.capture.clone())
                }),
            _ => None,
        };
        let mut report = self.record(rule, judgement, None);
        if let Some((transcript, calls, capture)) = transcript
            && report.verdict == Verdict::Fail
        {
            report.transcript = transcript;
            report.calls = calls;
            report.pcap = self.traffic.add(capture.as_ref(), rule.id);
        }
        self.keep(rule, report)
    }

    /// What the run without faults showed of how the plugin asks.
    pub(super) fn control(&self) -> &Control {
        &self.evidence.control
    }

    pub(super) fn cost(&self) -> Option<Cost> {
        self.cost
    }

    /// The libraries of Wine with HTTP or TLS that the plugin was seen to use.
    pub(super) fn system_stack(&self) -> &BTreeSet<String> {
        &self.system_stack
    }

    /// The hosts that the plugin may ask, if it uses several.
    pub(super) fn candidates(&self) -> &[Candidate] {
        &self.evidence.candidates
    }

    /// Records which host the plugin asks.
    pub(super) fn asks(&mut self, host: Candidate) {
        self.evidence.control.question = Some(host.question);
        self.evidence.control.other_hosts = host.other_hosts;
    }

    /// What the run without faults did not show, if a rule was skipped because of it.
    pub(super) fn not_shown(&self) -> Vec<NotShown> {
        let needed = |precondition| {
            self.reports
                .values()
                .any(|report| report.missing == Some(precondition))
        };
        self.evidence
            .all_missing()
            .filter(|(precondition, _)| needed(*precondition))
            .map(|(precondition, reason)| NotShown {
                precondition,
                reason: self.masking.text(reason),
            })
            .collect()
    }

    /// What was measured in the runs.
    pub(super) fn measurements(&self) -> Measurements {
        measurements(&self.runs)
    }

    /// The report on a rule, if it has been judged.
    pub(super) fn report(&self, id: &str) -> Option<&RuleReport> {
        self.reports.get(id)
    }

    /// Adds to what was seen where a rule failed.
    pub(super) fn explain_failure(&mut self, id: &str, why: &str) {
        if let Some(report) = self.reports.get_mut(id)
            && report.verdict == Verdict::Fail
        {
            report.seen = format!("{}; {why}", report.seen);
        }
    }

    /// The same of what is not shown, too, and to a report that is still to be given to the user. What shares without permission
    /// does so on any machine.
    pub(super) fn explain(&mut self, report: &mut RuleReport, why: &str) {
        if report.consequence == Some(Consequence::Shares) {
            return;
        }
        if let Some(kept) = self.reports.get_mut(report.id.as_str())
            && (kept.verdict == Verdict::Fail
                || (kept.verdict == Verdict::Skip && kept.applicable && kept.missing.is_none()))
        {
            kept.seen = format!("{}; {why}", kept.seen);
            report.seen.clone_from(&kept.seen);
        }
    }

    /// All reports, in the order in which the rules were selected.
    pub(super) fn into_reports(mut self, selected: &[&'static Rule]) -> Vec<RuleReport> {
        selected
            .iter()
            .filter_map(|rule| self.reports.remove(rule.id))
            .collect()
    }

    fn keep(&mut self, rule: &'static Rule, report: RuleReport) -> RuleReport {
        self.reports.insert(rule.id, report.clone());
        report
    }
}

/// What a judge says of a run that is not known in full: a failure was seen, and a pass was not.
fn unless_left_out(judgement: Judgement, record: &RunRecord) -> Judgement {
    let left_out = record.calls_left_out;
    match judgement {
        Ok(_) | Err(NotPassed::Skipped(_)) if left_out > 0 => Err(NotPassed::skipped(format!(
            "there was time for {} of {} calls; give it more with --budget, such as --budget 10m",
            record.calls().count(),
            record.calls().count() + left_out
        ))),
        other => other,
    }
}

/// [`abridged`], as it is shown to people.
fn for_people(transcript: &[TranscriptEntry]) -> Vec<TranscriptEntry> {
    let entries = abridged(transcript).into_iter();
    entries.map(TranscriptEntry::for_people).collect()
}

/// The beginning and the end of a long transcript, with a note about the entries left out.
fn abridged(transcript: &[TranscriptEntry]) -> Vec<TranscriptEntry> {
    let Some(left_out) = transcript
        .len()
        .checked_sub(FIRST_ENTRIES + LAST_ENTRIES)
        .filter(|&n| n > 0)
    else {
        return transcript.to_vec();
    };
    let (head, rest) = transcript.split_at(FIRST_ENTRIES);
    let note = TranscriptEntry {
        event: Event::Note {
            connection: 0,
            what: format!("{left_out} entries are left out here"),
        },
        revealed: None,
        ..rest[0].clone()
    };
    let tail = &rest[left_out..];
    [head, &[note], tail].concat()
}

//! From judgements to the rules of a report.

use std::collections::BTreeMap;

use super::plan::Job;
use crate::report::{RuleReport, Verdict};
use crate::rules::{AllRunsJudge, Judgement, NamedRun, NotPassed, Rule};
use crate::run::{RunError, RunRecord};
use crate::testbed::transcript::{Event, TranscriptEntry};

/// The number of transcript entries from the beginning that a report keeps: a redirect loop makes many.
const FIRST_ENTRIES: usize = 40;
/// The number of transcript entries from the end that a report keeps.
const LAST_ENTRIES: usize = 20;

/// The verdicts so far, and the records of the runs.
#[derive(Default)]
pub(super) struct Verdicts {
    reports: BTreeMap<&'static str, RuleReport>,
    runs: Vec<(&'static str, RunRecord)>,
}

impl Verdicts {
    /// Records the judgement on a rule.
    pub(super) fn record(
        &mut self,
        rule: &'static Rule,
        judgement: Judgement,
        seconds: f64,
        transcript: &[TranscriptEntry],
    ) -> RuleReport {
        let mut report = RuleReport::new(rule, Verdict::Pass);
        report.seconds = seconds;
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
            Err(NotPassed::Failed { level, seen, .. }) => {
                report.verdict = Verdict::Fail;
                report.level = level.unwrap_or(rule.level);
                report.seen = seen;
                report.help = rule.help.to_owned();
                report.transcript = abridged(transcript);
            }
        }
        self.keep(rule, report)
    }

    /// Judges a run for each rule that needs it.
    pub(super) fn judge_run(&mut self, job: &Job, mut record: RunRecord) -> Vec<RuleReport> {
        let seconds = record.observation.seconds;
        let reports = job
            .rules
            .iter()
            .map(|(rule, judge)| {
                self.record(rule, judge(&record), seconds, &record.transcript.entries)
            })
            .collect();
        // The records of all runs are kept to the end, and no report has more of a transcript than this.
        record.transcript.entries = abridged(&record.transcript.entries);
        self.runs.push((job.name, record));
        reports
    }

    /// Records that a run could not be made, for each rule that needs it.
    pub(super) fn run_not_made(&mut self, job: &Job, error: RunError) -> Vec<RuleReport> {
        match error {
            RunError::Unsupported(reason) => self.skipped(job, &reason),
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

    /// Records that a run was skipped, for each rule that needs it.
    pub(super) fn skipped(&mut self, job: &Job, reason: &str) -> Vec<RuleReport> {
        job.rules
            .iter()
            .map(|(rule, _)| self.record(rule, Err(NotPassed::skipped(reason)), 0.0, &[]))
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
            return self.record(rule, Err(NotPassed::skipped(reason)), 0.0, &[]);
        }
        let all: Vec<NamedRun<'_>> = self
            .runs
            .iter()
            .map(|(rule, record)| NamedRun { rule, record })
            .collect();
        let judgement = judge(&all);
        // A failure in one run is reported with that run's transcript.
        let transcript = match judgement {
            Err(NotPassed::Failed { run, .. }) => all
                .iter()
                .find(|named| Some(named.rule) == run)
                .map(|named| named.record.transcript.entries.clone()),
            _ => None,
        };
        self.record(rule, judgement, 0.0, &transcript.unwrap_or_default())
    }

    /// The report on a rule, if it has been judged.
    pub(super) fn report(&self, id: &str) -> Option<&RuleReport> {
        self.reports.get(id)
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
        ..rest[0].clone()
    };
    let tail = &rest[left_out..];
    [head, &[note], tail].concat()
}

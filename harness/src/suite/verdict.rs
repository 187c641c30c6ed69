//! From judgements to the lines of a report.

use std::collections::BTreeMap;

use super::plan::Job;
use super::room::RunError;
use crate::report::{RuleReport, Verdict};
use crate::rules::{Examination, Examined, Judgement, Limits, Rule};
use crate::worker::observation::Observation;
use crate::world::transcript::{Entry, Event};

/// So many transcript entries from the beginning go into a report: a redirect loop makes many.
const HEAD: usize = 40;
/// And so many from the end.
const TAIL: usize = 20;

/// The verdicts as they come in.
pub(super) struct Verdicts {
    selected: Vec<&'static Rule>,
    limits: Limits,
    reports: BTreeMap<&'static str, RuleReport>,
    seen: Vec<(
        &'static str,
        &'static [crate::worker::script::Step],
        Observation,
    )>,
}

impl Verdicts {
    pub(super) fn new(selected: &[&'static Rule], limits: Limits) -> Self {
        Self {
            selected: selected.to_vec(),
            limits,
            reports: BTreeMap::new(),
            seen: Vec::new(),
        }
    }

    /// Keeps a judgement.
    pub(super) fn judged(
        &mut self,
        rule: &'static Rule,
        judgement: Judgement,
        seconds: f64,
        transcript: &[Entry],
    ) -> RuleReport {
        let mut report = RuleReport {
            id: rule.id.to_owned(),
            level: rule.level,
            verdict: Verdict::Pass,
            expected: rule.expected.to_owned(),
            seen: String::new(),
            cure: String::new(),
            seconds,
            transcript: Vec::new(),
        };
        match judgement {
            Judgement::Holds(seen) => report.seen = seen,
            Judgement::Skipped(reason) => {
                report.verdict = Verdict::Skip;
                report.seen = reason;
            }
            Judgement::Broken { level, seen, .. } => {
                report.verdict = Verdict::Fail;
                report.level = level.unwrap_or(rule.level);
                report.seen = seen;
                report.cure = rule.cure.to_owned();
                report.transcript = abridged(transcript);
            }
        }
        self.keep(rule, report)
    }

    /// Judges a run for each rule that wanted it.
    pub(super) fn observed(&mut self, job: &Job, observation: Observation) -> Vec<RuleReport> {
        let examined = super::examined(job, &observation, self.limits);
        let mut reports = Vec::new();
        for &rule in &job.rules {
            if !self.is_selected(rule) {
                continue;
            }
            if let Examination::Run(run) = rule.examination {
                let judgement = (run.judge)(&Examined {
                    rule: rule.id,
                    ..examined
                });
                reports.push(self.judged(
                    rule,
                    judgement,
                    observation.seconds,
                    &observation.transcript.entries,
                ));
            }
        }
        self.seen.push((job.name(), job.run.script, observation));
        reports
    }

    /// The rules of a run that the harness could not make.
    pub(super) fn in_error(&mut self, job: &Job, error: &RunError) -> Vec<RuleReport> {
        let judgement = match error {
            RunError::Unsupported(reason) => Ok(Judgement::skipped(reason.clone())),
            RunError::Failed(reason) => Err(reason.clone()),
        };
        self.all_of(job, &judgement)
    }

    /// The rules of a run that was not made.
    pub(super) fn skipped(&mut self, job: &Job, reason: &str) -> Vec<RuleReport> {
        self.all_of(job, &Ok(Judgement::skipped(reason)))
    }

    /// Judges a rule over everything that was seen.
    pub(super) fn over_all(&mut self, rule: &'static Rule, blocked: Option<&str>) -> RuleReport {
        let Examination::Every(judge) = rule.examination else {
            unreachable!("the plan keeps only such rules here")
        };
        if let Some(reason) = blocked {
            return self.judged(rule, Judgement::skipped(reason), 0.0, &[]);
        }
        let all: Vec<Examined<'_>> = self
            .seen
            .iter()
            .map(|(name, script, observation)| Examined {
                rule: name,
                script,
                observation,
                limits: self.limits,
            })
            .collect();
        let judgement = judge(&all);
        // What is broken in one run is told with what the world of that run saw.
        let transcript = match judgement {
            Judgement::Broken { run, .. } => all
                .iter()
                .find(|examined| Some(examined.rule) == run)
                .map(|examined| examined.observation.transcript.entries.clone()),
            _ => None,
        };
        self.judged(rule, judgement, 0.0, &transcript.unwrap_or_default())
    }

    /// The report on a rule, if there is one already.
    pub(super) fn report(&self, id: &str) -> Option<&RuleReport> {
        self.reports.get(id)
    }

    /// All reports, in the order in which the rules were selected.
    pub(super) fn into_reports(mut self) -> Vec<RuleReport> {
        self.selected
            .iter()
            .filter_map(|rule| self.reports.remove(rule.id))
            .collect()
    }

    fn all_of(&mut self, job: &Job, judgement: &Result<Judgement, String>) -> Vec<RuleReport> {
        let selected: Vec<_> = job
            .rules
            .iter()
            .copied()
            .filter(|rule| self.is_selected(rule))
            .collect();
        selected
            .into_iter()
            .map(|rule| match judgement {
                Ok(judgement) => self.judged(rule, judgement.clone(), 0.0, &[]),
                Err(reason) => {
                    let report = RuleReport {
                        id: rule.id.to_owned(),
                        level: rule.level,
                        verdict: Verdict::Error,
                        expected: rule.expected.to_owned(),
                        seen: reason.clone(),
                        cure: String::new(),
                        seconds: 0.0,
                        transcript: Vec::new(),
                    };
                    self.keep(rule, report)
                }
            })
            .collect()
    }

    fn is_selected(&self, rule: &Rule) -> bool {
        self.selected.iter().any(|selected| selected.id == rule.id)
    }

    fn keep(&mut self, rule: &'static Rule, report: RuleReport) -> RuleReport {
        self.reports.insert(rule.id, report.clone());
        report
    }
}

/// The beginning and the end of a long transcript, with a note of what is left out.
fn abridged(transcript: &[Entry]) -> Vec<Entry> {
    let Some(left_out) = transcript.len().checked_sub(HEAD + TAIL).filter(|&n| n > 0) else {
        return transcript.to_vec();
    };
    let (head, rest) = transcript.split_at(HEAD);
    let note = Entry {
        event: Event::Note {
            connection: 0,
            what: format!("{left_out} entries are left out here"),
        },
        ..rest[0].clone()
    };
    let tail = &rest[left_out..];
    [head, &[note], tail].concat()
}

//! The plan of an examination: the runs that the selected rules need, each made once.

use crate::rules::{self, AllRunsJudge, Examination, FileJudge, Precondition, Rule, RunJudge};
use crate::run::RunSpec;
use crate::worker::script::Step;

/// A run and the rules that are judged from it.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) spec: RunSpec<'static>,
    /// The id of the first rule that needs it, which is the run's name.
    pub(super) name: &'static str,
    /// The selected rules that are judged from it, in the order of the table. Empty if only rules over all runs need it.
    pub(super) rules: Vec<(&'static Rule, RunJudge)>,
    /// The judge of answer/entitled, if this is its run: the run without faults, which shows what other rules need.
    pub(super) control: Option<RunJudge>,
    /// Whether it shows if the plugin speaks HTTP/2, which other rules need.
    pub(super) shows_version: bool,
}

/// The rule whose run shows what other rules need of the plugin.
const CONTROL: &str = "answer/entitled";

/// The rule in whose run the server prefers HTTP/2.
const VERSION: &str = "http/http-2";

impl Job {
    /// How many calls and rounds its script has.
    pub(super) fn calls(&self) -> u64 {
        self.spec.script.iter().map(Step::max_calls).sum()
    }

    /// A rough estimate of its duration, without a unit: a run that waits for the deadline or
    /// makes many rounds starts first, so that no long run starts last.
    fn weight(&self) -> u32 {
        let steps: u32 = self.spec.script.iter().map(step_weight).sum();
        steps + if self.spec.scenario.stalls() { 1000 } else { 0 }
    }
}

fn step_weight(step: &Step) -> u32 {
    match step {
        Step::Rounds { count, .. } => 2 * count,
        Step::Call { times, .. } => *times,
        Step::CallUnder { times, .. } => *times,
        Step::CallConcurrently { threads, calls } => threads * calls,
        Step::CallSequentially { threads } => *threads,
        Step::IdleWithLoad { milliseconds } => *milliseconds,
        Step::ChangeScenario(scenario) if scenario.stalls() => 1000,
        Step::Load { .. }
        | Step::Unload { .. }
        | Step::LoadCopy
        | Step::CallCopy
        | Step::UnloadCopy
        | Step::SpawnThread { .. }
        | Step::JoinThread { .. }
        | Step::MeasuredCall
        | Step::CancelledCall { .. }
        | Step::CallInFork
        | Step::CallWithClockSetBack
        | Step::LeaveZombie
        | Step::Watch
        | Step::Snapshot
        | Step::ChangeScenario(_) => 1,
    }
}

/// Everything that an examination does.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Rules that are judged from the file.
    pub(super) files: Vec<(&'static Rule, FileJudge)>,
    /// The runs, the longest first.
    pub(super) jobs: Vec<Job>,
    /// Rules that judge all runs.
    pub(super) all_runs: Vec<(&'static Rule, AllRunsJudge)>,
}

impl Plan {
    /// The plan for these rules. A rule that judges all runs adds the runs of all rules, selected
    /// or not: over a part of them, it would show little.
    pub(super) fn new(selected: &[&'static Rule]) -> Self {
        let mut plan = Self::default();
        for &rule in selected {
            match rule.examination {
                Examination::File(judge) => plan.files.push((rule, judge)),
                Examination::Run(spec, judge) => plan.job(spec, rule).rules.push((rule, judge)),
                Examination::AllRuns(judge) => plan.all_runs.push((rule, judge)),
            }
        }
        if !plan.all_runs.is_empty() {
            for rule in rules::all() {
                if let Examination::Run(spec, _) = rule.examination {
                    plan.job(spec, rule);
                }
            }
        }
        if selected.iter().any(|rule| !rule.needs.is_empty())
            && let Some(rule) = rules::find(CONTROL)
            && let Examination::Run(spec, judge) = rule.examination
        {
            plan.job(spec, rule).control = Some(judge);
        }
        let needs_version = |job: &Job| {
            let rules = job.rules.iter().map(|(rule, _)| *rule);
            rules
                .chain(rules::find(job.name))
                .any(|rule| rule.needs.contains(&Precondition::SpeaksHttp2))
        };
        if plan.jobs.iter().any(needs_version)
            && let Some(rule) = rules::find(VERSION)
            && let Examination::Run(spec, _) = rule.examination
        {
            plan.job(spec, rule).shows_version = true;
        }
        plan.jobs.sort_by_key(|job| std::cmp::Reverse(job.weight()));
        plan
    }

    /// The job that makes this run; a new one, named after the rule, if there is none yet.
    fn job(&mut self, spec: RunSpec<'static>, rule: &'static Rule) -> &mut Job {
        let known = self.jobs.iter().position(|job| job.spec == spec);
        let index = known.unwrap_or_else(|| {
            self.jobs.push(Job {
                spec,
                name: rule.id,
                rules: Vec::new(),
                control: None,
                shows_version: false,
            });
            self.jobs.len() - 1
        });
        &mut self.jobs[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_with_the_same_scenario_and_script_share_a_run() {
        let two: Vec<_> = rules::all()
            .filter(|rule| ["answer/entitled", "answer/not-entitled"].contains(&rule.id))
            .collect();
        let plan = Plan::new(&two);
        // The run without faults, which shows what the second rule needs, is the run of the first one.
        assert_eq!(plan.jobs.len(), 2);
        assert!(
            plan.jobs
                .iter()
                .any(|job| job.rules.len() == 1 && job.control.is_some())
        );
    }

    #[test]
    fn a_rule_over_all_runs_adds_them_all() {
        let alone: Vec<_> = rules::all()
            .filter(|rule| rule.id == "time/deadline")
            .collect();
        let plan = Plan::new(&alone);
        let everything: Vec<_> = rules::all().collect();
        assert_eq!(plan.jobs.len(), Plan::new(&everything).jobs.len());
    }

    #[test]
    fn the_longest_run_starts_first() {
        let everything: Vec<_> = rules::all().collect();
        assert_eq!(Plan::new(&everything).jobs[0].name, "answer/consistent");
    }
}

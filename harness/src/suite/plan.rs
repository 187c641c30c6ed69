//! What has to be done for the rules that were selected, without doing a
//! thing twice.

use crate::rules::{self, AllRunsJudge, Examination, FileJudge, Rule, RunJudge};
use crate::run::RunSpec;
use crate::worker::script::Step;

/// A run and the rules that are judged from it.
#[derive(Debug)]
pub(super) struct Job {
    /// What is done.
    pub(super) spec: RunSpec<'static>,
    /// The id of the first rule that wants it, by which the run is named.
    pub(super) name: &'static str,
    /// The selected rules that want it, in the order of the table. None, where only rules that look at every run do.
    pub(super) rules: Vec<(&'static Rule, RunJudge)>,
}

impl Job {
    /// How long it may well take, in rough units: what waits for a deadline and
    /// what makes many rounds goes first, so that nothing long begins last.
    fn weight(&self) -> u32 {
        let steps: u32 = self.spec.script.iter().map(step_weight).sum();
        steps + if self.spec.scenario.stalls() { 1000 } else { 0 }
    }
}

fn step_weight(step: &Step) -> u32 {
    match step {
        Step::Rounds { count, .. } => 2 * count,
        Step::Call { times, .. } => *times,
        Step::CallConcurrently { threads, calls } => threads * calls,
        Step::CallSequentially { threads } => *threads,
        Step::IdleWithLoad { milliseconds } => *milliseconds,
        Step::ChangeScenario(scenario) if scenario.stalls() => 1000,
        Step::Load { .. }
        | Step::Unload { .. }
        | Step::SpawnThread { .. }
        | Step::JoinThread { .. }
        | Step::LeaveZombie
        | Step::Snapshot
        | Step::ChangeScenario(_) => 1,
    }
}

/// All that has to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Rules that are read off the file.
    pub(super) files: Vec<(&'static Rule, FileJudge)>,
    /// Runs, the longest first.
    pub(super) jobs: Vec<Job>,
    /// Rules that look at all runs.
    pub(super) all_runs: Vec<(&'static Rule, AllRunsJudge)>,
}

impl Plan {
    /// The plan for these rules. A rule that looks at every run brings all
    /// runs with it: seen over nothing, it would say nothing.
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
    fn rules_with_the_same_world_and_script_share_a_run() {
        let host: Vec<_> = rules::all()
            .filter(|rule| rule.id == "host/threads" || rule.id == "host/folder")
            .collect();
        let plan = Plan::new(&host);
        assert_eq!(plan.jobs.len(), 1);
        assert_eq!(plan.jobs[0].rules.len(), 2);
    }

    #[test]
    fn a_rule_over_every_run_brings_them_all() {
        let alone: Vec<_> = rules::all()
            .filter(|rule| rule.id == "time/deadline")
            .collect();
        let plan = Plan::new(&alone);
        let everything: Vec<_> = rules::all().collect();
        assert_eq!(plan.jobs.len(), Plan::new(&everything).jobs.len());
    }

    #[test]
    fn what_wears_out_begins_first() {
        let everything: Vec<_> = rules::all().collect();
        assert_eq!(Plan::new(&everything).jobs[0].name, "load/wears-out");
    }
}

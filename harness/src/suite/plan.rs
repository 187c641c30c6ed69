//! What has to be done for the rules that were selected, without doing a
//! thing twice.

use crate::rules::{self, Examination, Rule, Run};
use crate::worker::script::Step;
use crate::world::{Dns, Http, Tcp, Tls};

/// A run and the rules that are judged from it.
#[derive(Debug)]
pub(super) struct Job {
    /// What is done.
    pub(super) run: Run,
    /// The rules that want it, in the order of the table. At least one.
    pub(super) rules: Vec<&'static Rule>,
}

impl Job {
    /// The first of its rules, by which the run is named.
    pub(super) fn name(&self) -> &'static str {
        self.rules[0].id
    }

    /// How long it may well take, in rough units: what waits for a deadline and
    /// what makes many rounds goes first, so that nothing long begins last.
    fn weight(&self) -> u32 {
        let world = self.run.world;
        let waits = matches!(
            world.dns,
            Dns::Silent | Dns::Garbage | Dns::DeadFirstAddress
        ) || world.tcp == Tcp::Silent
            || world.tls == Tls::Silent
            || matches!(
                world.http,
                Http::Silent | Http::DripBody | Http::EndlessBody | Http::EndlessHeaders
            );
        let steps: u32 = self
            .run
            .script
            .iter()
            .map(|step| match step {
                Step::Rounds { count, .. } => 2 * count,
                Step::Call { times, .. } => *times,
                Step::Together { threads, calls } => threads * calls,
                Step::InTurn { threads } => *threads,
                Step::LiveOn { milliseconds } => *milliseconds,
                Step::Shift(world) if world.dns == Dns::Silent => 1000,
                _ => 1,
            })
            .sum();
        steps + if waits { 1000 } else { 0 }
    }
}

/// All that has to be done.
#[derive(Debug)]
pub(super) struct Plan {
    /// Rules that are read off the file.
    pub(super) files: Vec<&'static Rule>,
    /// Runs, the longest first.
    pub(super) jobs: Vec<Job>,
    /// Rules that look at all runs.
    pub(super) everies: Vec<&'static Rule>,
}

impl Plan {
    /// The plan for these rules. A rule that looks at every run brings all
    /// runs with it: seen over nothing, it would say nothing.
    pub(super) fn new(selected: &[&'static Rule]) -> Self {
        let mut plan = Self {
            files: Vec::new(),
            jobs: Vec::new(),
            everies: Vec::new(),
        };
        for &rule in selected {
            match rule.examination {
                Examination::File(_) => plan.files.push(rule),
                Examination::Run(run) => plan.want(run, rule),
                Examination::Every(_) => plan.everies.push(rule),
            }
        }
        if !plan.everies.is_empty() {
            for rule in rules::all() {
                if let Examination::Run(run) = rule.examination
                    && !selected.iter().any(|chosen| chosen.id == rule.id)
                {
                    plan.want(run, rule);
                }
            }
        }
        plan.jobs.sort_by_key(|job| std::cmp::Reverse(job.weight()));
        plan
    }

    fn want(&mut self, run: Run, rule: &'static Rule) {
        match self.jobs.iter_mut().find(|job| job.run.same_conduct(&run)) {
            Some(job) => job.rules.push(rule),
            None => self.jobs.push(Job {
                run,
                rules: vec![rule],
            }),
        }
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
        assert_eq!(Plan::new(&everything).jobs[0].name(), "load/wears-out");
    }
}

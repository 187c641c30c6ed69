//! What of an examination is left out for a plugin for Windows that is run under Wine.

use super::Session;
use super::plan::Job;
use crate::rules::{NotPassed, Rule, wine};

impl Session<'_> {
    /// The library of Wine with HTTP or TLS that the plugin uses, if it uses one.
    fn wine_stack(&self) -> Option<&'static str> {
        let imported = &self.plugin.inspection.needed;
        wine::stack(imported).or_else(|| wine::stack(self.verdicts.wine_stack()))
    }

    /// Why a rule is not judged, if it is not: under Wine only.
    pub(super) fn excluded(&self, rule: &Rule) -> Option<NotPassed> {
        self.test_bed.wine_for(self.plugin)?;
        wine::excluded(rule, self.wine_stack())
    }

    /// The jobs that can show something, with the rules that they can show; reports on the others.
    pub(super) fn without_excluded(&mut self, jobs: &[&Job]) -> Vec<Job> {
        let mut kept = Vec::with_capacity(jobs.len());
        for job in jobs {
            let mut job = (*job).clone();
            let all = std::mem::take(&mut job.rules);
            let only_for_all_runs = all.is_empty();
            for (rule, judge) in all {
                match self.excluded(rule) {
                    Some(reason) => {
                        let report = self.verdicts.record(rule, Err(reason), None);
                        self.progress.finished(report);
                    }
                    None => job.rules.push((rule, judge)),
                }
            }
            let is_under_wine = self.test_bed.wine_for(self.plugin).is_some();
            let shows_nothing = (job.rules.is_empty() && !only_for_all_runs)
                || (is_under_wine && wine::excluded_run(&job.spec, self.wine_stack()).is_some());
            if job.control.is_some() || !shows_nothing || !is_under_wine {
                kept.push(job);
            }
        }
        kept
    }
}

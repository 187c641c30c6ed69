//! What of an examination is left out for a plugin that is run on Windows, or under Wine.

use super::Session;
use super::plan::Job;
use crate::rules::{NotPassed, Rule, wine};
use crate::run::RunRecord;
use crate::worker::wine::WindowsKind;

/// Whether a run of a plugin for Windows ended in a way that may be Wine's: the library does not load, as happens once in
/// some hundred runs on a busy machine, or the crash is in one of Wine's own libraries. A second run shows which it is.
pub(super) fn may_be_the_systems(record: &RunRecord) -> bool {
    let Some(windows) = &record.observation.windows else {
        return false;
    };
    windows.inconclusive.is_some() || record.load_error().is_some()
}

impl Session<'_> {
    /// What runs the plugin, if it is one for Windows.
    fn windows(&self) -> Option<WindowsKind<'_>> {
        self.test_bed.windows_for(self.plugin)
    }

    /// The library of the system with HTTP or TLS that the plugin uses, if it uses one.
    fn system_stack(&self) -> Option<&'static str> {
        let imported = &self.plugin.inspection.needed;
        wine::stack(imported).or_else(|| wine::stack(self.verdicts.system_stack()))
    }

    /// Why a rule is not judged, if it is not: of a plugin for Windows only.
    pub(super) fn excluded(&self, rule: &Rule) -> Option<NotPassed> {
        wine::excluded(rule, self.windows()?, self.system_stack())
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
            let shows_nothing = self.windows().is_some_and(|on| {
                (job.rules.is_empty() && !only_for_all_runs)
                    || wine::excluded_run(&job.spec, on, self.system_stack()).is_some()
            });
            if job.control.is_some() || !shows_nothing {
                kept.push(job);
            }
        }
        kept
    }
}

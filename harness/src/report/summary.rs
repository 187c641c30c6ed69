//! The overall result for one plugin.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChaosReport, RuleReport, Verdict};
use crate::rules::Level;

/// The overall result for one plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The number of rules that passed.
    pub pass: usize,
    /// The number of rules that failed, at any level.
    pub fail: usize,
    /// The number of rules that were skipped.
    pub skip: usize,
    /// The number of rules that could not be examined because of a harness error.
    pub error: usize,
    /// The number of rules that were not selected.
    pub left_out: usize,
    /// The number of those skipped that the profile names as known exceptions: the verdict is one but for them.
    #[serde(default)]
    pub excepted: usize,
    /// The number of rules that failed and are known to fail, by a file of known failures.
    #[serde(default)]
    pub known: usize,
    /// Whether all rules were selected, every one of a level that counts passed, and none is in error. `must` rules
    /// count; with `--strict`, `should` rules count too.
    pub conformant: bool,
    /// Whether a rule of a level that counts failed.
    pub failed: bool,
    /// Whether no rule of a level that counts failed or is in error, but some were skipped or nothing passed.
    pub undecided: bool,
}

/// The rules without which there is no verdict on the plugin: they count, and could not be examined.
pub(super) fn unexamined(
    rules: &[RuleReport],
    fails_from: Level,
) -> impl Iterator<Item = &RuleReport> {
    rules.iter().filter(move |rule| {
        rule.verdict == Verdict::Skip && rule.applicable && rule.level >= fails_from
    })
}

impl Summary {
    /// Counts the verdicts. Rules below the level `fails_from` do not count for conformance. `existing` is the number
    /// of all rules: without some of them there is no verdict on the plugin.
    pub fn of(rules: &[RuleReport], fails_from: Level, existing: usize) -> Self {
        let count = |verdict: Verdict| rules.iter().filter(|rule| rule.verdict == verdict).count();
        let failed = rules
            .iter()
            .any(|rule| rule.verdict == Verdict::Fail && rule.level >= fails_from);
        let unexamined = unexamined(rules, fails_from).next().is_some();
        let mut summary = Self {
            pass: count(Verdict::Pass),
            fail: count(Verdict::Fail),
            skip: count(Verdict::Skip),
            error: count(Verdict::Error),
            left_out: existing.saturating_sub(rules.len()),
            excepted: rules.iter().filter(|rule| rule.excepted).count(),
            known: count(Verdict::XFail),
            conformant: false,
            failed,
            undecided: false,
        };
        let sound = !failed && summary.error == 0;
        let passed = sound && !unexamined && summary.pass > 0;
        summary.conformant = passed && summary.left_out == 0;
        summary.undecided = sound && !passed;
        summary
    }

    /// An examination that was interrupted decides nothing, unless a rule failed before.
    #[must_use]
    pub fn for_complete(mut self, complete: bool) -> Self {
        if !complete {
            self.conformant = false;
            self.undecided = !self.failed && self.error == 0;
        }
        self
    }

    /// The same, with what random scenarios showed.
    #[must_use]
    pub fn with_chaos(mut self, chaos: Option<&ChaosReport>) -> Self {
        if let Some(chaos) = chaos {
            self.error += chaos.errors.len();
            if chaos.failed > 0 {
                self.failed = true;
                self.undecided = false;
            }
            self.conformant &= !self.failed && self.error == 0;
        }
        self
    }

    /// The verdict on the plugin in one or two words. Equal words are equal exit codes: those of `nothing was examined`
    /// and `undecided` are 4, and `no verdict` is 0, since what was selected passed.
    pub fn verdict(&self) -> &'static str {
        if self.conformant {
            "conformant"
        } else if self.error > 0 {
            "harness error"
        } else if self.failed {
            "not conformant"
        } else if self.examined() == 0 {
            "nothing was examined"
        } else if self.undecided {
            "undecided"
        } else {
            "no verdict"
        }
    }

    /// The verdict in a few words, with what limits it.
    pub fn describe(&self) -> String {
        let verdict = self.verdict();
        let mut limits = Vec::new();
        if self.conformant {
            match self.excepted {
                0 => {}
                1 => limits.push("1 known exception of the profile".to_owned()),
                many => limits.push(format!("{many} known exceptions of the profile")),
            }
            match self.known {
                0 => {}
                1 => limits.push("1 known failure".to_owned()),
                many => limits.push(format!("{many} known failures")),
            }
        }
        if !limits.is_empty() {
            return format!("{verdict}, but for {}", limits.join(" and "));
        }
        let (examined, existing) = (self.examined(), self.existing());
        match verdict {
            "no verdict" => {
                format!("{examined} of {existing} rules examined: no verdict on the plugin")
            }
            "undecided" if self.left_out > 0 => {
                format!("{examined} of {existing} rules examined: undecided")
            }
            verdict => verdict.to_owned(),
        }
    }

    /// The number of known failures for the end of a line of numbers: `, 1 known`; empty if there are none.
    pub fn describe_known(&self) -> String {
        match self.known {
            0 => String::new(),
            known => format!(", {known} known"),
        }
    }

    /// The number of rules that were examined.
    pub fn examined(&self) -> usize {
        self.pass + self.fail + self.known
    }

    /// The number of rules that exist.
    pub fn existing(&self) -> usize {
        self.examined() + self.skip + self.error + self.left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(level: Level, verdict: Verdict) -> RuleReport {
        RuleReport {
            id: "a/b".into(),
            title: String::new(),
            clause: String::new(),
            level,
            verdict,
            applicable: true,
            excepted: false,
            known: None,
            expected: String::new(),
            seen: String::new(),
            help: String::new(),
            consequence: None,
            cause: None,
            missing: None,
            seconds: 0.0,
            transcript: Vec::new(),
            pcap: None,
            calls: Vec::new(),
        }
    }

    fn counted(rules: &[RuleReport], fails_from: Level) -> Summary {
        Summary::of(rules, fails_from, rules.len())
    }

    #[test]
    fn a_part_of_the_rules_is_no_verdict_on_the_plugin() {
        let rules = [rule(Level::Must, Verdict::Pass)];
        let summary = Summary::of(&rules, Level::Must, 2);
        assert!(!summary.conformant && !summary.undecided);
        assert_eq!((summary.examined(), summary.existing()), (1, 2));
    }

    #[test]
    fn undecided_is_another_word_than_no_verdict() {
        let passed = rule(Level::Must, Verdict::Pass);
        let skipped = rule(Level::Must, Verdict::Skip);
        let of_three = |rules: &[RuleReport]| Summary::of(rules, Level::Must, 3);
        let part = of_three(std::slice::from_ref(&passed));
        assert_eq!((part.verdict(), part.undecided), ("no verdict", false));
        assert_eq!(
            part.describe(),
            "1 of 3 rules examined: no verdict on the plugin"
        );
        let undecided = of_three(&[passed.clone(), skipped.clone()]);
        assert_eq!(
            (undecided.verdict(), undecided.undecided),
            ("undecided", true)
        );
        assert_eq!(undecided.describe(), "1 of 3 rules examined: undecided");
        let nothing = of_three(&[skipped]);
        assert_eq!(
            (nothing.verdict(), nothing.undecided),
            ("nothing was examined", true)
        );
        let interrupted = of_three(&[passed]).for_complete(false);
        assert_eq!(
            (interrupted.verdict(), interrupted.undecided),
            ("undecided", true)
        );
        let failed = of_three(&[rule(Level::Must, Verdict::Fail)]).for_complete(false);
        assert!(failed.failed && !failed.undecided);
    }

    #[test]
    fn a_failed_should_counts_only_when_strict() {
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::Should, Verdict::Fail),
        ];
        assert!(counted(&rules, Level::Must).conformant);
        assert!(!counted(&rules, Level::Should).conformant);
    }

    #[test]
    fn nothing_examined_is_not_conformant() {
        assert!(!counted(&[], Level::Must).conformant);
        assert!(!counted(&[rule(Level::Must, Verdict::Skip)], Level::Must).conformant);
    }

    #[test]
    fn a_must_that_was_skipped_leaves_it_undecided() {
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::Must, Verdict::Skip),
        ];
        let summary = counted(&rules, Level::Must);
        assert!(summary.undecided && !summary.conformant);
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::May, Verdict::Skip),
        ];
        assert!(counted(&rules, Level::Must).conformant);
    }

    #[test]
    fn a_must_that_does_not_apply_leaves_it_conformant() {
        let not_applicable = RuleReport {
            applicable: false,
            ..rule(Level::Must, Verdict::Skip)
        };
        let rules = [rule(Level::Must, Verdict::Pass), not_applicable.clone()];
        assert!(counted(&rules, Level::Must).conformant);
        assert!(!counted(&[not_applicable], Level::Must).conformant);
    }

    #[test]
    fn an_error_of_the_harness_is_not_conformant() {
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::May, Verdict::Error),
        ];
        assert!(!counted(&rules, Level::Must).conformant);
    }
}

//! The report of an examination, as text for a terminal and as one JSON document with a
//! published schema.

pub mod findings;
pub mod json;
pub mod terminal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{Consequence, Level, Precondition, Rule};
use crate::testbed::transcript::TranscriptEntry;

/// The version of the report's format. A change that would break a reader increments it.
pub const SCHEMA: u32 = 2;

/// The report: the root of the JSON document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of the report's format: 2.
    pub schema: u32,
    /// The program that made the report.
    pub tool: Tool,
    /// Whether every plugin of the command line was examined to the end. The verdicts that were finished before an
    /// interruption are in the report too.
    pub complete: bool,
    /// One entry for each plugin, in the order of the command line.
    pub plugins: Vec<PluginReport>,
}

impl Report {
    /// A report on these plugins, of so many on the command line, by this program.
    pub fn new(plugins: Vec<PluginReport>, wanted: usize) -> Self {
        Self {
            schema: SCHEMA,
            tool: Tool::this(),
            complete: plugins.len() == wanted && plugins.iter().all(|plugin| plugin.complete),
            plugins,
        }
    }
}

/// The program that made the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// The program's name, `ics-harness`.
    pub name: String,
    /// The program's version, such as `0.1.0`.
    pub version: String,
    /// Operating system and machine, such as `linux-x86_64`.
    pub platform: String,
}

impl Tool {
    /// The running program.
    pub fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// The result of examining one plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PluginReport {
    /// The absolute path of the library.
    pub path: String,
    /// The SHA-256 of the library, in hexadecimal.
    pub sha256: String,
    /// The file's format, such as `ELF`.
    pub format: String,
    /// The machine type that the file names, such as `x86-64`; empty if it names none.
    pub machine: String,
    /// How the plugin's network was separated from the machine's: `namespace`, `loopback` or `none`.
    pub isolation: String,
    /// What the plugin was run under, if not by the system that it is for, such as `Wine 8.0, not Windows`. What differs
    /// there is not judged, and the rules that were skipped for that reason say how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examined_under: Option<String>,
    /// The name of the server's protocol.
    pub protocol: String,
    /// Whether the examination came to its end. If not, the rules that are missing were not judged.
    pub complete: bool,
    /// What the run without faults did not show of the plugin, so that rules that need it were skipped.
    pub not_shown: Vec<NotShown>,
    /// One entry for each selected rule, in the order of CONTRACT.md.
    pub rules: Vec<RuleReport>,
    /// What random scenarios showed, if any were tried.
    pub chaos: Option<ChaosReport>,
    /// The overall result.
    pub summary: Summary,
}

/// What random scenarios showed of the plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChaosReport {
    /// The seed, from which every case follows.
    pub seed: u64,
    /// The number of the first case.
    pub first: u32,
    /// The number of cases in which SUCCESS is wrong.
    pub damaged: usize,
    /// The number of cases with a deviation that well-known libraries accept.
    pub tolerated: usize,
    /// The number of cases in which the server allows, and nothing is damaged.
    pub undamaged: usize,
    /// The number of undamaged cases in which the plugin returned SUCCESS.
    pub undamaged_allowed: usize,
    /// The number of cases that the isolation in use cannot show.
    pub unsupported: usize,
    /// The number of cases that failed: SUCCESS for a damaged response, a late call, or the end of the process.
    pub failed: usize,
    /// The first cases that failed.
    pub failures: Vec<ChaosFailure>,
    /// Cases that could not be run because of a harness error.
    pub errors: Vec<String>,
}

impl ChaosReport {
    /// The number of cases that are over.
    pub fn made(&self) -> usize {
        self.damaged + self.tolerated + self.undamaged + self.unsupported + self.errors.len()
    }
}

/// A random scenario that the plugin does not survive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChaosFailure {
    /// The number of the case, which with the seed repeats it.
    pub case: u32,
    /// What the network did.
    pub scenario: String,
    pub seen: String,
    /// The simplest scenario found in which the plugin fails.
    pub simplest: String,
    pub seen_in_simplest: String,
}

/// What the run without faults did not show of the plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotShown {
    pub precondition: Precondition,
    /// Why it was not shown.
    pub reason: String,
}

/// The result of examining one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleReport {
    /// The rule's id, `group/name`.
    pub id: String,
    /// The requirement, as one sentence about the plugin.
    pub title: String,
    /// Why it is required: a quotation of the specification, or the reason.
    pub clause: String,
    /// The rule's level; for a failure, the level of the failure, which can be lower.
    pub level: Level,
    pub verdict: Verdict,
    /// Whether the rule is about something that the plugin does. If not it is skipped, and counts for nothing.
    pub applicable: bool,
    /// Whether the profile names it as a known exception. It is then skipped, and the verdict is one but for it.
    #[serde(default)]
    pub excepted: bool,
    /// What was expected to be seen.
    pub expected: String,
    /// What was seen, or why the rule was skipped or is in error.
    pub seen: String,
    /// How to fix the plugin; empty unless the rule failed.
    pub help: String,
    /// What the failure means for the device; absent unless the rule failed.
    pub consequence: Option<Consequence>,
    /// The id of the rule whose failure explains this one.
    pub cause: Option<String>,
    /// What was not shown of the plugin, if the rule was skipped for that reason.
    pub missing: Option<Precondition>,
    /// The duration of its run, in seconds. Rules that share a run have the same one.
    pub seconds: f64,
    /// The network traffic of the run, abridged if it is long; empty unless the rule failed.
    pub transcript: Vec<TranscriptEntry>,
}

impl RuleReport {
    /// The part of the id before the slash.
    pub fn group(&self) -> &str {
        self.id.split('/').next().unwrap_or(&self.id)
    }

    /// A report on a rule with that verdict and no details.
    pub fn new(rule: &Rule, verdict: Verdict) -> Self {
        Self {
            id: rule.id.to_owned(),
            title: rule.title.to_owned(),
            clause: rule.clause.to_owned(),
            level: rule.level,
            verdict,
            applicable: true,
            excepted: false,
            expected: rule.expected.to_owned(),
            seen: String::new(),
            help: String::new(),
            consequence: None,
            cause: None,
            missing: None,
            seconds: 0.0,
            transcript: Vec::new(),
        }
    }
}

/// The verdict on one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The plugin does what the rule requires.
    Pass,
    /// The plugin breaks the rule.
    Fail,
    /// The rule could not be examined. This is never a pass.
    Skip,
    /// The harness itself could not do its work.
    Error,
}

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
    /// Whether all rules were selected, every one of a level that counts passed, and none is in error. `must` rules
    /// count; with `--strict`, `should` rules count too.
    pub conformant: bool,
    /// Whether a rule of a level that counts failed.
    pub failed: bool,
    /// Whether no rule of a level that counts failed or is in error, but some were skipped or nothing passed.
    pub undecided: bool,
}

impl Summary {
    /// Counts the verdicts. Rules below the level `fails_from` do not count for conformance. `existing` is the number
    /// of all rules: without some of them there is no verdict on the plugin.
    pub fn of(rules: &[RuleReport], fails_from: Level, existing: usize) -> Self {
        let count = |verdict: Verdict| rules.iter().filter(|rule| rule.verdict == verdict).count();
        let failed = rules
            .iter()
            .any(|rule| rule.verdict == Verdict::Fail && rule.level >= fails_from);
        let unexamined = rules.iter().any(|rule| {
            rule.verdict == Verdict::Skip && rule.applicable && rule.level >= fails_from
        });
        let mut summary = Self {
            pass: count(Verdict::Pass),
            fail: count(Verdict::Fail),
            skip: count(Verdict::Skip),
            error: count(Verdict::Error),
            left_out: existing.saturating_sub(rules.len()),
            excepted: rules.iter().filter(|rule| rule.excepted).count(),
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

    /// An examination that was interrupted shows no conformance.
    #[must_use]
    pub fn for_complete(mut self, complete: bool) -> Self {
        if self.conformant && !complete {
            self.conformant = false;
            self.undecided = true;
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

    /// The number of rules that were examined.
    pub fn examined(&self) -> usize {
        self.pass + self.fail
    }

    /// The number of rules that exist.
    pub fn existing(&self) -> usize {
        self.pass + self.fail + self.skip + self.error + self.left_out
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
            expected: String::new(),
            seen: String::new(),
            help: String::new(),
            consequence: None,
            cause: None,
            missing: None,
            seconds: 0.0,
            transcript: Vec::new(),
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

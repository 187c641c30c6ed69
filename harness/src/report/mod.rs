//! The report of an examination, as text for a terminal and as one JSON document with a
//! published schema.

pub mod json;
pub mod terminal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{Level, Rule};
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
    /// One entry for each plugin, in the order of the command line.
    pub plugins: Vec<PluginReport>,
}

impl Report {
    /// A report on these plugins by this program.
    pub fn new(plugins: Vec<PluginReport>) -> Self {
        Self {
            schema: SCHEMA,
            tool: Tool::this(),
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
    /// The name of the server's protocol.
    pub protocol: String,
    /// One entry for each selected rule, in the order of CONTRACT.md.
    pub rules: Vec<RuleReport>,
    /// The overall result.
    pub summary: Summary,
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
    /// What was expected to be seen.
    pub expected: String,
    /// What was seen, or why the rule was skipped or is in error.
    pub seen: String,
    /// How to fix the plugin; empty unless the rule failed.
    pub help: String,
    /// The duration of its run, in seconds. Rules that share a run have the same one.
    pub seconds: f64,
    /// The network traffic of the run, abridged if it is long; empty unless the rule failed.
    pub transcript: Vec<TranscriptEntry>,
}

impl RuleReport {
    /// A report on a rule with that verdict and no details.
    pub fn new(rule: &Rule, verdict: Verdict) -> Self {
        Self {
            id: rule.id.to_owned(),
            title: rule.title.to_owned(),
            clause: rule.clause.to_owned(),
            level: rule.level,
            verdict,
            applicable: true,
            expected: rule.expected.to_owned(),
            seen: String::new(),
            help: String::new(),
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
    /// Whether every rule of a level that counts passed, and none is in error. `must` rules count; with
    /// `--strict`, `should` rules count too.
    pub conformant: bool,
    /// Whether no rule of a level that counts failed or is in error, but some were skipped or nothing passed.
    pub undecided: bool,
}

impl Summary {
    /// Counts the verdicts. Rules below the level `fails_from` do not count for conformance.
    pub fn of(rules: &[RuleReport], fails_from: Level) -> Self {
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
            conformant: false,
            undecided: false,
        };
        let sound = !failed && summary.error == 0;
        summary.conformant = sound && !unexamined && summary.pass > 0;
        summary.undecided = sound && !summary.conformant;
        summary
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
            expected: String::new(),
            seen: String::new(),
            help: String::new(),
            seconds: 0.0,
            transcript: Vec::new(),
        }
    }

    #[test]
    fn a_failed_should_counts_only_when_strict() {
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::Should, Verdict::Fail),
        ];
        assert!(Summary::of(&rules, Level::Must).conformant);
        assert!(!Summary::of(&rules, Level::Should).conformant);
    }

    #[test]
    fn nothing_examined_is_not_conformant() {
        assert!(!Summary::of(&[], Level::Must).conformant);
        assert!(!Summary::of(&[rule(Level::Must, Verdict::Skip)], Level::Must).conformant);
    }

    #[test]
    fn a_must_that_was_skipped_leaves_it_undecided() {
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::Must, Verdict::Skip),
        ];
        let summary = Summary::of(&rules, Level::Must);
        assert!(summary.undecided && !summary.conformant);
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::May, Verdict::Skip),
        ];
        assert!(Summary::of(&rules, Level::Must).conformant);
    }

    #[test]
    fn a_must_that_does_not_apply_leaves_it_conformant() {
        let not_applicable = RuleReport {
            applicable: false,
            ..rule(Level::Must, Verdict::Skip)
        };
        let rules = [rule(Level::Must, Verdict::Pass), not_applicable.clone()];
        assert!(Summary::of(&rules, Level::Must).conformant);
        assert!(!Summary::of(&[not_applicable], Level::Must).conformant);
    }

    #[test]
    fn an_error_of_the_harness_is_not_conformant() {
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::May, Verdict::Error),
        ];
        assert!(!Summary::of(&rules, Level::Must).conformant);
    }
}

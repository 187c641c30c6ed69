//! What an examination found, and how it is shown: to people on a terminal, to
//! machines as one JSON document whose schema is published.

pub mod json;
pub mod terminal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{Level, Rule};
use crate::testbed::transcript::TranscriptEntry;

/// The version of the document's form. It grows when a reader would break.
pub const SCHEMA: u32 = 2;

/// The whole document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this form: 2.
    pub schema: u32,
    /// What made it.
    pub tool: Tool,
    /// One entry for each plugin, in the order of the command line.
    pub plugins: Vec<PluginReport>,
}

impl Report {
    /// A report on these plugins, made by this program.
    pub fn new(plugins: Vec<PluginReport>) -> Self {
        Self {
            schema: SCHEMA,
            tool: Tool::this(),
            plugins,
        }
    }
}

/// The program that examined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Operating system and machine, such as `linux-x86_64`.
    pub platform: String,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// What was found about one plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PluginReport {
    /// The library, absolute.
    pub path: String,
    /// SHA-256 of the library, in hexadecimal.
    pub sha256: String,
    /// The file's format, such as `ELF`.
    pub format: String,
    /// The file's machine, such as `x86-64`.
    pub machine: String,
    /// How scenarios were made: `namespace`, `loopback` or `none`.
    pub isolation: String,
    /// The protocol that the server spoke.
    pub protocol: String,
    /// One entry for each rule that was selected, in the order of the table.
    pub rules: Vec<RuleReport>,
    /// The counts.
    pub summary: Summary,
}

/// What was found about one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleReport {
    /// The rule's id.
    pub id: String,
    /// When the rule holds, as one sentence about the plugin.
    pub title: String,
    /// The clause that the rule stands for: the specification's words, or the reason.
    pub clause: String,
    /// The rule's level; on a failure, the level of what was broken.
    pub level: Level,
    /// The verdict.
    pub verdict: Verdict,
    /// What was expected.
    pub expected: String,
    /// What was seen, or why it was skipped.
    pub seen: String,
    /// How to fix it; empty unless it failed.
    pub help: String,
    /// How long its run took, in seconds. Rules that share a run share its time.
    pub seconds: f64,
    /// What the network saw; empty unless it failed.
    pub transcript: Vec<TranscriptEntry>,
}

impl RuleReport {
    /// A report on a rule with that verdict, of which nothing else is known yet.
    pub fn new(rule: &Rule, verdict: Verdict) -> Self {
        Self {
            id: rule.id.to_owned(),
            title: rule.title.to_owned(),
            clause: rule.clause.to_owned(),
            level: rule.level,
            verdict,
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
    /// It holds.
    Pass,
    /// It is broken.
    Fail,
    /// It could not be examined. Never a pass.
    Skip,
    /// The harness itself could not do its work.
    Error,
}

/// The counts of one plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Rules that hold.
    pub pass: usize,
    /// Rules that are broken, whatever their level.
    pub fail: usize,
    /// Rules that were not examined.
    pub skip: usize,
    /// Rules that the harness could not examine for a fault of its own.
    pub error: usize,
    /// Whether every rule of a level that counts was examined and holds, and none is in error.
    pub conformant: bool,
    /// Whether nothing is broken, and yet rules of a level that counts could not be examined.
    pub undecided: bool,
}

impl Summary {
    /// Counts. Broken rules below `fails_from` do not make a plugin non-conformant.
    pub fn of(rules: &[RuleReport], fails_from: Level) -> Self {
        let count = |verdict: Verdict| rules.iter().filter(|rule| rule.verdict == verdict).count();
        let broken = rules
            .iter()
            .any(|rule| rule.verdict == Verdict::Fail && rule.level >= fails_from);
        let unexamined = rules
            .iter()
            .any(|rule| rule.verdict == Verdict::Skip && rule.level >= fails_from);
        let mut summary = Self {
            pass: count(Verdict::Pass),
            fail: count(Verdict::Fail),
            skip: count(Verdict::Skip),
            error: count(Verdict::Error),
            conformant: false,
            undecided: false,
        };
        let sound = !broken && summary.error == 0;
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
            expected: String::new(),
            seen: String::new(),
            help: String::new(),
            seconds: 0.0,
            transcript: Vec::new(),
        }
    }

    #[test]
    fn a_broken_should_counts_only_when_strict() {
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
    fn what_must_hold_and_was_not_examined_leaves_it_undecided() {
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
    fn an_error_of_the_harness_is_not_conformant() {
        let rules = [
            rule(Level::Must, Verdict::Pass),
            rule(Level::May, Verdict::Error),
        ];
        assert!(!Summary::of(&rules, Level::Must).conformant);
    }
}

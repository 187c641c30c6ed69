//! The report of an examination, as text for a terminal and as one JSON document with a
//! published schema.

pub mod bundle;
mod chaos;
pub mod findings;
mod format;
mod host;
mod html;
pub mod json;
pub mod jsonl;
mod junit;
mod known;
mod markdown;
mod matrix;
mod measurements;
mod merge;
mod partition;
mod repeated;
mod sarif;
mod summary;
pub mod terminal;

use std::path::Path;
use std::time::Duration;

use ics_device::printable::Printable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use chaos::{ChaosFailure, ChaosReport};
pub use format::{Format, FormatError};
pub use host::Host;
pub use known::{KnownError, KnownFailure, KnownFailures};
pub use matrix::{Matrix, Row};
pub use measurements::{CallReport, CallTimes, Measurements, MemorySample, MemorySeries};
pub use merge::{MergeError, ReadError, merged, read};
pub use partition::{MissingParts, Partition};
pub use repeated::steady;
pub use summary::Summary;

use crate::plugin::inspect;
use crate::profile::Profile;
use crate::rules::{Consequence, Level, Precondition, Rule};
use crate::testbed::transcript::TranscriptEntry;

/// The version of the report's format. A change that would break a reader increments it.
pub const SCHEMA: u32 = 3;

/// The report: the root of the JSON document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of the report's format: 3.
    pub schema: u32,
    /// The program that made the report.
    pub tool: Tool,
    /// When the examination began, in UTC, as RFC 3339 writes it.
    pub started: String,
    /// The machine that the plugins were examined on.
    pub host: Host,
    /// What the command line asked for.
    pub options: Options,
    /// Whether every plugin of the command line was examined to the end, and no part is missing. The verdicts that were
    /// finished before an interruption are in the report too.
    pub complete: bool,
    /// The parts that were not among those that the report was merged of; it is not complete then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_parts: Option<MissingParts>,
    /// One entry for each plugin, in the order of the command line; of a merged report, in that of its files.
    pub plugins: Vec<PluginReport>,
}

impl Report {
    /// A report without plugins, of an examination by this program that begins now.
    pub fn begin(options: Options) -> Self {
        let now = OffsetDateTime::now_utc();
        Self {
            schema: SCHEMA,
            tool: Tool::this(),
            started: now
                .replace_nanosecond(0)
                .unwrap_or(now)
                .format(&Rfc3339)
                .unwrap_or_default(),
            host: Host::this(),
            options,
            complete: false,
            missing_parts: None,
            plugins: Vec::new(),
        }
    }

    /// Why the report is not complete, if so.
    pub fn incompleteness(&self) -> Option<String> {
        let counts = |plugin: &PluginReport| plugin.summary.failed;
        let stopped = match self.options.fail_fast && self.plugins.iter().any(counts) {
            true => "the examination stopped at the first failure",
            false => "the examination was interrupted, or could not be made of every plugin",
        };
        let is_stopped = self.plugins.iter().any(|plugin| !plugin.complete);
        match &self.missing_parts {
            _ if self.complete => None,
            Some(missing) if is_stopped => Some(format!("{missing}, and {stopped}")),
            Some(missing) => Some(missing.to_string()),
            None => Some(stopped.to_owned()),
        }
    }

    /// The paths of the plugins without the folder that all are in, fit for people to read.
    pub fn names(&self) -> Vec<String> {
        names(&self.plugins)
    }

    /// The same with these plugins, of so many on the command line.
    #[must_use]
    pub fn end(self, plugins: Vec<PluginReport>, wanted: usize) -> Self {
        Self {
            complete: plugins.len() == wanted && plugins.iter().all(|plugin| plugin.complete),
            plugins,
            ..self
        }
    }
}

/// The paths of plugins without the folder that all are in; the file's name, if it is one plugin.
pub fn names(plugins: &[PluginReport]) -> Vec<String> {
    let paths: Vec<String> = plugins
        .iter()
        .map(|plugin| Printable(&plugin.path).to_string())
        .collect();
    let is_separator = |letter: char| matches!(letter, '/' | '\\');
    let Some((first, others)) = paths.split_first() else {
        return paths;
    };
    let same = others.iter().fold(first.len(), |same, other| {
        let pairs = first.char_indices().zip(other.chars());
        let mut differing = pairs.skip_while(|((_, one), other)| one == other);
        let differs = differing.next().map_or(other.len(), |((at, _), _)| at);
        same.min(differs)
    });
    let folder = first[..same].rfind(is_separator).map_or(0, |at| at + 1);
    paths.iter().map(|path| path[folder..].to_owned()).collect()
}

/// What the command line asked for, as far as it decides what is examined.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Options {
    /// Whether failed `should` rules count too.
    pub strict: bool,
    /// The patterns of the rules that were selected; all rules if there are none.
    pub rules: Vec<String>,
    /// The patterns of the rules that were left out.
    pub exclude: Vec<String>,
    /// How many runs were made at once.
    pub jobs: usize,
    /// How long a rule could repeat calls or rounds, in seconds.
    pub budget: f64,
    /// How many random scenarios were tried.
    pub chaos: Option<u32>,
    /// Whether it stopped at the first failed rule that counts.
    #[serde(default)]
    pub fail_fast: bool,
    /// How many times each plugin was examined, if more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<usize>,
    /// The files with the root certificates that code signatures had to lead to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trust: Vec<InputFile>,
    /// The file of known failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_failing: Option<InputFile>,
    /// Which part of the plugins was examined, if not all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
}

/// A file that the command line named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InputFile {
    /// As the command line named it.
    pub path: String,
    /// The SHA-256 of its contents, in hexadecimal.
    pub sha256: String,
}

impl InputFile {
    /// The file at this path with these contents.
    pub fn of(path: &Path, contents: &[u8]) -> Self {
        Self {
            path: path.display().to_string(),
            sha256: inspect::hash(contents),
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// The profile: what the operator's server is asked, and what it responds.
    pub profile: ProfileReport,
    /// How long the examination took, in seconds.
    pub seconds: f64,
    /// Whether the examination came to its end. If not, the rules that are missing were not judged.
    pub complete: bool,
    /// What the run without faults did not show of the plugin, so that rules that need it were skipped.
    pub not_shown: Vec<NotShown>,
    /// One entry for each selected rule, in the order of CONTRACT.md.
    pub rules: Vec<RuleReport>,
    /// How long calls took, and how much memory the process had.
    #[serde(default, skip_serializing_if = "Measurements::is_empty")]
    pub measurements: Measurements,
    /// What random scenarios showed, if any were tried.
    pub chaos: Option<ChaosReport>,
    /// The overall result.
    pub summary: Summary,
}

impl PluginReport {
    /// Whether the examination was interrupted before it decided anything.
    fn is_interrupted(&self) -> bool {
        !self.complete && !self.summary.failed && self.summary.error == 0
    }

    /// The verdict in one or two words: that of the summary, or that it was interrupted.
    pub fn verdict(&self) -> &'static str {
        match self.is_interrupted() {
            true => "interrupted",
            false => self.summary.verdict(),
        }
    }

    /// The verdict in a few words, with what limits it.
    pub fn describe(&self) -> String {
        let summary = &self.summary;
        match self.is_interrupted() {
            true => format!(
                "{} of {} rules examined: interrupted",
                summary.examined(),
                summary.existing()
            ),
            false => summary.describe(),
        }
    }
}

/// The profile that a plugin was examined with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileReport {
    /// Its name.
    pub name: String,
    /// Its file; absent if it is a built-in one.
    pub path: Option<String>,
    /// The SHA-256 of its text and of the files that it names, in hexadecimal.
    pub sha256: String,
    /// Whether it is the default one, because none was named.
    pub assumed: bool,
    /// The longest time that a call could take, in seconds.
    pub deadline: f64,
}

impl ProfileReport {
    /// What the report says of a profile.
    pub fn of(profile: &Profile, assumed: bool, deadline: Duration) -> Self {
        Self {
            name: profile.name.clone(),
            path: profile.path.as_ref().map(|path| path.display().to_string()),
            sha256: profile.digest().to_owned(),
            assumed,
            deadline: deadline.as_secs_f64(),
        }
    }
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
    /// Why the failure is known, if the verdict is `xfail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownFailure>,
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
    /// The calls of the run, on the time axis of its traffic, abridged if there are many; empty unless the rule failed, and where
    /// the system has no clock for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallReport>,
    /// The file with the network traffic of the run, packet by packet (pcapng), if `--pcap` asked for it and the rule failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcap: Option<String>,
}

impl RuleReport {
    /// The part of the id before the slash.
    pub fn group(&self) -> &str {
        self.id.split('/').next().unwrap_or(&self.id)
    }

    /// Whether it failed, and its level counts.
    pub fn counts_as_failed(&self, fails_from: Level) -> bool {
        self.verdict == Verdict::Fail && self.level >= fails_from
    }

    /// The verdict in a word or two: a failure with its level, if that is not `must`.
    pub fn verdict_words(&self) -> &'static str {
        match (self.verdict, self.level) {
            (Verdict::Pass, _) => "PASS",
            (Verdict::Skip, _) => "SKIP",
            (Verdict::Error, _) => "ERROR",
            (Verdict::XFail, _) => "XFAIL",
            (Verdict::Fail, Level::Must) => "FAIL",
            (Verdict::Fail, Level::Should) => "FAIL should",
            (Verdict::Fail, Level::May) => "FAIL may",
        }
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
            known: None,
            expected: rule.expected.to_owned(),
            seen: String::new(),
            help: String::new(),
            consequence: None,
            cause: None,
            missing: None,
            seconds: 0.0,
            transcript: Vec::new(),
            calls: Vec::new(),
            pcap: None,
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
    /// The plugin breaks the rule, and a file of known failures says so with the reason.
    XFail,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_named_by_what_differs() {
        let named = |paths: &[&str]| {
            let plugins = paths.iter().map(|path| PluginReport {
                path: (*path).to_owned(),
                ..PluginReport::default()
            });
            names(&plugins.collect::<Vec<_>>())
        };
        assert_eq!(named(&["/a/b/c.so"]), ["c.so"]);
        assert_eq!(named(&["/a/b/c.so", "/a/bc/c.so"]), ["b/c.so", "bc/c.so"]);
        assert_eq!(named(&["/a/é.so", "/a/è.so"]), ["é.so", "è.so"]);
        assert_eq!(named(&["/a/b.so", "/a/b.so"]), ["b.so", "b.so"]);
        assert!(named(&[]).is_empty());
    }
}

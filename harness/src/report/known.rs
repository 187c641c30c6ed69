//! Failures that are known, with the reason: `known-failing.toml`.

use std::path::{Path, PathBuf};

use glob::Pattern;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use toml::value::Datetime;

use super::{InputFile, PluginReport, RuleReport, Summary, Verdict};
use crate::rules::{Level, Rule};

/// Why a failure is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownFailure {
    pub reason: String,
    /// Where it is tracked.
    pub link: Option<String>,
}

/// The entries of a file.
#[derive(Debug)]
pub struct KnownFailures {
    path: PathBuf,
    file: InputFile,
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Entry>,
}

/// As it is written in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// A rule, or a pattern.
    rule: String,
    /// A pattern of the plugin's file name or path.
    #[serde(default = "every")]
    plugin: String,
    reason: String,
    link: Option<String>,
    /// The last day on which the failure is known.
    expires: Option<Datetime>,
}

fn every() -> String {
    "*".to_owned()
}

/// Why a file of known failures cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: {source}{}", .path.display(), help(.source))]
    Syntax {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    /// Each line is about one entry.
    #[error("{}", .0.join("\n"))]
    Entries(Vec<String>),
}

/// What the error does not say.
fn help(error: &toml::de::Error) -> &'static str {
    match error.message().contains("TOML datetime") {
        true => "\na date stands without quotation marks, such as `expires = 2030-12-31`",
        false => "",
    }
}

impl KnownFailures {
    /// Reads a file, whose entries are not checked yet.
    ///
    /// # Errors
    /// If it cannot be read, or is not of the form.
    pub fn read(path: &Path) -> Result<Self, KnownError> {
        let text = std::fs::read_to_string(path).map_err(|source| KnownError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, KnownError> {
        let file: File = toml::from_str(text).map_err(|source| KnownError::Syntax {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        Ok(Self {
            path: path.to_owned(),
            file: InputFile::of(path, text.as_bytes()),
            entries: file.known,
        })
    }

    /// Every entry must name one of the `rules`, have a reason, and not be expired.
    ///
    /// # Errors
    /// With what is wrong with each entry.
    pub fn checked(self, rules: &[&Rule]) -> Result<Self, KnownError> {
        let today = OffsetDateTime::now_utc().date();
        self.checked_on(rules, (today.year(), u8::from(today.month()), today.day()))
    }

    fn checked_on(self, rules: &[&Rule], today: (i32, u8, u8)) -> Result<Self, KnownError> {
        let faults: Vec<String> = self
            .entries
            .iter()
            .zip(1..)
            .filter_map(|(entry, number)| {
                let what = entry.check(rules, today).err()?;
                let (path, rule) = (self.path.display(), &entry.rule);
                Some(format!("{path}: the entry {number}, for `{rule}`: {what}"))
            })
            .collect();
        match faults.is_empty() {
            true => Ok(self),
            false => Err(KnownError::Entries(faults)),
        }
    }

    /// The file, as the report names it.
    pub fn file(&self) -> &InputFile {
        &self.file
    }

    /// Marks the failures of a report that are known. A rule that holds, though its failure is known, fails: the entry
    /// is out of date. Rules below `fails_from` do not count.
    pub fn apply(&self, plugin: &mut PluginReport, fails_from: Level) {
        let existing = plugin.summary.existing();
        for rule in &mut plugin.rules {
            self.apply_to(&plugin.path, rule);
        }
        let summary = Summary::of(&plugin.rules, fails_from, existing);
        plugin.summary = summary
            .for_complete(plugin.complete)
            .with_chaos(plugin.chaos.as_ref());
    }

    /// The same for one rule of the plugin with this path.
    pub fn apply_to(&self, path: &str, rule: &mut RuleReport) {
        let mut entries = self.entries.iter();
        let is_about_it = |entry: &&Entry| entry.is_for(path) && matches(&entry.rule, &rule.id);
        if let Some(entry) = entries.find(is_about_it) {
            self.mark(entry, rule);
        }
    }

    fn mark(&self, entry: &Entry, rule: &mut RuleReport) {
        match rule.verdict {
            Verdict::Fail => {
                rule.verdict = Verdict::XFail;
                rule.known = Some(KnownFailure {
                    reason: entry.reason.clone(),
                    link: entry.link.clone(),
                });
            }
            Verdict::Pass => {
                rule.verdict = Verdict::Fail;
                rule.level = Level::Must;
                rule.seen = format!(
                    "the rule holds ({}), and {} says that it is known to fail: {}",
                    rule.seen,
                    self.path.display(),
                    entry.reason
                );
                rule.help = "Remove the entry.".to_owned();
            }
            Verdict::Skip | Verdict::Error | Verdict::XFail => {}
        }
    }
}

impl Entry {
    fn check(&self, rules: &[&Rule], today: (i32, u8, u8)) -> Result<(), String> {
        for (name, pattern) in [("rule", &self.rule), ("plugin", &self.plugin)] {
            Pattern::new(pattern).map_err(|error| format!("`{name}` is not a pattern: {error}"))?;
        }
        if !rules.iter().any(|rule| matches(&self.rule, rule.id)) {
            return Err("there is no such rule; `ics-harness rules` lists them all".to_owned());
        }
        if self.reason.trim().is_empty() {
            return Err("`reason` is empty".to_owned());
        }
        let Some(expires) = &self.expires else {
            return Ok(());
        };
        let Some(date) = &expires.date else {
            return Err(format!(
                "`expires` is a date, such as 2030-12-31, and not {expires}"
            ));
        };
        if (i32::from(date.year), date.month, date.day) < today {
            return Err(format!(
                "it expired on {date}: examine the plugin without it, and write another date if it still fails"
            ));
        }
        Ok(())
    }

    /// Whether it is for the plugin with this path.
    fn is_for(&self, path: &str) -> bool {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        matches(&self.plugin, name) || matches(&self.plugin, path)
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    const TODAY: (i32, u8, u8) = (2027, 2, 1);

    fn parse(text: &str) -> Result<KnownFailures, KnownError> {
        let all: Vec<&Rule> = rules::all().collect();
        KnownFailures::parse(Path::new("known-failing.toml"), text)?.checked_on(&all, TODAY)
    }

    fn plugin(path: &str, verdicts: &[(&str, Verdict)]) -> PluginReport {
        let rules = verdicts.iter().map(|(id, verdict)| {
            let rule = rules::find(id).expect("an existing rule");
            RuleReport::new(rule, *verdict)
        });
        PluginReport {
            path: path.to_owned(),
            complete: true,
            rules: rules.collect(),
            ..PluginReport::default()
        }
    }

    #[test]
    fn a_known_failure_does_not_count_and_is_told() {
        let known = parse(
            "[[known]]\nrule = 'http/*'\nplugin = 'old*.so'\nreason = 'x'\nexpires = 2027-02-01\n",
        )
        .unwrap();
        let verdicts = [("http/500", Verdict::Fail), ("tls/expired", Verdict::Pass)];
        let mut old = plugin("/a/old-1.so", &verdicts);
        known.apply(&mut old, Level::Must);
        assert_eq!(old.rules[0].verdict, Verdict::XFail);
        assert!(
            old.summary.conformant && !old.summary.failed,
            "{:?}",
            old.summary
        );
        assert_eq!(
            old.summary.describe(),
            "conformant, but for 1 known failure"
        );
        let mut new = plugin("/a/new.so", &verdicts);
        known.apply(&mut new, Level::Must);
        assert!(new.summary.failed);
    }

    #[test]
    fn a_known_failure_that_holds_is_a_failure() {
        let known = parse("[[known]]\nrule = 'time/fast'\nreason = 'x'\n").unwrap();
        let mut good = plugin("/a.so", &[("time/fast", Verdict::Pass)]);
        known.apply(&mut good, Level::Must);
        assert!(good.summary.failed, "{good:?}");
    }

    #[test]
    fn an_entry_that_cannot_be_used_says_why() {
        for (text, expected) in [
            (
                "rule = 'no/such'\nreason = 'x'",
                "the entry 1, for `no/such`: there is no such rule",
            ),
            ("rule = 'http/500'\nreason = ' '", "`reason` is empty"),
            ("rule = 'http/500'", "missing field `reason`"),
            (
                "rule = 'http/500'\nreason = 'x'\nexpires = 2027-01-31",
                "it expired on 2027-01-31",
            ),
            (
                "rule = 'http/500'\nreason = 'x'\nexpires = 12:00:00",
                "`expires` is a date",
            ),
            ("rule = '['\nreason = 'x'", "`rule` is not a pattern"),
            (
                "rule = 'http/500'\nreason = 'x'\nexpires = '2030-12-31'",
                "a date stands without quotation marks",
            ),
            (
                "rule = 'a/b'\nreason = 'x'\n[[known]]\nrule = 'c/d'\nreason = 'x'",
                "no such rule; `ics-harness rules` lists them all\nknown-failing.toml: the entry 2, for `c/d`",
            ),
            (
                "rule = 'http/500'\nreason = 'x'\nexpiry = 1",
                "unknown field `expiry`",
            ),
        ] {
            let error = parse(&format!("[[known]]\n{text}\n"))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}

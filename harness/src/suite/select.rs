//! Selects rules by patterns on the command line.

use glob::Pattern;

use crate::rules::{self, Rule};

/// A pattern on the command line that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// It is not a valid glob.
    #[error(
        "`{pattern}` is not a valid pattern: {reason}; write for example 'http/*' or 'tls/expired'"
    )]
    BadPattern { pattern: String, reason: String },
    /// It matches no rule.
    #[error("no rule matches `{0}`; `ics-harness rules` lists them all")]
    NoMatch(String),
}

/// What the command line says of the rules to examine.
#[derive(Clone, Debug)]
pub struct Selection {
    /// All rules, if it is empty.
    included: Vec<Pattern>,
    excluded: Vec<Pattern>,
}

impl Selection {
    /// Parses patterns. Each must match a rule, or one of `further`, those of the plugins' profiles: a misspelt one would
    /// otherwise select nothing and look like a success.
    ///
    /// # Errors
    /// A pattern that is not valid or matches no rule.
    pub fn parse(
        included: &[String],
        excluded: &[String],
        further: &[&'static Rule],
    ) -> Result<Self, SelectError> {
        Ok(Self {
            included: patterns(included, further)?,
            excluded: patterns(excluded, further)?,
        })
    }

    /// The rules to examine, with those of the plugin's profile among them.
    pub fn select(&self, of_profile: &[&'static Rule]) -> Vec<&'static Rule> {
        let matches = |patterns: &[Pattern], rule: &Rule| {
            patterns.iter().any(|pattern| pattern.matches(rule.id))
        };
        rules::all()
            .chain(of_profile.iter().copied())
            .filter(|rule| self.included.is_empty() || matches(&self.included, rule))
            .filter(|rule| !matches(&self.excluded, rule))
            .collect()
    }
}

fn patterns(texts: &[String], further: &[&'static Rule]) -> Result<Vec<Pattern>, SelectError> {
    texts
        .iter()
        .map(|text| {
            let pattern = pattern(text)?;
            let mut all = rules::all().chain(further.iter().copied());
            if all.any(|rule| pattern.matches(rule.id)) {
                Ok(pattern)
            } else {
                Err(SelectError::NoMatch(text.clone()))
            }
        })
        .collect()
}

/// A pattern for the ids of rules.
///
/// # Errors
/// If it is not a valid glob.
pub(crate) fn pattern(text: &str) -> Result<Pattern, SelectError> {
    Pattern::new(text).map_err(|error| SelectError::BadPattern {
        pattern: text.to_owned(),
        reason: error.msg.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(included: &[&str], excluded: &[&str]) -> Vec<&'static str> {
        let owned = |patterns: &[&str]| {
            patterns
                .iter()
                .map(|&pattern| pattern.to_owned())
                .collect::<Vec<_>>()
        };
        Selection::parse(&owned(included), &owned(excluded), &[])
            .unwrap()
            .select(&[])
            .iter()
            .map(|rule| rule.id)
            .collect()
    }

    #[test]
    fn without_patterns_all_rules_are_selected() {
        assert_eq!(ids(&[], &[]).len(), rules::all().count());
    }

    #[test]
    fn patterns_select_and_exclude() {
        assert_eq!(ids(&["http/50*"], &[]), ["http/500", "http/503"]);
        assert_eq!(ids(&["http/50*"], &["http/503"]), ["http/500"]);
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_an_error() {
        let error = Selection::parse(&["htpp/*".to_owned()], &[], &[]).unwrap_err();
        assert!(error.to_string().contains("htpp/*"));
    }
}

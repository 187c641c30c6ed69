//! Which rules are examined.

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::rules::{self, Rule};

/// A pattern on the command line that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// It is no glob.
    #[error(
        "`{pattern}` is no pattern for rules: {reason}; write for example 'http/*' or 'tls/expired'"
    )]
    BadPattern {
        /// As it was written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It names no rule.
    #[error("no rule matches `{0}`; `ics-harness rules` lists them all")]
    NoMatch(String),
}

/// The rules that match one of `wanted` (all, if there is none) and none of `unwanted`.
pub fn select(wanted: &[String], unwanted: &[String]) -> Result<Vec<&'static Rule>, SelectError> {
    let unwanted = globs(unwanted)?;
    let everything = wanted.is_empty();
    let wanted = globs(wanted)?;
    Ok(rules::all()
        .filter(|rule| everything || wanted.is_match(rule.id))
        .filter(|rule| !unwanted.is_match(rule.id))
        .collect())
}

/// Parses the patterns. Each must match something: a misspelt one would
/// otherwise examine nothing and look like a success.
fn globs(patterns: &[String]) -> Result<GlobSet, SelectError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = Glob::new(pattern).map_err(|error| SelectError::BadPattern {
            pattern: pattern.clone(),
            reason: error.kind().to_string(),
        })?;
        let matcher = glob.compile_matcher();
        if !rules::all().any(|rule| matcher.is_match(rule.id)) {
            return Err(SelectError::NoMatch(pattern.clone()));
        }
        set.add(glob);
    }
    set.build().map_err(|error| SelectError::BadPattern {
        pattern: patterns.join(","),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(wanted: &[&str], unwanted: &[&str]) -> Vec<&'static str> {
        let own = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        select(&own(wanted), &own(unwanted))
            .unwrap()
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
        let error = select(&["htpp/*".to_owned()], &[]).unwrap_err();
        assert!(error.to_string().contains("htpp/*"));
    }
}

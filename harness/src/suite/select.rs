//! Selects rules by patterns on the command line.

use globset::{Glob, GlobSet, GlobSetBuilder};

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

/// The rules that match one of `included` (all rules, if it is empty) and none of `excluded`.
///
/// # Errors
/// A pattern that is not valid or matches no rule.
pub fn select(included: &[String], excluded: &[String]) -> Result<Vec<&'static Rule>, SelectError> {
    let excluded = globs(excluded)?;
    let everything = included.is_empty();
    let included = globs(included)?;
    Ok(rules::all()
        .filter(|rule| everything || included.is_match(rule.id))
        .filter(|rule| !excluded.is_match(rule.id))
        .collect())
}

/// Parses the patterns. Each must match a rule: a misspelt one would otherwise select nothing
/// and look like a success.
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

    fn ids(included: &[&str], excluded: &[&str]) -> Vec<&'static str> {
        let owned = |patterns: &[&str]| {
            patterns
                .iter()
                .map(|&pattern| pattern.to_owned())
                .collect::<Vec<_>>()
        };
        select(&owned(included), &owned(excluded))
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

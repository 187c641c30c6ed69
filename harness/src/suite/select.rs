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

/// The rules that match one of `included` (all rules, if it is empty) and none of `excluded`.
///
/// # Errors
/// A pattern that is not valid or matches no rule.
pub fn select(included: &[String], excluded: &[String]) -> Result<Vec<&'static Rule>, SelectError> {
    let excluded = patterns(excluded)?;
    let everything = included.is_empty();
    let included = patterns(included)?;
    let matches =
        |patterns: &[Pattern], rule: &Rule| patterns.iter().any(|pattern| pattern.matches(rule.id));
    Ok(rules::all()
        .filter(|rule| everything || matches(&included, rule))
        .filter(|rule| !matches(&excluded, rule))
        .collect())
}

/// Parses the patterns. Each must match a rule: a misspelt one would otherwise select nothing
/// and look like a success.
fn patterns(texts: &[String]) -> Result<Vec<Pattern>, SelectError> {
    texts
        .iter()
        .map(|text| {
            let pattern = Pattern::new(text).map_err(|error| SelectError::BadPattern {
                pattern: text.clone(),
                reason: error.msg.to_owned(),
            })?;
            if rules::all().any(|rule| pattern.matches(rule.id)) {
                Ok(pattern)
            } else {
                Err(SelectError::NoMatch(text.clone()))
            }
        })
        .collect()
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

//! The failures of a report as findings: the most important first, and one finding for one cause.

use std::cmp::Reverse;

use super::{PluginReport, RuleReport, Verdict};

/// A failure, and those with the same cause.
#[derive(Debug)]
pub struct Finding<'report> {
    pub main: &'report RuleReport,
    /// Failures that the main one explains, or that are fixed in the same way.
    pub also: Vec<&'report RuleReport>,
}

/// The findings of a report: by level, then by what they mean for the device, then in the order of the rules.
pub fn findings(plugin: &PluginReport) -> Vec<Finding<'_>> {
    let mut failed: Vec<&RuleReport> = plugin
        .rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Fail)
        .collect();
    failed.sort_by_key(|rule| (Reverse(rule.level), rule.consequence));
    let mut findings: Vec<Finding<'_>> = Vec::new();
    // Causes come first, so that what they explain can join them.
    let (explained, causes): (Vec<_>, Vec<_>) = failed.iter().copied().partition(|rule| {
        rule.cause
            .as_ref()
            .is_some_and(|cause| failed.iter().any(|other| other.id == *cause))
    });
    for rule in causes {
        match findings
            .iter_mut()
            .find(|known| one_fault(known.main, rule))
        {
            Some(known) => known.also.push(rule),
            None => findings.push(Finding {
                main: rule,
                also: Vec::new(),
            }),
        }
    }
    for rule in explained {
        let cause = findings.iter_mut().find(|known| {
            let explains = |other: &RuleReport| Some(&other.id) == rule.cause.as_ref();
            explains(known.main) || known.also.iter().any(|other| explains(other))
        });
        match cause {
            Some(known) => known.also.push(rule),
            // Two failures that explain each other: neither is hidden.
            None => findings.push(Finding {
                main: rule,
                also: Vec::new(),
            }),
        }
    }
    findings
}

/// Whether two failures are one fault to the author: of one group and weight, with one way to fix them.
fn one_fault(left: &RuleReport, right: &RuleReport) -> bool {
    left.group() == right.group()
        && (left.level, left.consequence, &left.help)
            == (right.level, right.consequence, &right.help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Consequence, Level};

    fn failure(id: &str, level: Level, consequence: Consequence, help: &str) -> RuleReport {
        RuleReport {
            id: id.to_owned(),
            level,
            verdict: Verdict::Fail,
            help: help.to_owned(),
            consequence: Some(consequence),
            ..RuleReport::new(
                crate::rules::find("http/500").expect("an existing rule"),
                Verdict::Fail,
            )
        }
    }

    fn ids(rules: Vec<RuleReport>) -> Vec<String> {
        let plugin = PluginReport {
            rules,
            ..PluginReport::default()
        };
        findings(&plugin)
            .iter()
            .map(|finding| {
                let also: Vec<_> = finding.also.iter().map(|rule| rule.id.as_str()).collect();
                format!("{} {}", finding.main.id, also.join(" "))
                    .trim_end()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn the_most_important_finding_comes_first() {
        let rules = vec![
            failure("host/quiet", Level::Should, Consequence::Leaks, "a"),
            failure("host/threads", Level::Must, Consequence::Leaks, "b"),
            failure("time/deadline", Level::Must, Consequence::Hangs, "c"),
            failure("http/500", Level::Must, Consequence::Shares, "d"),
        ];
        assert_eq!(
            ids(rules),
            ["http/500", "time/deadline", "host/threads", "host/quiet"]
        );
    }

    #[test]
    fn one_fault_is_one_finding() {
        let mut late = failure("http/silent", Level::Must, Consequence::Hangs, "x");
        late.cause = Some("time/deadline".to_owned());
        let rules = vec![
            failure("tls/expired", Level::Must, Consequence::Shares, "verify"),
            failure("tls/wrong-name", Level::Must, Consequence::Shares, "verify"),
            failure("tls/silent", Level::Must, Consequence::Hangs, "limit"),
            late,
            failure("time/deadline", Level::Must, Consequence::Hangs, "c"),
        ];
        assert_eq!(
            ids(rules),
            [
                "tls/expired tls/wrong-name",
                "tls/silent",
                "time/deadline http/silent"
            ]
        );
    }

    #[test]
    fn a_cause_that_did_not_fail_hides_nothing() {
        let mut late = failure("http/silent", Level::Must, Consequence::Hangs, "x");
        late.cause = Some("time/deadline".to_owned());
        assert_eq!(ids(vec![late]), ["http/silent"]);
    }
}

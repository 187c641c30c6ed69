//! One report of several examinations of one plugin.

use super::{PluginReport, RuleReport, Summary, Verdict};
use crate::rules::Level;

/// The last of several reports on one plugin, in which each rule fails whose verdict was not always the same.
pub fn steady(reports: Vec<PluginReport>, fails_from: Level) -> Option<PluginReport> {
    let mut reports = reports;
    let mut last = reports.pop()?;
    if reports.is_empty() {
        return Some(last);
    }
    let existing = last.summary.existing();
    for rule in &mut last.rules {
        let same_rule = |report: &PluginReport| {
            let found = report.rules.iter().find(|other| other.id == rule.id);
            found.map(|other| (other.verdict_words(), other.seen.clone()))
        };
        let mut seen: Vec<(&str, String)> = reports.iter().filter_map(same_rule).collect();
        seen.push((rule.verdict_words(), rule.seen.clone()));
        if let Some(text) = differences(&seen) {
            differs(rule, text);
        }
    }
    last.seconds += reports.iter().map(|report| report.seconds).sum::<f64>();
    last.complete &= reports.iter().all(|report| report.complete);
    let summary = Summary::of(&last.rules, fails_from, existing);
    last.summary = summary
        .for_complete(last.complete)
        .with_chaos(last.chaos.as_ref());
    Some(last)
}

/// How often which verdict was given, if it was not always the same one.
fn differences(seen: &[(&str, String)]) -> Option<String> {
    let mut counts: Vec<(&str, usize, &str)> = Vec::new();
    for (verdict, what) in seen {
        match counts.iter_mut().find(|(known, _, _)| known == verdict) {
            Some((_, count, _)) => *count += 1,
            None => counts.push((verdict, 1, what)),
        }
    }
    if counts.len() < 2 {
        return None;
    }
    let texts: Vec<String> = counts
        .iter()
        .map(|(verdict, count, what)| format!("{verdict} {count} times ({what})"))
        .collect();
    Some(format!(
        "the verdict differs in {} examinations: {}",
        seen.len(),
        texts.join(", ")
    ))
}

fn differs(rule: &mut RuleReport, text: String) {
    rule.verdict = Verdict::Fail;
    rule.level = Level::Must;
    rule.seen = text;
    rule.help = "Look for what the plugin does not always do; if it is the machine, which may have been busy, repeat it on an idle one.".to_owned();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    fn report(verdict: Verdict) -> PluginReport {
        let rule = rules::find("http/500").expect("an existing rule");
        PluginReport {
            complete: true,
            rules: vec![RuleReport::new(rule, verdict)],
            ..PluginReport::default()
        }
    }

    #[test]
    fn a_verdict_that_differs_is_a_failure() {
        let steady_one = steady(
            vec![report(Verdict::Pass), report(Verdict::Pass)],
            Level::Must,
        );
        assert_eq!(steady_one.unwrap().rules[0].verdict, Verdict::Pass);
        let three = [Verdict::Pass, Verdict::Skip, Verdict::Pass].map(report);
        let unsteady = steady(three.into(), Level::Must).unwrap();
        assert!(unsteady.summary.failed);
        let seen = &unsteady.rules[0].seen;
        assert!(seen.contains("3 examinations: PASS 2 times"), "{seen}");
    }
}

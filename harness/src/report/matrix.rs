//! The verdicts of several plugins side by side.

use super::{Report, RuleReport, Verdict};

/// The rules of all plugins of a report, in the order in which they first occur.
#[derive(Debug)]
pub struct Matrix<'report> {
    pub rows: Vec<Row<'report>>,
}

/// One rule.
#[derive(Debug)]
pub struct Row<'report> {
    pub id: &'report str,
    /// What was found for each plugin, in the order of the report; none where the rule was not selected.
    pub rules: Vec<Option<&'report RuleReport>>,
}

impl<'report> Matrix<'report> {
    /// The matrix of a report.
    pub fn of(report: &'report Report) -> Self {
        let mut ids: Vec<&str> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for rule in report.plugins.iter().flat_map(|plugin| &plugin.rules) {
            if known.insert(rule.id.as_str()) {
                ids.push(&rule.id);
            }
        }
        let by_id: Vec<std::collections::HashMap<&str, &RuleReport>> = report
            .plugins
            .iter()
            .map(|plugin| {
                let rules = plugin.rules.iter();
                rules.map(|rule| (rule.id.as_str(), rule)).collect()
            })
            .collect();
        let rows = ids
            .into_iter()
            .map(|id| Row {
                id,
                rules: by_id.iter().map(|rules| rules.get(id).copied()).collect(),
            })
            .collect();
        Self { rows }
    }

    /// The rules whose verdicts are not the same for all plugins.
    pub fn differing(&self) -> impl Iterator<Item = &Row<'report>> {
        self.rows.iter().filter(|row| row.differs())
    }

    /// The rules that failed or are in error for a plugin.
    pub fn failed(&self) -> impl Iterator<Item = &Row<'report>> {
        let failed = |rule: &RuleReport| matches!(rule.verdict, Verdict::Fail | Verdict::Error);
        self.rows
            .iter()
            .filter(move |row| row.rules.iter().flatten().any(|rule| failed(rule)))
    }
}

impl Row<'_> {
    fn differs(&self) -> bool {
        let verdict = |rule: &Option<&RuleReport>| rule.map(RuleReport::verdict_words);
        let mut verdicts = self.rules.iter().map(verdict);
        let first = verdicts.next();
        verdicts.any(|verdict| Some(verdict) != first)
    }

    /// What was seen where the rule did not pass, each reason once.
    pub fn reasons(&self) -> String {
        let mut reasons: Vec<&str> = Vec::new();
        for rule in self.rules.iter().flatten() {
            if rule.verdict != Verdict::Pass && !reasons.contains(&rule.seen.as_str()) {
                reasons.push(&rule.seen);
            }
        }
        reasons.join("; ")
    }
}

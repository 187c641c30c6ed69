//! Compares the runs of one plugin.

use std::collections::BTreeMap;
use std::fmt;

use ics_harness::report::{PluginReport, RuleReport, Verdict};

/// One run of `check`.
#[derive(Debug)]
pub(crate) struct Run {
    /// The duration in seconds.
    pub(crate) seconds: f64,
    pub(crate) report: PluginReport,
}

/// A rule whose verdicts differ.
#[derive(Debug)]
pub(crate) struct Difference {
    rule: String,
    /// For each verdict the runs that gave it, numbered from 1, and the evidence of the first of them.
    verdicts: BTreeMap<String, (Vec<usize>, String)>,
}

/// The comparison of all runs of one plugin.
#[derive(Debug)]
pub(crate) struct Comparison {
    runs: usize,
    /// The numbers of rules that passed, failed, were skipped and had errors, in the first run.
    counts: [usize; 4],
    pub(crate) differences: Vec<Difference>,
    /// The median duration of a run in seconds.
    whole: f64,
    /// The median duration of the longest rule in seconds.
    longest: f64,
    /// The rule with the longest duration of all runs.
    slowest: String,
}

impl Comparison {
    /// The heading of the table.
    pub(crate) const HEADING: &'static str = "plugin                     runs  pass fail skip error  differ  whole s  longest s  ratio  longest rule";

    /// Compares runs, of which there must be at least one.
    pub(crate) fn of(runs: &[Run]) -> Self {
        let longest: Vec<_> = runs.iter().filter_map(|run| longest(&run.report)).collect();
        let slowest = longest
            .iter()
            .max_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let summary = &runs[0].report.summary;
        Self {
            runs: runs.len(),
            counts: [summary.pass, summary.fail, summary.skip, summary.error],
            differences: differences(runs),
            whole: median(runs.iter().map(|run| run.seconds)),
            longest: median(longest.iter().map(|rule| rule.seconds)),
            slowest: slowest.map_or_else(String::new, |rule| rule.id.clone()),
        }
    }

    /// The duration of a run divided by that of its longest rule.
    pub(crate) fn ratio(&self) -> f64 {
        self.whole / self.longest
    }

    /// A line of the table.
    pub(crate) fn line(&self, name: &str) -> String {
        let [pass, fail, skip, error] = self.counts;
        format!(
            "{name:<26} {:>4}  {pass:>4} {fail:>4} {skip:>4} {error:>5}  {:>6}  {:>7.2}  {:>9.2}  {:>5.2}  {}",
            self.runs,
            self.differences.len(),
            self.whole,
            self.longest,
            self.ratio(),
            self.slowest,
        )
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} differs:", self.rule)?;
        for (verdict, (runs, seen)) in &self.verdicts {
            // The first run numbers are enough.
            let which: Vec<_> = runs.iter().take(5).map(ToString::to_string).collect();
            let more = if runs.len() > which.len() {
                ", …"
            } else {
                ""
            };
            write!(
                formatter,
                "\n    {verdict} in {} (run {}{more})",
                runs.len(),
                which.join(", ")
            )?;
            if !seen.is_empty() {
                write!(formatter, ": {seen}")?;
            }
        }
        Ok(())
    }
}

/// The rules whose verdicts differ. A rule that is missing from a run differs as well.
fn differences(runs: &[Run]) -> Vec<Difference> {
    let mut rules: BTreeMap<&str, Vec<(usize, &RuleReport)>> = BTreeMap::new();
    for (run, number) in runs.iter().zip(1..) {
        for rule in &run.report.rules {
            rules.entry(&rule.id).or_default().push((number, rule));
        }
    }
    let compared = rules.into_iter().map(|(rule, reports)| {
        let mut verdicts = BTreeMap::new();
        let missing =
            (1..=runs.len()).filter(|run| !reports.iter().any(|(number, _)| number == run));
        for run in missing {
            record(&mut verdicts, "not reported".to_owned(), run, "");
        }
        for (run, report) in reports {
            let verdict = match report.verdict {
                Verdict::Pass => "pass".to_owned(),
                Verdict::Skip => "skip".to_owned(),
                Verdict::Error => "error".to_owned(),
                Verdict::XFail => "xfail".to_owned(),
                Verdict::Fail => format!("fail {}", report.level.name()),
            };
            record(&mut verdicts, verdict, run, &report.seen);
        }
        Difference {
            rule: rule.to_owned(),
            verdicts,
        }
    });
    compared.filter(|rule| rule.verdicts.len() > 1).collect()
}

fn record(
    verdicts: &mut BTreeMap<String, (Vec<usize>, String)>,
    verdict: String,
    run: usize,
    seen: &str,
) {
    let entry = verdicts.entry(verdict);
    let (runs, _) = entry.or_insert_with(|| (Vec::new(), seen.to_owned()));
    runs.push(run);
}

fn longest(report: &PluginReport) -> Option<&RuleReport> {
    let rules = report.rules.iter();
    rules.max_by(|a, b| a.seconds.total_cmp(&b.seconds))
}

/// The middle value; of an even number, the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[count / 2],
        count => (values[count / 2 - 1] + values[count / 2]) / 2.0,
    }
}

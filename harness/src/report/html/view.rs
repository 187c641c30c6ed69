//! What the page shows, as the template takes it.

use ics_device::printable::Printable;
use minijinja::Value;
use serde::Serialize;

use super::{plots, timeline};
use crate::report::findings::{Finding, findings};
use crate::report::{
    ChaosReport, InputFile, Matrix, PluginReport, Report, RuleReport, Summary, Verdict,
};
use crate::rules::{Consequence, Level};
use crate::testbed::transcript::Transcript;

#[derive(Serialize)]
pub(super) struct Page {
    title: String,
    class: &'static str,
    verdict: String,
    /// Why it is incomplete.
    incomplete: Option<String>,
    facts: Vec<(&'static str, String)>,
    plugins: Vec<PluginView>,
    /// The rules that failed for one of several plugins.
    matrix: Vec<MatrixRow>,
}

#[derive(Serialize)]
struct PluginView {
    number: usize,
    name: String,
    path: String,
    class: &'static str,
    verdict: String,
    short: &'static str,
    summary: Summary,
    seconds: f64,
    facts: Vec<(&'static str, String)>,
    not_shown: Vec<(String, String)>,
    chaos: Option<String>,
    chaos_findings: Vec<ChaosView>,
    /// Drawings with their titles.
    plots: Vec<(&'static str, Value, String)>,
    findings: Vec<FindingView>,
    groups: Vec<String>,
    rules: Vec<RuleView>,
}

#[derive(Serialize)]
struct FindingView {
    rule: RuleView,
    clause: String,
    expected: String,
    help: String,
    meaning: Option<&'static str>,
    also: Vec<RuleView>,
    pcap: Option<String>,
    /// A drawing, and the same as text.
    timeline: Option<Value>,
    transcript: String,
}

/// A random scenario that failed.
#[derive(Serialize)]
struct ChaosView {
    title: String,
    details: Vec<(&'static str, String)>,
}

#[derive(Clone, Serialize)]
struct RuleView {
    id: String,
    group: String,
    title: String,
    level: &'static str,
    verdict: &'static str,
    words: &'static str,
    class: &'static str,
    seen: String,
    seconds: f64,
}

#[derive(Serialize)]
struct MatrixRow {
    id: String,
    cells: Vec<Option<RuleView>>,
}

impl Page {
    pub(super) fn of(report: &Report) -> Self {
        let plugins: Vec<PluginView> = report
            .plugins
            .iter()
            .zip(report.names())
            .zip(1..)
            .map(|((plugin, name), number)| PluginView::of(plugin, name, number))
            .collect();
        let matrix = match report.plugins.len() {
            0 | 1 => Vec::new(),
            _ => Matrix::of(report)
                .failed()
                .map(|row| MatrixRow {
                    id: row.id.to_owned(),
                    cells: row
                        .rules
                        .iter()
                        .map(|rule| rule.map(RuleView::of))
                        .collect(),
                })
                .collect(),
        };
        let title = match plugins.as_slice() {
            [one] => one.name.clone(),
            many => format!("{} plugins", many.len()),
        };
        Self {
            title,
            class: worst(report),
            verdict: verdict(report),
            incomplete: report.incompleteness(),
            facts: facts(report),
            plugins,
            matrix,
        }
    }
}

/// The colour of the worst verdict.
fn worst(report: &Report) -> &'static str {
    let classes = report
        .plugins
        .iter()
        .map(|plugin| class_of(&plugin.summary));
    let worst =
        classes.max_by_key(|class| ["good", "warn", "bad"].iter().position(|it| it == class));
    worst.unwrap_or("warn")
}

/// The verdict on one plugin, or how many have which.
fn verdict(report: &Report) -> String {
    if let [one] = report.plugins.as_slice() {
        return one.describe();
    }
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for plugin in &report.plugins {
        let verdict = plugin.verdict();
        match counts.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, count)) => *count += 1,
            None => counts.push((verdict, 1)),
        }
    }
    let texts: Vec<String> = counts
        .iter()
        .map(|(words, count)| format!("{count} {words}"))
        .collect();
    texts.join(", ")
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let options = &report.options;
    let mut facts = vec![
        (
            "Examined",
            report.started.replace('T', " ").replace('Z', " UTC"),
        ),
        (
            "By",
            format!("{} {}", report.tool.name, report.tool.version),
        ),
        (
            "On",
            format!(
                "{}, {} processors, {}",
                report.host.system, report.host.processors, report.tool.platform
            ),
        ),
    ];
    if !options.rules.is_empty() {
        facts.push(("Rules", options.rules.join(", ")));
    }
    if !options.exclude.is_empty() {
        facts.push(("Left out", options.exclude.join(", ")));
    }
    if options.strict {
        facts.push(("Strict", "failed should rules count".to_owned()));
    }
    if options.fail_fast {
        facts.push(("Stops", "at the first failure that counts".to_owned()));
    }
    if let Some(times) = options.repeat {
        facts.push(("Repeated", format!("{times} examinations of each plugin")));
    }
    if let Some(partition) = options.partition {
        facts.push(("Partition", partition.to_string()));
    }
    let files = [
        ("Trusted roots", options.trust.as_slice()),
        ("Known failures", options.known_failing.as_slice()),
    ];
    for (name, files) in files {
        for InputFile { path, sha256 } in files {
            facts.push((name, format!("{path}, SHA-256 {sha256}")));
        }
    }
    facts
        .into_iter()
        .map(|(name, value)| (name, shown(&value)))
        .collect()
}

impl PluginView {
    fn of(plugin: &PluginReport, name: String, number: usize) -> Self {
        let rules: Vec<RuleView> = plugin.rules.iter().map(RuleView::of).collect();
        let mut groups: Vec<String> = Vec::new();
        for rule in &rules {
            if !groups.contains(&rule.group) {
                groups.push(rule.group.clone());
            }
        }
        Self {
            number,
            name,
            path: shown(&plugin.path),
            class: class_of(&plugin.summary),
            verdict: plugin.describe(),
            short: plugin.verdict(),
            summary: plugin.summary.clone(),
            seconds: plugin.seconds,
            facts: plugin_facts(plugin),
            not_shown: plugin
                .not_shown
                .iter()
                .map(|missing| (missing.precondition.describe().to_owned(), shown(&missing.reason)))
                .collect(),
            plots: plots::draw(&plugin.measurements, plugin.profile.deadline)
                .into_iter()
                .map(|plot| (plot.title, Value::from_safe_string(plot.svg), plot.caption))
                .collect(),
            chaos: plugin.chaos.as_ref().map(|chaos| {
                format!(
                    "{} random scenarios with seed {}: {} damaged, {} undamaged (with SUCCESS in {}), \
                     {} failed",
                    chaos.made(), chaos.seed, chaos.damaged, chaos.undamaged, chaos.undamaged_allowed, chaos.failed
                )
            }),
            chaos_findings: plugin.chaos.as_ref().map_or_else(Vec::new, ChaosView::all),
            findings: findings(plugin).iter().map(FindingView::of).collect(),
            groups,
            rules,
        }
    }
}

fn plugin_facts(plugin: &PluginReport) -> Vec<(&'static str, String)> {
    let profile = &plugin.profile;
    let mut facts = vec![
        ("File", plugin.path.clone()),
        ("SHA-256", plugin.sha256.clone()),
        ("Format", format!("{} {}", plugin.format, plugin.machine)),
        (
            "Profile",
            match (&profile.path, profile.assumed) {
                (Some(path), _) => format!("{} ({path}), SHA-256 {}", profile.name, profile.sha256),
                (None, true) => format!("{}, the default", profile.name),
                (None, false) => profile.name.clone(),
            },
        ),
        ("Isolation", plugin.isolation.clone()),
    ];
    if let Some(under) = &plugin.examined_under {
        facts.push(("Examined under", format!("{under}: confirm on the device")));
    }
    facts
        .into_iter()
        .map(|(name, value)| (name, shown(&value)))
        .collect()
}

impl FindingView {
    fn of(finding: &Finding<'_>) -> Self {
        let rule = finding.main;
        Self {
            rule: RuleView::of(rule),
            clause: shown(&rule.clause),
            expected: shown(&rule.expected),
            help: shown(&rule.help),
            meaning: rule
                .consequence
                .filter(|consequence| *consequence != Consequence::Other)
                .map(Consequence::describe),
            also: finding.also.iter().map(|rule| RuleView::of(rule)).collect(),
            pcap: rule.pcap.as_deref().map(shown),
            timeline: timeline::draw(&rule.transcript, &rule.calls).map(Value::from_safe_string),
            transcript: Transcript::of(rule.transcript.clone(), None).to_string(),
        }
    }
}

impl ChaosView {
    fn all(report: &ChaosReport) -> Vec<Self> {
        let failures = report.failures.iter();
        failures
            .map(|failure| {
                let details = failure.details(report.seed).into_iter();
                Self {
                    title: failure.title(report.seed),
                    details: details.map(|(name, value)| (name, shown(&value))).collect(),
                }
            })
            .collect()
    }
}

impl RuleView {
    fn of(rule: &RuleReport) -> Self {
        Self {
            id: shown(&rule.id),
            group: shown(rule.group()),
            title: shown(&rule.title),
            level: rule.level.name(),
            verdict: match rule.verdict {
                Verdict::Pass => "pass",
                Verdict::Fail => "fail",
                Verdict::Skip => "skip",
                Verdict::Error => "error",
                Verdict::XFail => "xfail",
            },
            words: rule.verdict_words(),
            class: match (rule.verdict, rule.level) {
                (Verdict::Pass, _) => "good",
                (Verdict::Fail, Level::Must) | (Verdict::Error, _) => "bad",
                (Verdict::Fail, _) => "warn",
                (Verdict::Skip | Verdict::XFail, _) => "dim",
            },
            seen: match &rule.known {
                Some(known) => shown(&format!("{}; known failure: {}", rule.seen, known.reason)),
                None => shown(&rule.seen),
            },
            seconds: rule.seconds,
        }
    }
}

fn class_of(summary: &Summary) -> &'static str {
    if summary.conformant {
        "good"
    } else if summary.failed || summary.error > 0 {
        "bad"
    } else {
        "warn"
    }
}

/// A text without invisible characters. The template escapes markup.
fn shown(text: &str) -> String {
    Printable(text).to_string()
}

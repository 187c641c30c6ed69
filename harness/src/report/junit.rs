//! The report as JUnit XML, which CI systems show: a suite for each plugin, a test case for each rule
//! and each random scenario that failed.

use std::time::Duration;

use ics_device::printable::Printable;
use quick_junit::{
    NonSuccessKind, Property, Report as Document, TestCase, TestCaseStatus, TestSuite,
};

use super::{ChaosReport, PluginReport, Report, RuleReport, Verdict, chaos};
use crate::rules::Level;
use crate::testbed::transcript::Transcript;

/// The report as JUnit XML.
///
/// A failed rule is a failure if its level counts; otherwise its case passes, and its output says what was seen, since a
/// CI job would be red for a plugin that is conformant.
///
/// # Errors
/// If the document cannot be written.
pub(super) fn text(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let counting = if report.options.strict {
        Level::Should
    } else {
        Level::Must
    };
    let mut document = Document::new(report.tool.name.clone());
    for plugin in &report.plugins {
        document.add_test_suite(suite(report, plugin, counting));
    }
    document.to_string()
}

fn suite(report: &Report, plugin: &PluginReport, counting: Level) -> TestSuite {
    let mut suite = TestSuite::new(Printable(&plugin.path).to_string());
    suite.set_time(seconds(plugin.seconds));
    let facts = [
        ("verdict", plugin.describe()),
        ("incomplete", report.incompleteness().unwrap_or_default()),
        ("sha256", plugin.sha256.clone()),
        ("format", plugin.format.clone()),
        ("machine", plugin.machine.clone()),
        ("isolation", plugin.isolation.clone()),
        ("profile", plugin.profile.name.clone()),
        ("profile.sha256", plugin.profile.sha256.clone()),
        (
            "examined-under",
            plugin.examined_under.clone().unwrap_or_default(),
        ),
        (
            "tool",
            format!("{} {}", report.tool.name, report.tool.version),
        ),
        ("started", report.started.clone()),
    ];
    for (name, value) in facts {
        if !value.is_empty() {
            suite.add_property(Property::new(name, value));
        }
    }
    for rule in &plugin.rules {
        suite.add_test_case(case(rule, counting));
    }
    if let Some(report) = &plugin.chaos {
        for case in chaos_cases(report) {
            suite.add_test_case(case);
        }
    }
    suite
}

/// A case for each random scenario that failed or is in error.
fn chaos_cases(report: &ChaosReport) -> Vec<TestCase> {
    let seed = report.seed;
    let failures = report.failures.iter().map(|failure| {
        let mut text = String::new();
        for (name, value) in failure.details(seed) {
            text.push_str(&line(name, &value));
        }
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_type(Level::Must.name())
            .set_message(Printable(&failure.seen).to_string())
            .set_description(text);
        (failure.title(seed), status)
    });
    let more = (report.more_failed() > 0).then(|| {
        let more = format!("{} more cases", report.more_failed());
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_type(Level::Must.name())
            .set_message(format!("{more} failed"));
        (format!("seed {seed}, {more}"), status)
    });
    let errors = report.errors.iter().zip(1..).map(|(error, number)| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(Printable(error).to_string());
        (format!("seed {seed}, harness error {number}"), status)
    });
    let all = failures.chain(more).chain(errors);
    all.map(|(name, status)| {
        let mut case = TestCase::new(name, status);
        case.set_classname(chaos::NAME);
        case
    })
    .collect()
}

fn case(rule: &RuleReport, counting: Level) -> TestCase {
    let status = match rule.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Skip => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(Printable(&rule.seen).to_string());
            status
        }
        Verdict::XFail => {
            let mut status = TestCaseStatus::skipped();
            status
                .set_message(known_failure(rule))
                .set_description(details(rule));
            status
        }
        Verdict::Error => failure(NonSuccessKind::Error, rule),
        Verdict::Fail if rule.level >= counting => failure(NonSuccessKind::Failure, rule),
        Verdict::Fail => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(rule.id.clone(), status);
    case.set_classname(rule.group());
    case.set_time(seconds(rule.seconds));
    if rule.verdict == Verdict::Fail && rule.level < counting {
        case.set_system_out(format!(
            "The rule does not hold, and does not count, as its level is `{}`.\n{}",
            rule.level.name(),
            details(rule)
        ));
    }
    case
}

/// Why a failure is known.
fn known_failure(rule: &RuleReport) -> String {
    let Some(known) = &rule.known else {
        return String::new();
    };
    let link = known
        .link
        .as_ref()
        .map_or_else(String::new, |link| format!(" ({link})"));
    Printable(format!("known failure: {}{link}", known.reason)).to_string()
}

fn failure(kind: NonSuccessKind, rule: &RuleReport) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status
        .set_type(rule.level.name())
        .set_message(Printable(&rule.seen).to_string())
        .set_description(details(rule));
    status
}

/// What the terminal shows of a finding.
fn details(rule: &RuleReport) -> String {
    let lines = [
        ("rule", &rule.title),
        ("clause", &rule.clause),
        ("expected", &rule.expected),
        ("seen", &rule.seen),
        ("help", &rule.help),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        if !value.is_empty() {
            text.push_str(&line(name, value));
        }
    }
    if let Some(pcap) = &rule.pcap {
        text.push_str(&line("pcap", pcap));
    }
    if !rule.transcript.is_empty() {
        text.push_str("transcript\n");
        text.push_str(&Transcript::of(rule.transcript.clone(), None).to_string());
    }
    text
}

fn line(name: &str, value: &str) -> String {
    format!("{name:>10}  {}\n", Printable(value))
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

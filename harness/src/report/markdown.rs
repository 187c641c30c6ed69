//! The report as Markdown, for a comment on a pull request: the verdicts, then what is wrong.

use std::fmt::Write as _;

use ics_device::printable::Printable;

use super::findings::{Finding, findings};
use super::matrix::Matrix;
use super::{ChaosReport, PluginReport, Report, Verdict, chaos};
use crate::rules::Consequence;

/// The report as Markdown, as GitHub and GitLab show it.
pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    let _ = overview(&mut text, report);
    for plugin in &report.plugins {
        let _ = details(&mut text, plugin, report.plugins.len() > 1);
    }
    if report.plugins.len() > 1 {
        let _ = differences(&mut text, report);
    }
    let _ = writeln!(
        text,
        "<sub>{} {}, {} on {}, {}</sub>",
        report.tool.name,
        report.tool.version,
        report.started,
        cell(&report.host.system),
        report.tool.platform
    );
    text
}

/// A line for each plugin.
fn overview(text: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(text, "### Entitlement plugins\n")?;
    if let Some(why) = report.incompleteness() {
        writeln!(text, "**Incomplete**: {why}.\n")?;
    }
    // Few have known failures.
    let has_known = report.plugins.iter().any(|plugin| plugin.summary.known > 0);
    let (head, line) = match has_known {
        true => (" known |", "---:|"),
        false => ("", ""),
    };
    writeln!(
        text,
        "| plugin | verdict | pass | fail | skip | error |{head}"
    )?;
    writeln!(text, "|---|---|---:|---:|---:|---:|{line}")?;
    for plugin in &report.plugins {
        let summary = &plugin.summary;
        let known = match has_known {
            true => format!(" {} |", summary.known),
            false => String::new(),
        };
        writeln!(
            text,
            "| {} | {} {} | {} | {} | {} | {} |{known}",
            code(&plugin.path),
            sign(plugin),
            plugin.describe(),
            summary.pass,
            summary.fail,
            summary.skip,
            summary.error
        )?;
    }
    writeln!(text)
}

fn sign(plugin: &PluginReport) -> &'static str {
    let summary = &plugin.summary;
    if summary.conformant {
        "✅"
    } else if summary.failed || summary.error > 0 {
        "❌"
    } else {
        "⚠️"
    }
}

/// The findings of one plugin, what is known to fail, and why rules were skipped.
fn details(text: &mut String, plugin: &PluginReport, named: bool) -> std::fmt::Result {
    let findings = findings(plugin);
    let chaos = plugin.chaos.as_ref().filter(|chaos| chaos.failed > 0);
    if named && (!findings.is_empty() || chaos.is_some() || plugin.summary.known > 0) {
        writeln!(text, "#### {}\n", code(&plugin.path))?;
    }
    for found in &findings {
        finding(text, found)?;
    }
    if let Some(report) = chaos {
        chaos_findings(text, report)?;
    }
    known(text, plugin)?;
    for missing in &plugin.not_shown {
        writeln!(
            text,
            "- not shown: {}, because {}",
            missing.precondition.describe(),
            cell(&missing.reason)
        )?;
    }
    let error = |rule: &&super::RuleReport| rule.verdict == Verdict::Error;
    for rule in plugin.rules.iter().filter(error) {
        writeln!(
            text,
            "- harness error in {}: {}",
            code(&rule.id),
            cell(&rule.seen)
        )?;
    }
    for error in plugin.chaos.iter().flat_map(|chaos| &chaos.errors) {
        writeln!(
            text,
            "- harness error in {}: {}",
            code(chaos::NAME),
            cell(error)
        )?;
    }
    if let Some(under) = &plugin.examined_under {
        writeln!(
            text,
            "- examined under {}: confirm on the device",
            cell(under)
        )?;
    }
    writeln!(text)
}

/// The random scenarios that failed.
fn chaos_findings(text: &mut String, report: &ChaosReport) -> std::fmt::Result {
    let seed = report.seed;
    for failure in &report.failures {
        writeln!(
            text,
            "<details><summary><b>{}</b> ({}): {}</summary>\n",
            chaos::NAME,
            failure.title(seed),
            html(&failure.seen)
        )?;
        writeln!(text, "- scenario: {}", cell(&failure.scenario))?;
        writeln!(
            text,
            "- simplest: {}; seen: {}",
            cell(&failure.simplest),
            cell(&failure.seen_in_simplest)
        )?;
        writeln!(text, "- repeat: {}", code(&failure.repeat(seed)))?;
        writeln!(text, "\n</details>\n")?;
    }
    match report.more_failed() {
        0 => Ok(()),
        more => writeln!(text, "- {more} more random scenarios failed"),
    }
}

/// The failures that are known, with their reasons.
fn known(text: &mut String, plugin: &PluginReport) -> std::fmt::Result {
    for rule in &plugin.rules {
        let Some(known) = &rule.known else { continue };
        let link = known.link.as_deref().map_or_else(String::new, link);
        writeln!(
            text,
            "- known failure {}: {}{link}",
            code(&rule.id),
            cell(&known.reason)
        )?;
    }
    Ok(())
}

fn finding(text: &mut String, finding: &Finding<'_>) -> std::fmt::Result {
    let rule = finding.main;
    let meaning = match rule.consequence {
        Some(Consequence::Other) | None => String::new(),
        Some(consequence) => format!(", {}", consequence.describe()),
    };
    writeln!(
        text,
        "<details><summary><b>{}</b> ({}{meaning}): {}</summary>\n",
        html(&rule.id),
        rule.level.name(),
        html(&rule.seen)
    )?;
    writeln!(text, "- rule: {}", cell(&rule.title))?;
    writeln!(text, "- expected: {}", cell(&rule.expected))?;
    writeln!(text, "- help: {}", cell(&rule.help))?;
    for other in &finding.also {
        writeln!(text, "- also {}: {}", code(&other.id), cell(&other.seen))?;
    }
    if let Some(pcap) = &rule.pcap {
        writeln!(text, "- traffic: {}", code(pcap))?;
    }
    writeln!(text, "\n</details>\n")
}

/// The rules whose verdicts are not the same for all plugins.
fn differences(text: &mut String, report: &Report) -> std::fmt::Result {
    let matrix = Matrix::of(report);
    let rows: Vec<_> = matrix.differing().collect();
    if rows.is_empty() {
        return writeln!(
            text,
            "The verdicts on all rules are the same for all plugins.\n"
        );
    }
    writeln!(text, "#### Rules with different verdicts\n")?;
    write!(text, "| rule |")?;
    for name in report.names() {
        write!(text, " {} |", code(&name))?;
    }
    writeln!(
        text,
        " why |\n|---|{}---|",
        "---|".repeat(report.plugins.len())
    )?;
    for row in rows {
        write!(text, "| {} |", code(row.id))?;
        for rule in &row.rules {
            write!(text, " {} |", rule.map_or("–", |rule| rule.verdict_words()))?;
        }
        writeln!(text, " {} |", cell(&row.reasons()))?;
    }
    writeln!(text)
}

/// Where a failure is tracked: a link, if it is an address.
fn link(to: &str) -> String {
    let is_address = to.starts_with("https://") || to.starts_with("http://");
    let ends_it = |letter: char| letter.is_whitespace() || matches!(letter, '<' | '>');
    let printable = Printable(to).to_string();
    match is_address && printable == to && !to.contains(ends_it) {
        true => format!(" (<{to}>)"),
        false => format!(" ({})", cell(to)),
    }
}

/// A text that stays in its cell or line, and makes no markup.
fn cell(text: &str) -> String {
    let mut escaped = String::new();
    for letter in Printable(text).to_string().chars() {
        if matches!(
            letter,
            '\\' | '`'
                | '*'
                | '_'
                | '{'
                | '}'
                | '['
                | ']'
                | '<'
                | '>'
                | '#'
                | '|'
                | '~'
                | '@'
                | '&'
        ) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A text as code. Where it has a backtick it is escaped instead.
fn code(text: &str) -> String {
    let text = Printable(text).to_string();
    if text.contains('`') {
        cell(&text)
    } else {
        format!("`{}`", text.replace('|', "\\|"))
    }
}

/// A text inside of an HTML element, in which Markdown is not read.
fn html(text: &str) -> String {
    quick_xml::escape::escape(Printable(text).to_string()).into_owned()
}

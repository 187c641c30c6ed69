//! The report on a terminal: one line for each rule while the examination runs, then the
//! details of each failure, and the summary.

use std::io::Write;

use anstyle::Style;
use ics_device::printable::Printable;

use super::findings::{Finding, findings};
use super::summary::unexamined;
use super::{ChaosReport, NotShown, PluginReport, RuleReport, Summary, Verdict, names};
use crate::rules::{Consequence, Level};
use crate::terminal::style::{BAD, DIM, GOOD, STRONG, WARN};
use crate::testbed::transcript::Transcript;

/// One line about a rule, printed when it has been judged. `count` is the number of judged rules, and of all rules.
pub fn line(rule: &RuleReport, count: Option<(usize, usize)>) -> String {
    let (style, word) = badge(rule);
    let counter = count.map_or_else(String::new, |(done, total)| {
        let width = total.to_string().len();
        format!(" ({done:>width$}/{total})")
    });
    let mut text = format!(
        "{style}{word:>12}{style:#} [{:>8.3}s]{counter} {}",
        rule.seconds, rule.id
    );
    if let Some(missing) = rule.missing {
        // The reason is the same for many rules, and said once at the end.
        text.push_str(&format!("  {DIM}not shown: {}{DIM:#}", missing.describe()));
    } else if rule.verdict != Verdict::Pass {
        text.push_str(&format!("  {DIM}{}{DIM:#}", Printable(&rule.seen)));
    }
    text
}

fn badge(rule: &RuleReport) -> (Style, &'static str) {
    let style = match (rule.verdict, rule.level) {
        (Verdict::Pass, _) => GOOD,
        (Verdict::Error, _) | (Verdict::Fail, Level::Must) => BAD,
        (Verdict::Skip | Verdict::XFail, _) | (Verdict::Fail, Level::Should) => WARN,
        (Verdict::Fail, Level::May) => DIM,
    };
    (style, rule.verdict_words())
}

/// The colour of a verdict on a plugin.
pub(crate) fn style_of(summary: &Summary) -> Style {
    if summary.conformant {
        GOOD
    } else if summary.failed || summary.error > 0 {
        BAD
    } else {
        WARN
    }
}

/// The details of each rule that did not pass, and the overall result.
pub fn summary(out: &mut dyn Write, plugin: &PluginReport, strict: bool) -> std::io::Result<()> {
    not_shown(out, plugin)?;
    for found in findings(plugin) {
        finding(out, &found)?;
    }
    known(out, plugin)?;
    by_reason(
        out,
        plugin,
        Verdict::Error,
        &format!("{BAD}harness error{BAD:#}"),
    )?;
    by_reason(
        out,
        plugin,
        Verdict::Skip,
        &format!("{WARN}skipped{WARN:#}"),
    )?;
    let summary = &plugin.summary;
    if let Some(report) = &plugin.chaos {
        chaos(out, report)?;
    }
    writeln!(out)?;
    if summary.conformant && summary.fail > 0 && !strict {
        writeln!(
            out,
            "{DIM}Failed rules below `must` do not count; with --strict, `should` rules do.{DIM:#}"
        )?;
    }
    if summary.skip > 0 {
        writeln!(
            out,
            "{DIM}A skipped rule was not examined, so it has not passed.{DIM:#}"
        )?;
    }
    last_line(out, plugin, strict)
}

/// Why the plugin is undecided, if it is.
fn undecided_since(plugin: &PluginReport, strict: bool) -> Option<String> {
    if plugin.verdict() != "undecided" {
        return None;
    }
    let fails_from = if strict { Level::Should } else { Level::Must };
    let missing: Vec<_> = unexamined(&plugin.rules, fails_from)
        .map(|rule| rule.id.as_str())
        .collect();
    Some(match missing.as_slice() {
        [] => "no rule passed".to_owned(),
        missing => format!(
            "these rules count and were not examined: {}",
            missing.join(", ")
        ),
    })
}

/// The failures that are known, with their reasons.
fn known(out: &mut dyn Write, plugin: &PluginReport) -> std::io::Result<()> {
    for rule in &plugin.rules {
        let Some(known) = &rule.known else { continue };
        writeln!(
            out,
            "\n{WARN}known failure{WARN:#} {STRONG}{}{STRONG:#}: {}",
            rule.id,
            Printable(&known.reason)
        )?;
        writeln!(out, "      seen  {}", Printable(&rule.seen))?;
        if let Some(link) = &known.link {
            writeln!(out, "       see  {}", Printable(link))?;
        }
    }
    Ok(())
}

/// The details of the failures that count, for a plugin among others.
pub fn counting_findings(
    out: &mut dyn Write,
    plugin: &PluginReport,
    strict: bool,
) -> std::io::Result<()> {
    let fails_from = if strict { Level::Should } else { Level::Must };
    for found in findings(plugin) {
        if found.main.level >= fails_from {
            finding(out, &found)?;
        }
    }
    if let Some(report) = plugin.chaos.as_ref().filter(|report| report.failed > 0) {
        chaos(out, report)?;
    }
    writeln!(out)
}

/// What random scenarios showed, and how to repeat those that failed.
fn chaos(out: &mut dyn Write, report: &ChaosReport) -> std::io::Result<()> {
    let (style, word) = if report.failed > 0 {
        (BAD, "failed")
    } else if report.damaged == 0 || report.undamaged_allowed == 0 {
        // A plugin that returns SUCCESS in no scenario cannot return it in a wrong one.
        (WARN, "not shown")
    } else {
        (GOOD, "held")
    };
    writeln!(
        out,
        "\n{style}{word}{style:#} {STRONG}{} random scenarios{STRONG:#} with --seed {}: {} damaged, {} tolerated, {} of {} undamaged with SUCCESS, {} failed",
        report.made(),
        report.seed,
        report.damaged,
        report.tolerated,
        report.undamaged_allowed,
        report.undamaged,
        report.failed
    )?;
    for failure in &report.failures {
        writeln!(out, "\n{BAD}case {}{BAD:#}", failure.case)?;
        for (name, value) in failure.details(report.seed) {
            writeln!(out, "{name:>10}  {}", Printable(&value))?;
        }
    }
    for error in &report.errors {
        writeln!(out, "\n{BAD}harness error{BAD:#} {}", Printable(error))?;
    }
    Ok(())
}

/// The last line: the verdict on the plugin, if there is one. Before it, why it is undecided.
pub fn last_line(out: &mut dyn Write, plugin: &PluginReport, strict: bool) -> std::io::Result<()> {
    if let Some(why) = undecided_since(plugin, strict) {
        writeln!(out, "Undecided, since {}", Printable(&why))?;
    }
    let summary = &plugin.summary;
    let style = style_of(summary);
    let errors = match summary.error {
        0 => String::new(),
        1 => ", 1 harness error".to_owned(),
        many => format!(", {many} harness errors"),
    };
    if let Some(under) = &plugin.examined_under {
        writeln!(
            out,
            "{WARN}Examined under {}: confirm on the device.{WARN:#}",
            Printable(under)
        )?;
    }
    writeln!(
        out,
        "{style}{}{style:#}: {} ({} passed, {} failed, {} skipped{}{errors})",
        plugin.describe(),
        Printable(&plugin.path),
        summary.pass,
        summary.fail,
        summary.skip,
        summary.describe_known(),
    )
}

/// A table of several plugins, why some are undecided, and how many have which verdict.
pub fn overview(
    out: &mut dyn Write,
    plugins: &[PluginReport],
    strict: bool,
) -> std::io::Result<()> {
    if plugins.len() < 2 {
        return Ok(());
    }
    let names = names(plugins);
    writeln!(out, "\n{STRONG}{} plugins{STRONG:#}", plugins.len())?;
    writeln!(out, "{DIM} pass fail skip error{DIM:#}")?;
    for (plugin, name) in plugins.iter().zip(&names) {
        let summary = &plugin.summary;
        let style = style_of(summary);
        let worst = findings(plugin)
            .first()
            .map_or_else(String::new, |finding| format!(": {}", finding.main.id));
        let worst = if summary.failed { worst } else { String::new() };
        writeln!(
            out,
            "{:5}{:5}{:5}{:6} {}  {style}{}{style:#}{worst}{}",
            summary.pass,
            summary.fail,
            summary.skip,
            summary.error,
            name,
            plugin.verdict(),
            summary.describe_known()
        )?;
    }
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for (plugin, name) in plugins.iter().zip(&names) {
        let Some(why) = undecided_since(plugin, strict) else {
            continue;
        };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, same)) => same.push(name),
            None => reasons.push((why, vec![name])),
        }
    }
    for (why, names) in reasons {
        writeln!(
            out,
            "{}: undecided, since {}",
            names.join(", "),
            Printable(&why)
        )?;
    }
    let mut counts: Vec<(&Summary, &str, usize)> = Vec::new();
    for plugin in plugins {
        let verdict = plugin.verdict();
        match counts.iter_mut().find(|(_, known, _)| *known == verdict) {
            Some((_, _, count)) => *count += 1,
            None => counts.push((&plugin.summary, verdict, 1)),
        }
    }
    let texts: Vec<String> = counts
        .iter()
        .map(|(summary, words, count)| {
            let style = style_of(summary);
            format!("{style}{count} {words}{style:#}")
        })
        .collect();
    writeln!(out, "{}", texts.join(", "))
}

/// What the run without faults did not show, and the rules that were skipped because of it.
fn not_shown(out: &mut dyn Write, plugin: &PluginReport) -> std::io::Result<()> {
    let mut reasons: Vec<(&str, Vec<&NotShown>)> = Vec::new();
    for missing in &plugin.not_shown {
        match reasons
            .iter_mut()
            .find(|(reason, _)| *reason == missing.reason)
        {
            Some((_, same)) => same.push(missing),
            None => reasons.push((&missing.reason, vec![missing])),
        }
    }
    for (reason, missing) in reasons {
        let what: Vec<&str> = missing
            .iter()
            .map(|missing| missing.precondition.describe())
            .collect();
        writeln!(
            out,
            "\n{WARN}not shown{WARN:#} {STRONG}{}{STRONG:#}",
            what.join("; ")
        )?;
        writeln!(out, "   because  {}", Printable(reason))?;
        let skipped = plugin.rules.iter().filter(|rule| {
            missing
                .iter()
                .any(|missing| rule.missing == Some(missing.precondition))
        });
        writeln!(out, "   skipped  {}", by_group(skipped))?;
    }
    Ok(())
}

/// The rules as text, counted by group: `12 of dns/*, 3 of tls/*`.
fn by_group<'report>(rules: impl Iterator<Item = &'report RuleReport>) -> String {
    let mut groups: Vec<(&str, Vec<&RuleReport>)> = Vec::new();
    for rule in rules {
        match groups.iter_mut().find(|(group, _)| *group == rule.group()) {
            Some((_, same)) => same.push(rule),
            None => groups.push((rule.group(), vec![rule])),
        }
    }
    let texts: Vec<String> = groups
        .iter()
        .map(|(group, rules)| match rules.as_slice() {
            [one] => one.id.clone(),
            many => format!("{} of {group}/*", many.len()),
        })
        .collect();
    texts.join(", ")
}

fn finding(out: &mut dyn Write, finding: &Finding<'_>) -> std::io::Result<()> {
    let rule = finding.main;
    let style = if rule.level == Level::Must { BAD } else { WARN };
    let meaning = match rule.consequence {
        Some(Consequence::Other) | None => String::new(),
        Some(consequence) => format!("  {style}{}{style:#}", consequence.describe()),
    };
    writeln!(
        out,
        "\n{style}{}{style:#} {STRONG}{}{STRONG:#}{meaning}",
        rule.level.name(),
        rule.id
    )?;
    writeln!(out, "      rule  {}", Printable(&rule.title))?;
    writeln!(out, "    clause  {}", Printable(&rule.clause))?;
    writeln!(out, "  expected  {}", Printable(&rule.expected))?;
    writeln!(out, "      seen  {}", Printable(&rule.seen))?;
    writeln!(out, "      help  {}", Printable(&rule.help))?;
    for other in &finding.also {
        writeln!(
            out,
            "      also  {}: {DIM}{}{DIM:#}",
            other.id,
            Printable(&other.seen)
        )?;
    }
    if let Some(pcap) = &rule.pcap {
        writeln!(out, "      pcap  {}", Printable(pcap))?;
    }
    if !rule.transcript.is_empty() {
        writeln!(out, "transcript")?;
        let transcript = Transcript::of(rule.transcript.clone(), None);
        for line in transcript.to_string().lines() {
            writeln!(out, "            {DIM}{line}{DIM:#}")?;
        }
    }
    Ok(())
}

/// The rules with that verdict, grouped by reason: one reason often applies to many.
fn by_reason(
    out: &mut dyn Write,
    plugin: &PluginReport,
    verdict: Verdict,
    heading: &str,
) -> std::io::Result<()> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    let rules = plugin.rules.iter();
    // What was not shown is said above.
    for rule in rules.filter(|rule| rule.verdict == verdict && rule.missing.is_none()) {
        match reasons.iter_mut().find(|(reason, _)| *reason == rule.seen) {
            Some((_, ids)) => ids.push(&rule.id),
            None => reasons.push((&rule.seen, vec![&rule.id])),
        }
    }
    for (reason, ids) in reasons {
        writeln!(out, "\n{heading} {}", Printable(reason))?;
        for some in ids.chunks(4) {
            writeln!(out, "          {}", some.join(", "))?;
        }
    }
    Ok(())
}

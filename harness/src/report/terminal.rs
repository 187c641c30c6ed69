//! The report on a terminal: one line for each rule while the examination runs, then the
//! details of each failure, and the summary.

use std::io::Write;

use anstyle::Style;
use ics_device::printable::Printable;

use super::{PluginReport, RuleReport, Verdict};
use crate::rules::Level;
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
    if rule.verdict != Verdict::Pass {
        text.push_str(&format!("  {DIM}{}{DIM:#}", Printable(&rule.seen)));
    }
    text
}

fn badge(rule: &RuleReport) -> (Style, &'static str) {
    match (rule.verdict, rule.level) {
        (Verdict::Pass, _) => (GOOD, "PASS"),
        (Verdict::Skip, _) => (WARN, "SKIP"),
        (Verdict::Error, _) => (BAD, "ERROR"),
        (Verdict::Fail, Level::Must) => (BAD, "FAIL"),
        (Verdict::Fail, Level::Should) => (WARN, "FAIL should"),
        (Verdict::Fail, Level::May) => (DIM, "FAIL may"),
    }
}

/// The details of each rule that did not pass, and the overall result.
pub fn summary(out: &mut dyn Write, plugin: &PluginReport, strict: bool) -> std::io::Result<()> {
    for rule in plugin
        .rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Fail)
    {
        failure(out, rule)?;
    }
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
    let (style, word) = if summary.conformant {
        (GOOD, "conformant")
    } else if summary.pass + summary.fail + summary.error == 0 {
        (WARN, "nothing was examined")
    } else if summary.undecided {
        (WARN, "undecided")
    } else {
        (BAD, "not conformant")
    };
    writeln!(
        out,
        "\n{style}{word}{style:#}: {} ({} passed, {} failed, {} skipped{})",
        Printable(&plugin.path),
        summary.pass,
        summary.fail,
        summary.skip,
        if summary.error > 0 {
            format!(
                ", {} harness error{}",
                summary.error,
                if summary.error == 1 { "" } else { "s" }
            )
        } else {
            String::new()
        },
    )?;
    if summary.conformant && summary.fail > 0 && !strict {
        writeln!(
            out,
            "{DIM}Failed rules below `must` do not count; with --strict, `should` rules do.{DIM:#}"
        )?;
    }
    if summary.skip > 0 {
        writeln!(
            out,
            "{DIM}A skipped rule was not examined, so it has not passed. --exclude leaves it out.{DIM:#}"
        )?;
    }
    Ok(())
}

fn failure(out: &mut dyn Write, rule: &RuleReport) -> std::io::Result<()> {
    let style = if rule.level == Level::Must { BAD } else { WARN };
    writeln!(
        out,
        "\n{style}{}{style:#} {STRONG}{}{STRONG:#}",
        rule.level.name(),
        rule.id
    )?;
    writeln!(out, "      rule  {}", Printable(&rule.title))?;
    writeln!(out, "    clause  {}", Printable(&rule.clause))?;
    writeln!(out, "  expected  {}", Printable(&rule.expected))?;
    writeln!(out, "      seen  {}", Printable(&rule.seen))?;
    writeln!(out, "      help  {}", Printable(&rule.help))?;
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
    for rule in plugin.rules.iter().filter(|rule| rule.verdict == verdict) {
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

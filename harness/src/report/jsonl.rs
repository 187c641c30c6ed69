//! The report as JSON lines: one event a line, written while the examination runs.
//!
//! Each line is an object with `event`: `begin`, `rule` (a rule has its verdict), `plugin` (an examination is over) or `end`.
//! A reader ignores members and events that it does not know; a change that would break it increments `version`.

use serde_json::{Value, json};

use super::{PluginReport, Report, RuleReport};

/// The version of the events.
const VERSION: u32 = 1;

/// All events of a report that is complete.
pub(super) fn text(report: &Report) -> String {
    let mut lines = vec![begin(report)];
    for plugin in &report.plugins {
        lines.extend(
            plugin
                .rules
                .iter()
                .map(|rule| self::rule(&plugin.path, rule)),
        );
        lines.push(self::plugin(plugin));
    }
    lines.push(end(report));
    lines.concat()
}

/// The first line: what is examined by what, where and when.
pub fn begin(report: &Report) -> String {
    line(&json!({
        "event": "begin",
        "version": VERSION,
        "tool": report.tool,
        "started": report.started,
        "host": report.host,
        "options": report.options,
    }))
}

/// A rule has its verdict. The traffic of a failure is in the other forms.
pub fn rule(plugin: &str, rule: &RuleReport) -> String {
    line(&json!({
        "event": "rule",
        "plugin": plugin,
        "id": rule.id,
        "verdict": rule.verdict,
        "level": rule.level,
        "seen": rule.seen,
        "seconds": rule.seconds,
    }))
}

/// The examination of a plugin is over.
pub fn plugin(plugin: &PluginReport) -> String {
    line(&json!({
        "event": "plugin",
        "plugin": plugin.path,
        "sha256": plugin.sha256,
        "verdict": plugin.verdict(),
        "summary": plugin.summary,
        "complete": plugin.complete,
        "seconds": plugin.seconds,
    }))
}

/// The last line. A file without it is of an examination that was killed.
pub fn end(report: &Report) -> String {
    line(&json!({
        "event": "end",
        "complete": report.complete,
        "incomplete_because": report.incompleteness(),
        "plugins": report.plugins.len(),
    }))
}

fn line(event: &Value) -> String {
    format!("{event}\n")
}

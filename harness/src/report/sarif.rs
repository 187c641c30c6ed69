//! The report as SARIF 2.1.0 (OASIS), which code-scanning pages show.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use super::findings::{Finding, findings};
use super::{ChaosFailure, PluginReport, Report, RuleReport, chaos};
use crate::rules::Level;

/// The report as SARIF. Each finding is one result; what it explains is in its message.
///
/// # Errors
/// If a value cannot be represented in JSON.
pub(super) fn text(report: &Report) -> serde_json::Result<String> {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    let mut results = Vec::new();
    for (artifact, plugin) in report.plugins.iter().enumerate() {
        for finding in findings(plugin) {
            rules.insert(&finding.main.id, descriptor(finding.main));
            results.push(result(artifact, plugin, &finding));
        }
        for rule in &plugin.rules {
            let Some(known) = &rule.known else { continue };
            rules.insert(&rule.id, descriptor(rule));
            let finding = Finding {
                main: rule,
                also: Vec::new(),
            };
            let mut result = result(artifact, plugin, &finding);
            result["suppressions"] = json!([{"kind": "external", "justification": known.reason}]);
            results.push(result);
        }
        if let Some(report) = &plugin.chaos {
            for failure in &report.failures {
                rules.insert(chaos::NAME, chaos_descriptor());
                results.push(chaos_result(artifact, plugin, report.seed, failure));
            }
        }
    }
    let indexes: BTreeMap<&str, usize> = rules.keys().copied().zip(0..).collect();
    for result in &mut results {
        let index = result["ruleId"].as_str().and_then(|id| indexes.get(id));
        result["ruleIndex"] = json!(index);
    }
    let incomplete = report
        .incompleteness()
        .map(|why| json!({"level": "warning", "message": {"text": format!("Incomplete: {why}.")}}));
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "rules": rules.into_values().collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": report.complete
                    && report.plugins.iter().all(|plugin| plugin.summary.error == 0),
                "startTimeUtc": report.started,
                "toolExecutionNotifications": Vec::from_iter(incomplete),
            }],
            "artifacts": report.plugins.iter().map(artifact).collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn descriptor(rule: &RuleReport) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.clause},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": level(rule.level)},
    })
}

fn chaos_descriptor() -> Value {
    json!({
        "id": chaos::NAME,
        "shortDescription": {"text": chaos::REQUIREMENT},
        "defaultConfiguration": {"level": level(Level::Must)},
    })
}

fn artifact(plugin: &PluginReport) -> Value {
    json!({
        "location": {"uri": uri(&plugin.path)},
        "hashes": {"sha-256": plugin.sha256},
    })
}

fn result(index: usize, plugin: &PluginReport, finding: &Finding<'_>) -> Value {
    let rule = finding.main;
    let mut message = format!("{} Seen: {}. {}", rule.title, rule.seen, rule.help);
    for other in &finding.also {
        message.push_str(&format!("\nAlso {}: {}.", other.id, other.seen));
    }
    json!({
        "ruleId": rule.id,
        "level": level(rule.level),
        "message": {"text": message},
        "locations": locations(index, plugin),
        // The same finding of the same plugin, whatever bytes it has, is one to the page.
        "partialFingerprints": {"rule/v1": format!("{} {}", rule.id, file_name(&plugin.path))},
    })
}

/// A random scenario that failed.
fn chaos_result(index: usize, plugin: &PluginReport, seed: u64, failure: &ChaosFailure) -> Value {
    let title = failure.title(seed);
    let details = failure.details(seed);
    let mut message = format!("{} It failed with {title}.", chaos::REQUIREMENT);
    for (name, value) in details {
        message.push_str(&format!("\n{name}: {value}"));
    }
    let fingerprint = format!("{} {title} {}", chaos::NAME, file_name(&plugin.path));
    json!({
        "ruleId": chaos::NAME,
        "level": level(Level::Must),
        "message": {"text": message},
        "locations": locations(index, plugin),
        "partialFingerprints": {"rule/v1": fingerprint},
    })
}

fn locations(index: usize, plugin: &PluginReport) -> Value {
    json!([{
        "physicalLocation": {
            "artifactLocation": {"uri": uri(&plugin.path), "index": index},
            // A library has no lines, and pages for source code show a result at one only.
            "region": {"startLine": 1},
        },
    }])
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "error",
        Level::Should => "warning",
        Level::May => "note",
    }
}

/// A path as a URI (RFC 8089).
fn uri(path: &str) -> String {
    let mut url = Url::parse("file:///").expect("a URL without a path");
    url.set_path(&path.replace('\\', "/"));
    url.into()
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri_whatever_letters_it_has() {
        assert_eq!(
            uri("/tmp/a b/lib ü#.so"),
            "file:///tmp/a%20b/lib%20%C3%BC%23.so"
        );
        assert_eq!(uri("C:\\a\\b.dll"), "file:///C:/a/b.dll");
    }
}

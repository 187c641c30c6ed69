//! Reads saved reports and makes one of several.

use std::collections::HashSet;

use serde::Deserialize;

use super::{PluginReport, Report, SCHEMA, Summary};
use crate::rules::{self, Level};

/// Why a text is not a report that this program reads.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("it is not a report of `check`: {0}")]
    NotJson(serde_json::Error),
    #[error(
        "it has the format {found}, and this program reads {SCHEMA}: examine the plugin again with this version"
    )]
    Schema { found: u32 },
    #[error("it is not a report of `check`: {0}")]
    NotReport(serde_json::Error),
}

/// Reads a report.
///
/// # Errors
/// If the text is not JSON, or no report of this version.
pub fn read(text: &str) -> Result<Report, ReadError> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let version: Version = serde_json::from_str(text).map_err(ReadError::NotJson)?;
    if version.schema != SCHEMA {
        return Err(ReadError::Schema {
            found: version.schema,
        });
    }
    serde_json::from_str(text).map_err(ReadError::NotReport)
}

/// One report of several: the plugins one after the other. Those of one file, examined with one profile by different rules,
/// become one.
///
/// What stands for the whole (the program, the machine and the options) is that of the first report; the time is that of
/// the earliest one.
pub fn merged(reports: Vec<Report>) -> Option<Report> {
    let mut reports = reports.into_iter();
    let mut all = reports.next()?;
    let plugins = std::mem::take(&mut all.plugins);
    let mut merged = Vec::new();
    add(&mut merged, plugins, all.options.strict);
    for report in reports {
        all.complete &= report.complete;
        all.options.strict |= report.options.strict;
        // All are in UTC and in one format.
        all.started = all.started.min(report.started);
        add(&mut merged, report.plugins, all.options.strict);
    }
    all.plugins = merged;
    Some(all)
}

fn add(all: &mut Vec<PluginReport>, plugins: Vec<PluginReport>, strict: bool) {
    for plugin in plugins {
        match all.iter_mut().find(|known| is_part(known, &plugin)) {
            Some(known) => join(known, plugin, strict),
            None => all.push(plugin),
        }
    }
}

/// Whether two reports are on one plugin, and on different rules.
fn is_part(known: &PluginReport, other: &PluginReport) -> bool {
    let rules: HashSet<&str> = known.rules.iter().map(|rule| rule.id.as_str()).collect();
    (&known.sha256, &known.path, &known.profile.sha256)
        == (&other.sha256, &other.path, &other.profile.sha256)
        && known.chaos.is_none()
        && other.chaos.is_none()
        && !other
            .rules
            .iter()
            .any(|rule| rules.contains(rule.id.as_str()))
}

fn join(known: &mut PluginReport, other: PluginReport, strict: bool) {
    let existing = known.summary.existing();
    known.rules.extend(other.rules);
    // As in CONTRACT.md; those of the profile come last.
    let order: Vec<&str> = rules::all().map(|rule| rule.id).collect();
    known.rules.sort_by_key(|rule| {
        let place = order.iter().position(|id| *id == rule.id);
        place.unwrap_or(order.len())
    });
    known.seconds += other.seconds;
    known.complete &= other.complete;
    known.measurements.add(other.measurements);
    for missing in other.not_shown {
        if !known.not_shown.contains(&missing) {
            known.not_shown.push(missing);
        }
    }
    let fails_from = if strict { Level::Should } else { Level::Must };
    known.summary = Summary::of(&known.rules, fails_from, existing).for_complete(known.complete);
}

//! Reads saved reports and makes one of several.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Deserialize;

use super::{MissingParts, Partition, PluginReport, Report, SCHEMA, Summary};
use crate::rules::{self, Level};

/// Why a text is not a report that this program reads.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the file is empty")]
    Empty,
    #[error("it is not a report of `check`: {0}")]
    NotJson(serde_json::Error),
    #[error(
        "it has the format {found}, and this program reads {SCHEMA}: examine the plugin again with this version"
    )]
    Schema { found: u32 },
    #[error("it is not a report of `check`: {0}")]
    NotReport(serde_json::Error),
}

/// The most parts that a report can be merged of.
const MOST_PARTS: usize = 1 << 16;

/// Why reports cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("there is no report to merge")]
    NoReport,
    #[error(
        "{one} and {other} are both {partition}; give each part once, and merge the parts of another examination first"
    )]
    Twice {
        one: String,
        other: String,
        partition: Partition,
    },
    #[error(
        "{one} is {partition}, and {other} is {other_partition}: they are not parts of one examination; merge the parts \
         of each examination first"
    )]
    Apart {
        one: String,
        partition: Partition,
        other: String,
        other_partition: Partition,
    },
    #[error(
        "{name} was merged of parts, and {missing}: merge it again from all parts, without {name}"
    )]
    Lacking { name: String, missing: MissingParts },
    #[error("{name} names {partition}, which there cannot be")]
    Impossible { name: String, partition: Partition },
}

/// Reads a report.
///
/// # Errors
/// If the text is empty or not JSON, or no report of this version.
pub fn read(text: &str) -> Result<Report, ReadError> {
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
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

/// One report of several: the plugins one after the other, those of parts as one machine would have had them. Those of one file, examined with one profile by different rules,
/// become one.
///
/// What stands for the whole (the program, the machine and the options) is that of the first report; the time is that of
/// the earliest one. Of reports on parts of the plugins, the parts that are missing are recorded. Each report has the name of
/// its file.
///
/// # Errors
/// If a part is there twice, or the parts are not of one examination.
pub fn merged(reports: Vec<(String, Report)>) -> Result<Report, MergeError> {
    let missing = missing_parts(&reports)?;
    let mut reports = reports.into_iter().map(|(_, report)| report);
    let mut all = reports.next().ok_or(MergeError::NoReport)?;
    let mut plugins = placed(&mut all);
    for mut report in reports {
        plugins.extend(placed(&mut report));
        all.complete &= report.complete;
        all.options.strict |= report.options.strict;
        // All are in UTC and in one format.
        all.started = all.started.min(report.started);
    }
    // What is in one place stays in the order of the files.
    plugins.sort_by_key(|(place, _)| *place);
    for (_, plugin) in plugins {
        add(&mut all.plugins, plugin, all.options.strict);
    }
    all.options.partition = None;
    all.complete &= missing.is_none();
    all.missing_parts = missing;
    Ok(all)
}

/// The parts that are missing, if some reports are on parts of the plugins.
fn missing_parts(reports: &[(String, Report)]) -> Result<Option<MissingParts>, MergeError> {
    let mut given: BTreeMap<usize, &str> = BTreeMap::new();
    let mut first: Option<(&str, Partition)> = None;
    for (name, report) in reports {
        let Some(partition) = report.options.partition else {
            continue;
        };
        let Partition { part, of } = partition;
        if part == 0 || part > of || of > MOST_PARTS {
            let name = name.clone();
            return Err(MergeError::Impossible { name, partition });
        }
        let (one, known) = *first.get_or_insert((name, partition));
        if known.of != of {
            return Err(MergeError::Apart {
                one: one.to_owned(),
                partition: known,
                other: name.clone(),
                other_partition: partition,
            });
        }
        if let Some(one) = given.insert(part, name) {
            return Err(MergeError::Twice {
                one: one.to_owned(),
                other: name.clone(),
                partition,
            });
        }
    }
    // What else such a report lacks is not known, so that no part can be added to it.
    let lacking = reports
        .iter()
        .find_map(|(name, report)| Some((name, report.missing_parts.as_ref()?)));
    match (first, lacking) {
        (Some(_), Some((name, missing))) => Err(MergeError::Lacking {
            name: name.clone(),
            missing: missing.clone(),
        }),
        (Some((_, partition)), None) => {
            let given: BTreeSet<usize> = given.into_keys().collect();
            Ok(MissingParts::of(partition.of, &given))
        }
        (None, lacking) => Ok(lacking.map(|(_, missing)| missing.clone())),
    }
}

/// The plugins of a report, which are taken out of it, each with its place: a part has every N-th of all plugins.
fn placed(report: &mut Report) -> Vec<((usize, usize), PluginReport)> {
    let part = report.options.partition.map(|partition| partition.part);
    let plugins = std::mem::take(&mut report.plugins).into_iter().enumerate();
    plugins
        .map(|(round, plugin)| (part.map_or((usize::MAX, 0), |part| (round, part)), plugin))
        .collect()
}

fn add(all: &mut Vec<PluginReport>, plugin: PluginReport, strict: bool) {
    match all.iter_mut().find(|known| is_part(known, &plugin)) {
        Some(known) => join(known, plugin, strict),
        None => all.push(plugin),
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

//! Measures the time and resources that a plugin uses, alone or in comparison with
//! another one.
//!
//! This module knows scripts and measurements. The caller chooses the scenario and runs
//! the worker.

mod statistics;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Serialize;

use crate::worker::observation::{End, Observation, Snapshot};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD, calls};
use statistics::{median, percentile, ratios};

/// The number of measurements.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many rounds; each has two new processes for each plugin.
    pub rounds: u32,
    /// How many calls follow the first one in a round.
    pub calls: u32,
}

/// Runs a script on the plugin with that index, in a new worker and in the scenario of the measurement.
pub type RunScript<'a> = dyn FnMut(usize, &[Step]) -> Result<Observation, String> + 'a;

/// The results of a measurement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bench {
    /// The version of this document's schema.
    pub schema: u32,
    /// How many rounds there were.
    pub rounds: u32,
    /// How many calls followed the first one in each round.
    pub calls: u32,
    /// The figures of one plugin, or of two.
    pub plugins: Vec<Figures>,
    /// The first plugin's figures divided by the second's, if there are two.
    pub ratios: Option<Ratios>,
}

/// The figures of one plugin. Times are in seconds and, unless stated otherwise, the
/// median of all rounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    pub path: PathBuf,
    /// The size of the file.
    pub bytes: u64,
    /// Loading, with every symbol bound.
    pub load: f64,
    /// The first call in a process.
    pub first_call: f64,
    /// The calls after the first one.
    pub next_call: Spread,
    pub unload: f64,
    /// Load, one call and unload in a new process, as one figure.
    pub first_check: f64,
    /// The increase of the number of threads from before the load to after the calls.
    pub threads: i64,
    /// The increase of the number of open descriptors, likewise.
    pub descriptors: i64,
    /// The increase of the process's memory in KiB, likewise.
    pub memory: i64,
    /// How often each number was returned.
    pub answers: BTreeMap<i32, u32>,
}

/// The distribution of the times of single calls, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
}

/// The first plugin's figures divided by the second one's. Times are divided
/// round by round, and the median of those ratios is given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratios {
    pub bytes: f64,
    pub load: f64,
    pub first_call: f64,
    /// Of each round's median of the calls after the first.
    pub next_call: f64,
    pub unload: f64,
    pub first_check: f64,
}

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The size of the file could not be read.
    #[error("cannot read the size of {path}")]
    File { path: PathBuf, source: io::Error },
    /// A run did not finish.
    #[error("{path} cannot be measured: {reason}")]
    Run { path: PathBuf, reason: String },
}

/// One plugin's results of one round.
#[derive(Debug, Default)]
struct Round {
    load: f64,
    first_call: f64,
    next_calls: Vec<f64>,
    unload: f64,
    first_check: f64,
    threads: i64,
    descriptors: i64,
    memory: i64,
    answers: Vec<i32>,
}

/// Measures one plugin or two. Those of a round run one after the other, each
/// in new processes, and alternate in being first, so that other load on the machine
/// affects both equally.
pub fn measure(
    plan: Plan,
    plugins: &[&Path],
    run: &mut RunScript<'_>,
) -> Result<Bench, BenchError> {
    let mut rounds: Vec<Vec<Round>> = plugins.iter().map(|_| Vec::new()).collect();
    for number in 0..plan.rounds {
        for turn in 0..plugins.len() {
            let index = (turn + number as usize) % plugins.len();
            let round = round(plan, index, run).map_err(|reason| BenchError::Run {
                path: plugins[index].to_owned(),
                reason,
            })?;
            rounds[index].push(round);
        }
    }
    let figures = plugins
        .iter()
        .zip(&rounds)
        .map(|(path, rounds)| Figures::new(path, rounds))
        .collect::<Result<Vec<_>, _>>()?;
    let ratios = match (figures.as_slice(), rounds.as_slice()) {
        ([first, second], [one, other]) => Some(Ratios::new(first, second, one, other)),
        _ => None,
    };
    Ok(Bench {
        schema: 1,
        rounds: plan.rounds,
        calls: plan.calls,
        plugins: figures,
        ratios,
    })
}

/// The script that measures each stage separately.
fn stage_script(next_calls: u32) -> [Step; 6] {
    [
        Step::Snapshot,
        LOAD,
        CALL,
        calls(next_calls),
        Step::Snapshot,
        UNLOAD,
    ]
}

/// The script of one complete check, without snapshots in between.
const CHECK_SCRIPT: [Step; 1] = [Step::Rounds {
    count: 1,
    own_thread: false,
}];

fn round(plan: Plan, plugin: usize, run: &mut RunScript<'_>) -> Result<Round, String> {
    let mut run_complete = |script: &[Step]| {
        let observation = run(plugin, script)?;
        failure_reason(&observation, script.len()).map_or(Ok(observation), Err)
    };
    let observation = run_complete(&stage_script(plan.calls))?;
    let whole = run_complete(&CHECK_SCRIPT)?;
    let [before, load, first, next, after, unload] = observation.steps.as_slice() else {
        return Err("the worker skipped steps".to_owned());
    };
    let (Some(before), Some(after)) = (&before.snapshot, &after.snapshot) else {
        return Err("the worker could not take a snapshot".to_owned());
    };
    let growth = |what: fn(&Snapshot) -> usize| what(after) as i64 - what(before) as i64;
    Ok(Round {
        load: load.seconds,
        first_call: first.calls.iter().map(|call| call.seconds).sum(),
        next_calls: next.calls.iter().map(|call| call.seconds).collect(),
        unload: unload.seconds,
        first_check: whole.steps.iter().map(|step| step.seconds).sum(),
        threads: growth(|snapshot| snapshot.threads.len()),
        descriptors: growth(|snapshot| snapshot.descriptors.len()),
        memory: growth(|snapshot| snapshot.memory.unwrap_or_default() as usize),
        answers: [first, next]
            .into_iter()
            .chain(&whole.steps)
            .flat_map(|step| step.calls.iter().map(|call| call.value))
            .collect(),
    })
}

/// Why a run is unusable for a measurement; none if it is complete.
fn failure_reason(observation: &Observation, steps: usize) -> Option<String> {
    if let Some(error) = observation.steps.iter().find_map(|step| step.error.clone()) {
        return Some(error);
    }
    match &observation.end {
        End::Finished if observation.steps.len() == steps => None,
        End::Finished => Some("the worker skipped steps".to_owned()),
        End::Killed { signal, step } => Some(format!("{signal} killed it in step {step}")),
        End::Exited { code, step } => Some(format!(
            "it ended the process with code {code} in step {step}"
        )),
        End::Hung { step, seconds } => {
            Some(format!("it did not respond for {seconds} s in step {step}"))
        }
        End::TooManyProcesses { limit, step } => Some(format!(
            "it started more than {limit} processes in step {step}"
        )),
        End::ChannelLost { step } => Some(format!(
            "it closed, replaced or wrote to the worker's report channel in step {step}"
        )),
    }
}

impl Figures {
    fn new(path: &Path, rounds: &[Round]) -> Result<Self, BenchError> {
        let bytes = fs::metadata(path)
            .map_err(|source| BenchError::File {
                path: path.to_owned(),
                source,
            })?
            .len();
        let time = |what: fn(&Round) -> f64| median(rounds.iter().map(what));
        let count = |what: fn(&Round) -> i64| {
            median(rounds.iter().map(|round| what(round) as f64)).round() as i64
        };
        let next: Vec<f64> = rounds
            .iter()
            .flat_map(|round| round.next_calls.iter().copied())
            .collect();
        let mut answers = BTreeMap::new();
        for answer in rounds.iter().flat_map(|round| &round.answers) {
            *answers.entry(*answer).or_default() += 1;
        }
        Ok(Self {
            path: path.to_owned(),
            bytes,
            load: time(|round| round.load),
            first_call: time(|round| round.first_call),
            next_call: Spread {
                median: percentile(next.iter().copied(), 50),
                p95: percentile(next.iter().copied(), 95),
                p99: percentile(next.iter().copied(), 99),
            },
            unload: time(|round| round.unload),
            first_check: time(|round| round.first_check),
            threads: count(|round| round.threads),
            descriptors: count(|round| round.descriptors),
            memory: count(|round| round.memory),
            answers,
        })
    }
}

impl Ratios {
    fn new(first: &Figures, second: &Figures, one: &[Round], other: &[Round]) -> Self {
        let time =
            |what: fn(&Round) -> f64| median(ratios(one.iter().map(what), other.iter().map(what)));
        Self {
            bytes: first.bytes as f64 / second.bytes as f64,
            load: time(|round| round.load),
            first_call: time(|round| round.first_call),
            next_call: time(|round| median(round.next_calls.iter().copied())),
            unload: time(|round| round.unload),
            first_check: time(|round| round.first_check),
        }
    }
}

#[cfg(test)]
mod tests;

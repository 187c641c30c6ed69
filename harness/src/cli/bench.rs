//! `bench`: how long a plugin takes, alone or compared with another one.

use std::path::{Path, PathBuf};

use clap::{Args, value_parser};

use super::{ExitStatus, Failure, TestBedArgs, print, print_json};
use crate::bench::{self, Bench, Plan};
use crate::run::{PreparedPlugin, RunError, RunSpec, TestBed};
use crate::testbed::Scenario;
use crate::testbed::authority::Trust;
use crate::worker::Cancel;

const EXAMPLES: &str = "\
Examples:
  ics-harness bench sample-plugins/carrier-json
  ics-harness bench sample-plugins/carrier-json --against sample-plugins/carrier-json-c
  ics-harness bench one.so --against other.so --json > figures.json

The test bed's CA certificate is added to the system's bundle here, so that a plugin that reads the
bundle reads it in its real size. With --http, a plugin made with the SDK is configured to use
cleartext HTTP; any other plugin must use it by itself.
Exit codes: 0 measured; 2 usage; 3 harness error, or it could not be measured; 130 interrupted.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    /// A library file, or a plugin's source folder (with Cargo.toml or Makefile), which is built first.
    #[arg(value_name = "PLUGIN")]
    plugin: PathBuf,
    /// Measure this plugin alternately with the first one, and print ratios.
    #[arg(long, value_name = "PLUGIN")]
    against: Option<PathBuf>,
    /// Print one JSON document instead of a table; times are in seconds.
    #[arg(long)]
    json: bool,
    /// The number of rounds, each in new processes.
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
    /// The number of calls in each round, not counting the first one.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    calls: u32,
    /// Configure the plugin to use cleartext HTTP instead of HTTPS, if it was made with the SDK.
    #[arg(long)]
    http: bool,
    #[command(flatten)]
    test_bed: TestBedArgs,
}

pub(super) fn run(args: &BenchArgs) -> Result<ExitStatus, Failure> {
    let plugins = std::iter::once(&args.plugin)
        .chain(&args.against)
        .map(|plugin| args.test_bed.find_plugin(plugin))
        .collect::<Result<Vec<_>, _>>()?;
    let conditions = plugins
        .iter()
        .map(|plugin| args.test_bed.conditions(Some(plugin)))
        .collect::<Result<Vec<_>, _>>()?;
    let (mut test_bed, cancel) = args.test_bed.open(Trust::Append, &conditions)?;
    if args.http {
        test_bed = test_bed.with_cleartext_http();
    }
    let prepared = plugins
        .iter()
        .zip(conditions)
        .map(|(plugin, conditions)| test_bed.prepare(plugin, conditions))
        .collect::<Result<Vec<_>, _>>()?;
    let bench = measure(args, &test_bed, &prepared, &cancel)?;
    if args.json {
        print_json(&bench)?;
    } else {
        print(&format!("{bench}\n"))?;
    }
    Ok(ExitStatus::Success)
}

fn measure(
    args: &BenchArgs,
    test_bed: &TestBed,
    plugins: &[PreparedPlugin<'_>],
    cancel: &Cancel,
) -> Result<Bench, Failure> {
    let libraries: Vec<&Path> = plugins.iter().map(PreparedPlugin::library).collect();
    let plan = Plan {
        rounds: args.rounds,
        calls: args.calls,
    };
    bench::measure(plan, &libraries, &mut |index, script| {
        let spec = RunSpec::new(Scenario::ALLOW, script).unwatched();
        test_bed
            .run(spec, &plugins[index], cancel)
            .map(|record| record.observation)
            .map_err(|error| match error {
                RunError::Unsupported(reason)
                | RunError::NotApplicable(reason)
                | RunError::Failed(reason)
                | RunError::Exhausted(reason) => reason,
            })
    })
    .map_err(|error| match cancel.is_cancelled() {
        true => Failure::Stopped,
        false => Failure::harness(error),
    })
}

//! `check`: tests plugins against the rules.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::Args;
use ics_device::printable;

use super::report_args::ReportArgs;
use super::{ExitStatus, Failure, TestBedArgs};
use crate::plugin::Plugin;
use crate::report::{Options, PluginReport, Report, terminal};
use crate::rules::{self, Level, Rule};
use crate::run::{Conditions, TestBed};
use crate::suite::chaos::Chaos;
use crate::suite::progress::StderrProgress;
use crate::suite::select::Selection;
use crate::suite::{self, Settings};
use crate::terminal::eprint;
use crate::testbed::authority::Trust;
use crate::testbed::most_runs_at_once;
use crate::worker::Cancel;

/// A run mostly waits, so more runs than processors are made at once.
const RUNS_PER_PROCESSOR: usize = 8;

const EXAMPLES: &str = "\
Examples:
  ics-harness check sample-plugins/carrier-json       build a crate, then test its library
  ics-harness check ./libentitlement.so --strict      a binary; `should` rules count too
  ics-harness check lib.so --rules 'tls/*,http/500'   only these rules
  ics-harness check lib.so --report html=report.html --report junit=report.xml
  ics-harness check lib.so --chaos 1000 --seed 42     1,000 random scenarios besides the rules
  ics-harness check --list --rules 'host/*'           list rules, run nothing

Exit codes: 0 every selected rule that counts passed (conformant only if none was left out); 1 one
failed; 2 usage; 3 harness error; 4 undecided: nothing ran, or a rule that counts could not be
examined; 130 interrupted.
`must` rules count; with --strict, `should` rules count too. `ics-harness rules` lists them all.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// A library file, or a plugin's source folder (with Cargo.toml or Makefile), which is built first.
    #[arg(value_name = "PLUGIN", required_unless_present = "list")]
    plugins: Vec<PathBuf>,
    /// Examine only rules that match one of these comma-separated patterns, such as 'http/*'.
    #[arg(long, value_name = "GLOBS", value_delimiter = ',')]
    rules: Vec<String>,
    /// Leave out rules that match one of these comma-separated patterns.
    #[arg(long, value_name = "GLOBS", value_delimiter = ',')]
    exclude: Vec<String>,
    /// How many runs to make at once [default: 8 per processor].
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Treat a failed `should` rule like a failed `must` rule.
    #[arg(long)]
    strict: bool,
    /// Try N random compositions of faults as well: a plugin must never return SUCCESS for a damaged response, be
    /// late, or end the process.
    #[arg(long, value_name = "N")]
    chaos: Option<NonZeroU32>,
    /// The seed of the random scenarios, to repeat them [default: a random one, which is printed].
    #[arg(long, value_name = "S", requires = "chaos")]
    seed: Option<u64>,
    /// The number of the first random scenario, to repeat one alone.
    #[arg(long, value_name = "K", requires = "seed")]
    case: Option<u32>,
    #[command(flatten)]
    reports: ReportArgs,
    /// List the selected rules and run nothing.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    test_bed: TestBedArgs,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitStatus, Failure> {
    if args.list {
        return list(args);
    }
    // A misspelt pattern is reported before a long build. Only the rules of the plugins' profiles are not known yet.
    let known = |patterns: &[String]| -> Vec<String> {
        let all = patterns
            .iter()
            .filter(|pattern| !pattern.starts_with("profile/"));
        all.cloned().collect()
    };
    Selection::parse(&known(&args.rules), &known(&args.exclude), &[]).map_err(Failure::usage)?;
    // Open the reports first: that one cannot be written should be known before a long examination.
    let output = args.reports.open(&args.plugins)?;
    // Plugins are found and built before the test bed is opened, because that changes the
    // process's view of the file system. No thread may be started until then.
    let plugins = args
        .plugins
        .iter()
        .map(|plugin| args.test_bed.find_plugin(plugin))
        .collect::<Result<Vec<_>, _>>()?;
    let conditions = plugins
        .iter()
        .map(|plugin| args.test_bed.conditions(Some(plugin)))
        .collect::<Result<Vec<_>, _>>()?;
    let of_profiles: Vec<_> = conditions
        .iter()
        .map(|conditions| rules::of_profile(&conditions.profile))
        .collect();
    check_exceptions(&conditions)?;
    let selection = Selection::parse(&args.rules, &args.exclude, &of_profiles.concat())
        .map_err(Failure::usage)?;
    let (test_bed, cancel) = args.test_bed.open(Trust::Replace, &conditions)?;
    let report = Report::begin(options(args, &conditions));
    let mut reports = Vec::new();
    let mut failure = None;
    for ((plugin, conditions), of_profile) in plugins.iter().zip(conditions).zip(of_profiles) {
        let selected = selection.select(&of_profile);
        match examine(args, plugin, conditions, &selected, &test_bed, &cancel) {
            Ok(report) if report.complete => reports.push(report),
            Ok(report) => {
                reports.push(report);
                failure = Some(Failure::Stopped);
                break;
            }
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let status = status(&reports);
    let mut text = Vec::new();
    terminal::overview(&mut text, &reports).map_err(Failure::harness)?;
    eprint(&String::from_utf8_lossy(&text));
    // The reports on finished plugins are written even if a later plugin failed.
    output.write(&report.end(reports, plugins.len()))?;
    failure.map_or(Ok(status), Err)
}

/// What the report says of the command line.
fn options(args: &CheckArgs, conditions: &[Conditions]) -> Options {
    Options {
        strict: args.strict,
        rules: args.rules.clone(),
        exclude: args.exclude.clone(),
        jobs: args.jobs.map_or_else(default_jobs, NonZeroUsize::get),
        // It is the same for all plugins.
        budget: conditions
            .first()
            .map_or(0.0, |conditions| conditions.budget.as_secs_f64()),
        chaos: args.chaos.map(NonZeroU32::get),
    }
}

/// Lists the selected rules, with those of the profile that is named.
fn list(args: &CheckArgs) -> Result<ExitStatus, Failure> {
    let conditions = args.test_bed.conditions(None)?;
    let of_profile = rules::of_profile(&conditions.profile);
    let selection =
        Selection::parse(&args.rules, &args.exclude, &of_profile).map_err(Failure::usage)?;
    super::rules::list(&selection.select(&of_profile))?;
    Ok(ExitStatus::Success)
}

/// Checks that each known exception of the profiles names a rule: a misspelt one would except nothing.
fn check_exceptions(conditions: &[Conditions]) -> Result<(), Failure> {
    for conditions in conditions {
        let profile = &conditions.profile;
        let of_profile = rules::of_profile(profile);
        for exception in &profile.exceptions {
            let named = [exception.rule.clone()];
            Selection::parse(&named, &[], &of_profile).map_err(|error| {
                let path = profile.path.as_deref().unwrap_or(Path::new(&profile.name));
                Failure::Usage(format!("{}: an exception: {error}", printable::path(path)))
            })?;
        }
    }
    Ok(())
}

fn examine(
    args: &CheckArgs,
    plugin: &Plugin,
    conditions: Conditions,
    selected: &[&'static Rule],
    test_bed: &TestBed,
    cancel: &Cancel,
) -> Result<PluginReport, Failure> {
    let settings = Settings {
        jobs: args.jobs.map_or_else(default_jobs, NonZeroUsize::get),
        most_jobs: args.jobs.map_or_else(most_jobs, NonZeroUsize::get),
        conditions,
        fails_from: if args.strict {
            Level::Should
        } else {
            Level::Must
        },
        chaos: args.chaos.map(|cases| Chaos {
            seed: args
                .seed
                .unwrap_or_else(|| fastrand::u64(..u64::from(u32::MAX))),
            first: args.case.unwrap_or(1),
            cases: cases.get(),
        }),
    };
    let progress = StderrProgress::new();
    let report = suite::examine(plugin, selected, test_bed, &settings, &progress, cancel)?;
    if !report.complete {
        return Ok(report);
    }
    let mut text = Vec::new();
    terminal::summary(&mut text, &report, args.strict).map_err(Failure::harness)?;
    eprint(&String::from_utf8_lossy(&text));
    Ok(report)
}

fn default_jobs() -> usize {
    jobs(RUNS_PER_PROCESSOR)
}

/// How many runs are made at once of a plugin that mostly waits.
fn most_jobs() -> usize {
    jobs(4 * RUNS_PER_PROCESSOR)
}

fn jobs(per_processor: usize) -> usize {
    let jobs = per_processor * std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
    most_runs_at_once().map_or(jobs, |most| jobs.min(most))
}

/// The worst result of all plugins.
pub(super) fn status(reports: &[PluginReport]) -> ExitStatus {
    reports
        .iter()
        .map(|report| match &report.summary {
            summary if summary.error > 0 => ExitStatus::HarnessError,
            summary if summary.failed => ExitStatus::Failed,
            summary if summary.undecided => ExitStatus::Undecided,
            _ => ExitStatus::Success,
        })
        .max()
        .unwrap_or(ExitStatus::Undecided)
}

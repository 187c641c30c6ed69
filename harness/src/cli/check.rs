//! `check`: examines plugins.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::{ExitStatus, Failure, TestBedArgs};
use crate::plugin::Plugin;
use crate::report::{PluginReport, Report, json, terminal};
use crate::rules::{Level, Rule};
use crate::run::{Profile, TestBed};
use crate::suite::progress::ForPeople;
use crate::suite::{self, Settings, select};
use crate::terminal::{eprint, json as safe_json};
use crate::testbed::authority::Trust;
use crate::worker::Cancel;

/// Most of a run is waiting, so more of them than processors go on at once.
const RUNS_PER_PROCESSOR: usize = 8;

const EXAMPLES: &str = "\
Examples:
  ics-harness check sample-plugins/carrier-json           build a crate, then examine its library
  ics-harness check ./libentitlement.so --strict          a closed library; a broken `should` fails too
  ics-harness check lib.so --rules 'tls/*,http/500'       only these rules
  ics-harness check lib.so --json report.json             a report for machines
  ics-harness check --list --rules 'host/*'               say what would be examined

Exit codes: 0 conformant; 1 a rule failed; 2 usage; 3 the harness could not do its work;
4 nothing ran, or a rule that must hold could not be examined (leave it out with --exclude to judge the rest).";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// A library file, or the folder of a plugin's source (a crate, or anything with a Makefile).
    #[arg(value_name = "PLUGIN", required_unless_present = "list")]
    plugins: Vec<PathBuf>,
    /// Examine only rules that match one of these patterns, such as 'http/*'.
    #[arg(long, value_name = "GLOBS", value_delimiter = ',')]
    rules: Vec<String>,
    /// Leave out rules that match one of these patterns.
    #[arg(long, value_name = "GLOBS", value_delimiter = ',')]
    exclude: Vec<String>,
    /// How many runs go on at once [default: 8 for each processor].
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// A broken `should` fails the run too.
    #[arg(long)]
    strict: bool,
    /// Write a report for machines to FILE, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// List the rules that would be examined, and examine nothing.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    scenario: TestBedArgs,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitStatus, Failure> {
    let selected = select::select(&args.rules, &args.exclude).map_err(Failure::usage)?;
    if args.list {
        super::rules::list(&selected)?;
        return Ok(ExitStatus::Success);
    }
    // A report that cannot be written is better known before the examination than after.
    let output = args.json.as_deref().map(|path| Output::open(Some(path)));
    let output = output.transpose()?;
    // Everything that needs the machine as it is comes before the test bed is
    // opened; no thread may run until then.
    let plugins = args
        .plugins
        .iter()
        .map(|plugin| Plugin::find(plugin).map_err(Failure::usage))
        .collect::<Result<Vec<_>, _>>()?;
    let profiles = plugins
        .iter()
        .map(|plugin| args.scenario.profile(Some(plugin)))
        .collect::<Result<Vec<_>, _>>()?;
    let (test_bed, cancel) = args.scenario.open(Trust::Replace)?;
    let mut reports = Vec::new();
    let mut trouble = None;
    for (plugin, profile) in plugins.iter().zip(profiles) {
        match examine(args, plugin, profile, &selected, &test_bed, &cancel) {
            Ok(report) => reports.push(report),
            Err(failure) => {
                trouble = Some(failure);
                break;
            }
        }
    }
    let status = status(&reports);
    // What is finished is not lost, whatever came after it.
    if let Some(output) = output {
        let text = json::text(&Report::new(reports)).map_err(Failure::harness)?;
        output.put(safe_json(&text).as_bytes(), true)?;
    }
    trouble.map_or(Ok(status), Err)
}

fn examine(
    args: &CheckArgs,
    plugin: &Plugin,
    profile: Profile,
    selected: &[&'static Rule],
    test_bed: &TestBed,
    cancel: &Cancel,
) -> Result<PluginReport, Failure> {
    let settings = Settings {
        jobs: args.jobs.map_or_else(default_jobs, NonZeroUsize::get),
        profile,
        fails_from: if args.strict {
            Level::Should
        } else {
            Level::Must
        },
    };
    let progress = ForPeople::new();
    let report = suite::examine(plugin, selected, test_bed, &settings, &progress, cancel)?;
    let mut text = Vec::new();
    terminal::summary(&mut text, &report, args.strict).map_err(Failure::harness)?;
    eprint(&String::from_utf8_lossy(&text));
    Ok(report)
}

fn default_jobs() -> usize {
    RUNS_PER_PROCESSOR * std::thread::available_parallelism().map_or(2, NonZeroUsize::get)
}

/// The worst of what was found, over all plugins.
fn status(reports: &[PluginReport]) -> ExitStatus {
    reports
        .iter()
        .map(|report| match &report.summary {
            summary if summary.error > 0 => ExitStatus::HarnessError,
            summary if summary.conformant => ExitStatus::Success,
            summary if summary.undecided => ExitStatus::Undecided,
            _ => ExitStatus::Failed,
        })
        .max()
        .unwrap_or(ExitStatus::Undecided)
}

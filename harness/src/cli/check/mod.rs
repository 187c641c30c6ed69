//! `check`: tests plugins against the rules.

mod events;
mod inputs;
mod partition;
mod pcap;

use std::cell::RefCell;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use ics_device::printable;

use self::events::{Events, Recorded};
use self::partition::Partition;
use self::pcap::PcapFolder;
use super::report_args::ReportArgs;
use super::trust_args::TrustArgs;
use super::{ExitStatus, Failure, TestBedArgs, at_least_one, named};
use crate::report::{
    self, KnownError, KnownFailures, Options, PluginReport, Report, jsonl, terminal,
};
use crate::rules::{self, Level, Rule};
use crate::run::{Conditions, TestBed, TestBedError};
use crate::suite::chaos::Chaos;
use crate::suite::progress::{SeveralOnStderr, StderrProgress};
use crate::suite::select::Selection;
use crate::suite::several::{Examinee, examine_all};
use crate::suite::{self, Settings, Slots};
use crate::terminal::eprint;
use crate::testbed::authority::Trust;
use crate::testbed::most_runs_at_once;
use crate::worker::Cancel;

/// Most of an examination is waiting for its longest rules, in which the processors work for others.
const PLUGINS_PER_PROCESSOR: usize = 4;

/// A run mostly waits, so more runs than processors are made at once.
const RUNS_PER_PROCESSOR: usize = 8;

const EXAMPLES: &str = "\
Examples:
  ics-harness check sample-plugins/carrier-json       build a crate, then test its library
  ics-harness check ./libentitlement.so --strict      a binary; `should` rules count too
  ics-harness check lib.so --rules 'tls/*,http/500'   only these rules
  ics-harness check lib.so --report html=report.html --report junit=report.xml
  ics-harness check lib.so --chaos 1000 --seed 42     1,000 random scenarios besides the rules
  ics-harness check plugins/ --quiet --report json=all.json   every library of a folder
  ics-harness check plugins/ --partition 2/4          the second of four parts
  ics-harness check lib.so --known-failing known-failing.toml
  ics-harness check lib.so --pcap traffic             traffic/tls-expired.pcapng if that rule fails
  ics-harness check --list --rules 'host/*'           list rules, run nothing

Exit codes: 0 every selected rule that counts passed (conformant only if none was left out); 1 one
failed; 2 usage; 3 harness error; 4 undecided: nothing ran, or a rule that counts could not be
examined; 130 interrupted.
`must` rules count; with --strict, `should` rules count too. `ics-harness rules` lists them all.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// A library file, a plugin's source folder (with Cargo.toml or Makefile), which is built first, or a folder of
    /// libraries, of which each is examined.
    #[arg(value_name = "PLUGIN", required_unless_present = "list", value_parser = named())]
    plugins: Vec<PathBuf>,
    /// Examine only rules that match one of these comma-separated patterns, such as 'http/*'.
    #[arg(long, value_name = "GLOBS", value_delimiter = ',')]
    rules: Vec<String>,
    /// Leave out rules that match one of these comma-separated patterns.
    #[arg(long, value_name = "GLOBS", value_delimiter = ',')]
    exclude: Vec<String>,
    /// How many runs to make at once [default: 8 per processor, up to 32 for several plugins].
    #[arg(long, value_name = "N", value_parser = at_least_one::<NonZeroUsize>)]
    jobs: Option<NonZeroUsize>,
    /// Treat a failed `should` rule like a failed `must` rule.
    #[arg(long)]
    strict: bool,
    /// Stop at the first failed rule that counts.
    #[arg(long)]
    fail_fast: bool,
    /// Examine each plugin N times. A rule whose verdict is not always the same fails.
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true, value_parser = at_least_one::<NonZeroUsize>)]
    repeat: NonZeroUsize,
    /// Take only the K-th of N parts of the plugins, so that N machines share the work; `auto` takes both from the
    /// environment of a job array of Slurm, a parallel job of GitLab or CircleCI, or an indexed job of Kubernetes (which
    /// needs `auto/N`). `ics-harness report` merges the parts.
    #[arg(long, value_name = "K/N")]
    partition: Option<Partition>,
    /// A file of failures that are known, each with its reason: they do not count, and those that have gone fail.
    #[arg(long, value_name = "FILE")]
    known_failing: Option<PathBuf>,
    /// Write the traffic of each run in which a rule fails to a file of the folder DIR, which is new or empty. The files are
    /// pcapng, with the secrets of the TLS sessions, so that Wireshark shows what was encrypted. Nothing in them is masked.
    #[arg(long, value_name = "DIR")]
    pcap: Option<PathBuf>,
    /// Print only the table of several plugins and the last line.
    #[arg(long, short)]
    quiet: bool,
    /// Try N random compositions of faults as well: a plugin must never return SUCCESS for a damaged response, be
    /// late, or end the process.
    #[arg(long, value_name = "N", value_parser = at_least_one::<NonZeroU32>)]
    chaos: Option<NonZeroU32>,
    /// The seed of the random scenarios, to repeat them [default: a random one, which is printed].
    #[arg(long, value_name = "S", requires = "chaos")]
    seed: Option<u64>,
    /// The number of the first random scenario, to repeat one alone.
    #[arg(long, value_name = "K", requires = "seed")]
    case: Option<u32>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    reports: ReportArgs,
    /// List the selected rules and run nothing.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    test_bed: TestBedArgs,
}

impl CheckArgs {
    /// The examination of these plugins by all rules.
    pub(super) fn of_all_rules(
        plugins: Vec<PathBuf>,
        trust: TrustArgs,
        test_bed: TestBedArgs,
    ) -> Self {
        Self {
            plugins,
            rules: Vec::new(),
            exclude: Vec::new(),
            jobs: None,
            strict: false,
            fail_fast: false,
            repeat: NonZeroUsize::MIN,
            partition: None,
            known_failing: None,
            pcap: None,
            quiet: false,
            chaos: None,
            seed: None,
            case: None,
            trust,
            reports: ReportArgs::default(),
            list: false,
            test_bed,
        }
    }
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitStatus, Failure> {
    if args.list {
        return list(args);
    }
    examined(args).map(|(status, _)| status)
}

/// Examines the plugins, shows what was found and writes the reports.
pub(super) fn examined(args: &CheckArgs) -> Result<(ExitStatus, Report), Failure> {
    // A misspelt pattern is reported before a long build. Only the rules of the plugins' profiles are not known yet.
    let built_in = |patterns: &[String]| -> Vec<String> {
        let all = patterns
            .iter()
            .filter(|pattern| !pattern.starts_with("profile/"));
        all.cloned().collect()
    };
    Selection::parse(&built_in(&args.rules), &built_in(&args.exclude), &[])
        .map_err(Failure::usage)?;
    let mut arguments = args.libraries()?;
    // Open the reports first: that one cannot be written should be known before a long examination.
    let mut output = args.reports.open(&args.files(&arguments))?;
    let pcap = args.pcap.as_deref().map(PcapFolder::create).transpose()?;
    let roots = args.trust.read()?;
    let usage = |error: KnownError| Failure::Usage(error.to_string());
    let known = args.known_failing.as_deref();
    let known = known.map(|path| KnownFailures::read(path).map_err(usage));
    let known = known.transpose()?;
    // Plugins are found and built before the test bed is opened, because that changes the
    // process's view of the file system. No thread may be started until then.
    if let Some(partition) = args.partition {
        arguments = partition.of(arguments);
        if arguments.is_empty() {
            eprint("this part has no plugin\n");
        }
    }
    let plugins = arguments
        .iter()
        .map(|argument| {
            let mut plugin = args.test_bed.find_plugin(argument)?;
            if let Some(roots) = &roots.certificates {
                let inspection = &mut plugin.inspection;
                inspection
                    .trust(&plugin.library, roots)
                    .map_err(Failure::usage)?;
            }
            Ok(plugin)
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let conditions = plugins
        .iter()
        .map(|plugin| args.test_bed.conditions(Some(plugin)))
        .collect::<Result<Vec<_>, _>>()?;
    let of_profiles: Vec<_> = conditions
        .iter()
        .map(|conditions| rules::of_profile(&conditions.profile))
        .collect();
    check_exceptions(&conditions)?;
    let all_of_profiles = of_profiles.concat();
    let selection =
        Selection::parse(&args.rules, &args.exclude, &all_of_profiles).map_err(Failure::usage)?;
    let all_rules: Vec<&Rule> = rules::all().chain(all_of_profiles).collect();
    let known = known.map(|known| known.checked(&all_rules).map_err(usage));
    let known = known.transpose()?.map(Arc::new);
    let (test_bed, cancel) = args.test_bed.open(Trust::Replace, &conditions)?;
    let test_bed = match &pcap {
        Some(_) => pcap::capture(test_bed)?,
        None => test_bed,
    };
    let report = Report::begin(Options {
        trust: roots.files,
        known_failing: known.as_ref().map(|known| known.file().clone()),
        ..options(args, &conditions)
    });
    let slots = Slots::new(args.jobs.map_or_else(most_jobs, NonZeroUsize::get));
    let folders = pcap.map(|pcap| pcap.folders(&plugins, args.repeat));
    let examinees: Vec<Examinee<'_>> = plugins
        .iter()
        .zip(conditions)
        .zip(of_profiles)
        .flat_map(|((plugin, conditions), of_profile)| {
            let selected = selection.select(&of_profile);
            let settings = settings(args, plugins.len(), conditions, &slots, known.clone());
            (0..args.repeat.get()).map(move |_| Examinee {
                plugin,
                settings: settings.clone(),
                selected: selected.clone(),
            })
        })
        .enumerate()
        .map(|(index, mut examinee)| {
            let folder = folders.as_ref().and_then(|folders| folders.get(index));
            examinee.settings.pcap = folder.cloned();
            examinee
        })
        .collect();
    // One plugin is shown in full.
    let only = match examinees.as_slice() {
        [only] if !args.quiet && !args.fail_fast => Some(only),
        _ => None,
    };
    let events = Events {
        files: RefCell::new(&mut output),
        paths: examinees
            .iter()
            .map(|examinee| examinee.plugin.library.display().to_string())
            .collect(),
    };
    events.write(&jsonl::begin(&report));
    let results = match only {
        Some(only) => vec![Some(examine_one(only, &test_bed, &events, &cancel))],
        None => examine_several(args, &examinees, &test_bed, &events, &cancel),
    };
    let (reports, failure) = collected(args, results);
    // A part without plugins is a part that is done.
    let status = match examinees.is_empty() {
        true => ExitStatus::Success,
        false => status(&reports),
    };
    let mut text = Vec::new();
    let written = match (only, reports.as_slice()) {
        (Some(_), [one]) if one.complete => terminal::summary(&mut text, one, args.strict),
        (None, [one]) => terminal::last_line(&mut text, one, args.strict),
        (_, all) => terminal::overview(&mut text, all, args.strict),
    };
    written.map_err(Failure::harness)?;
    eprint(&String::from_utf8_lossy(&text));
    // The reports on finished plugins are written even if a later plugin failed.
    let report = report.end(reports, plugins.len());
    events.write(&jsonl::end(&report));
    output.write(&report)?;
    failure.map_or(Ok((status, report)), Err)
}

/// Examines the only plugin, and shows each rule.
fn examine_one(
    examinee: &Examinee<'_>,
    test_bed: &TestBed,
    events: &Events<'_>,
    cancel: &Cancel,
) -> Result<PluginReport, TestBedError> {
    let progress = Recorded {
        progress: StderrProgress::new(),
        events,
    };
    let report = suite::examine(
        examinee.plugin,
        &examinee.selected,
        test_bed,
        &examinee.settings,
        &progress,
        cancel,
    )?;
    events.write(&jsonl::plugin(&report));
    Ok(report)
}

/// Examines several plugins, and shows a line for each.
fn examine_several(
    args: &CheckArgs,
    examinees: &[Examinee<'_>],
    test_bed: &TestBed,
    events: &Events<'_>,
    cancel: &Cancel,
) -> Vec<Option<Result<PluginReport, TestBedError>>> {
    let paths: Vec<PluginReport> = examinees
        .iter()
        .map(|examinee| PluginReport {
            path: examinee.plugin.library.display().to_string(),
            ..PluginReport::default()
        })
        .collect();
    let progress = Recorded {
        progress: SeveralOnStderr::new(report::names(&paths), args.strict, args.quiet),
        events,
    };
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let at_once = PLUGINS_PER_PROCESSOR * processors;
    let jobs = args.jobs.map_or(at_once, |jobs| jobs.get().min(at_once));
    examine_all(examinees, test_bed, jobs, args.fail_fast, &progress, cancel)
}

/// The reports on the plugins that were examined, one for each, and why there are not more.
fn collected(
    args: &CheckArgs,
    results: Vec<Option<Result<PluginReport, TestBedError>>>,
) -> (Vec<PluginReport>, Option<Failure>) {
    let (mut reports, mut failure) = (Vec::new(), None);
    let mut results = results.into_iter();
    loop {
        let mut same = Vec::new();
        let mut begun = false;
        for result in results.by_ref().take(args.repeat.get()) {
            begun = true;
            match result {
                Some(Ok(report)) => same.push(report),
                Some(Err(error)) => failure = Some(error.into()),
                // It was not begun, because the user or a failure stopped the others.
                None => {}
            }
        }
        if !begun {
            break;
        }
        reports.extend(report::steady(same, fails_from(args)));
    }
    let stopped = reports.iter().any(|report| !report.complete);
    if failure.is_none() && stopped && !(args.fail_fast && status(&reports) == ExitStatus::Failed) {
        failure = Some(Failure::Stopped);
    }
    (reports, failure)
}

/// What the report says of the command line, without the files that it names.
fn options(args: &CheckArgs, conditions: &[Conditions]) -> Options {
    Options {
        strict: args.strict,
        rules: args.rules.clone(),
        exclude: args.exclude.clone(),
        jobs: jobs_for(args, conditions.len()),
        // It is the same for all plugins.
        budget: conditions
            .first()
            .map_or(0.0, |conditions| conditions.budget.as_secs_f64()),
        chaos: args.chaos.map(NonZeroU32::get),
        fail_fast: args.fail_fast,
        repeat: Some(args.repeat.get()).filter(|times| *times > 1),
        partition: args.partition.map(Partition::recorded),
        ..Options::default()
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

/// The lowest level that counts.
fn fails_from(args: &CheckArgs) -> Level {
    if args.strict {
        Level::Should
    } else {
        Level::Must
    }
}

fn settings(
    args: &CheckArgs,
    plugins: usize,
    conditions: Conditions,
    slots: &Slots,
    known: Option<Arc<KnownFailures>>,
) -> Settings {
    Settings {
        jobs: jobs_for(args, plugins),
        most_jobs: args.jobs.map_or_else(most_jobs, NonZeroUsize::get),
        slots: slots.clone(),
        conditions,
        fails_from: fails_from(args),
        chaos: args.chaos.map(|cases| Chaos {
            seed: args
                .seed
                .unwrap_or_else(|| fastrand::u64(..u64::from(u32::MAX))),
            first: args.case.unwrap_or(1),
            cases: cases.get(),
        }),
        known,
        pcap: None,
    }
}

/// How many runs are made at once. Of several plugins, the runs that wait leave the processors to those of the others.
fn jobs_for(args: &CheckArgs, plugins: usize) -> usize {
    let examined = plugins.saturating_mul(args.repeat.get());
    args.jobs.map_or_else(
        || jobs(RUNS_PER_PROCESSOR * examined.clamp(1, 4)),
        NonZeroUsize::get,
    )
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

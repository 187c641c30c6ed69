//! `simulate --devices`: the load of the operator's server by many devices.

mod pace;
mod report;
mod sparkline;
mod table;
mod variants;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use ics_device::csp::{Access, HotSpot};
use ics_device::document::{Colour, Rendered, Role, Source, read};
use ics_device::load::{self, Habits, Load, Outage, Population, Summary, Terms, Totals};
use ics_device::service::Restart;
use ics_device::simulation::{ProvisioningFile, format_duration};
use ics_device::state::State;
use ics_device::units::parse_duration;

use self::pace::Pace;
use self::variants::{Variant, variants};
use super::super::document::{ProvidersArgs, provisioning_file};
use super::super::output::{Output, keep_apart};
use super::super::{ExitStatus, Failure, print, stopping};
use super::{SimulateArgs, read_text, refuse};
use crate::terminal::eprint;

const MOST_DEVICES: u64 = 1_000_000_000;
const MOST_DAYS: u32 = 366;

/// What belongs to one device and its plugin, and so not to many.
const OF_ONE_DEVICE: [&str; 16] = [
    "plugin",
    "image",
    "answers",
    "server",
    "profile",
    "isolation",
    "http_port",
    "https_port",
    "ca",
    "ca_key",
    "deadline",
    "budget",
    "cargo_profile",
    "wine_boot",
    "reveal",
    "upstream",
];

/// The options of a load.
#[derive(Debug, Args)]
#[command(next_help_heading = "Load of many devices")]
pub(super) struct LoadArgs {
    /// Simulate so many devices with the habits of the timeline file, and count the checks that the operator's server receives in
    /// each second. No plugin is called.
    #[arg(long, value_name = "N", value_parser = devices, conflicts_with_all = OF_ONE_DEVICE)]
    pub(super) devices: Option<u64>,
    /// How many days.
    #[arg(long, value_name = "D", default_value = "1", requires = "devices",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    days: u32,
    /// The seed of the random numbers: the same seed gives the same load, on any number of processors.
    #[arg(long, value_name = "SEED", default_value = "1", requires = "devices")]
    seed: u64,
    /// Show beside it the load with another EntitlementInterval than the document's, such as `1h`; can be repeated.
    #[arg(long, value_name = "DURATION", requires = "devices", value_parser = interval)]
    interval: Vec<Duration>,
    /// Show beside it the load where each plugin waits for a random time up to this one before it asks, such as `30s`; can be
    /// repeated.
    #[arg(long, value_name = "DURATION", requires = "devices", value_parser = jitter)]
    jitter: Vec<Duration>,
    /// Write the checks of each second as CSV, for load generators.
    #[arg(long, value_name = "FILE", requires = "devices")]
    csv: Option<PathBuf>,
}

/// One load, as it was simulated.
struct Simulated {
    variant: Variant,
    totals: Totals,
    summary: Summary,
}

/// For clap: a number of devices, which may have underscores between its digits.
fn devices(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    let number = digits.parse().ok();
    number
        .filter(|number| (1..=MOST_DEVICES).contains(number))
        .ok_or_else(|| {
            format!("expected a whole number from 1 to {MOST_DEVICES}, such as 1_000_000")
        })
}

/// For clap: a value that `EntitlementInterval` can have.
fn interval(text: &str) -> Result<Duration, String> {
    const MOST: u64 = i32::MAX.cast_unsigned() as u64;
    let interval = parse_duration(text)?;
    let fits = interval.subsec_nanos() == 0 && (1..=MOST).contains(&interval.as_secs());
    fits.then_some(interval).ok_or_else(|| {
        format!("expected whole seconds, from `1s` to `{MOST}s`, as EntitlementInterval has them")
    })
}

/// For clap: how long a plugin can wait.
fn jitter(text: &str) -> Result<Duration, String> {
    let jitter = parse_duration(text)?;
    Habits::jitter(jitter).map_err(|expected| format!("expected {expected}"))?;
    Ok(jitter)
}

/// Simulates these devices.
pub(super) fn run(args: &SimulateArgs, devices: u64) -> Result<ExitStatus, Failure> {
    let file = provisioning_file(&args.document)?;
    let text = read_text(&args.timeline, "timeline")?;
    let population =
        Population::read(&text).map_err(|faults| refuse(&args.timeline, &text, &faults))?;
    let Some(settings) = settings(&file, args.providers)? else {
        return Ok(ExitStatus::Failed);
    };
    let terms = Terms::new(&settings)
        .map_err(|why| Failure::Usage(format!("{} makes no load: {why}", file.name)))?;
    let options = &args.load;
    let variants = variants(
        Variant {
            interval: terms.interval,
            jitter: Duration::from_millis(population.habits.jitter),
        },
        &options.interval,
        &options.jitter,
    )
    .map_err(Failure::Usage)?;
    // The outputs are opened first, so that no result is lost.
    let read = [args.document.clone(), args.timeline.clone()];
    let [csv, html] = open(&read, [options.csv.as_deref(), args.html.as_deref()])?;
    note_late(&population.outages, options.days);
    let load = Load {
        habits: population.habits,
        outages: population.outages,
        terms,
        devices,
        days: options.days,
        seed: options.seed,
    };
    let begun = Instant::now();
    let simulated = simulate(load.clone(), variants)?;
    let took = begun.elapsed();
    let report = report::Report::new(args, &file, &load, &simulated);
    let csv = csv.map_or(Ok(()), |output| {
        output.put(table::csv(&simulated).as_bytes(), true)
    });
    let html = html.map_or(Ok(()), |output| {
        let title = super::title(&args.document, &args.timeline);
        let page = table::page(title, population.date, &load, &simulated);
        output.put(page.as_bytes(), true)
    });
    if args.json {
        super::super::print_json(&report)?;
    } else {
        print(&table::text(&load, &simulated))?;
    }
    eprint(&speed(&load, &simulated, took));
    csv.and(html)?;
    Ok(ExitStatus::Success)
}

/// Opens the outputs, none of which may overwrite an input.
fn open(inputs: &[PathBuf], outputs: [Option<&Path>; 2]) -> Result<[Option<Output>; 2], Failure> {
    if let [Some(one), Some(other)] = outputs
        && one == other
    {
        let message = format!("{} is named for two outputs; name two files", one.display());
        return Err(Failure::Usage(message));
    }
    for output in outputs {
        keep_apart(inputs, output)?;
    }
    let open = |path: Option<&Path>| path.map(|path| Output::open(Some(path))).transpose();
    let [csv, html] = outputs.map(open);
    Ok([csv?, html?])
}

/// The settings that the document makes; none if it is refused, which is reported.
fn settings(file: &ProvisioningFile, providers: ProvidersArgs) -> Result<Option<HotSpot>, Failure> {
    let mut state = State::default();
    let mut reading = read(&file.bytes, Role::Request);
    if let Some(document) = &reading.document {
        providers.check(document, &mut reading.faults);
        state.apply(document, &Access::full(), &mut reading.faults);
    }
    if !reading.faults.is_empty() {
        let source = Source::new(&file.name, &file.bytes);
        eprint(&Rendered::new(&reading.faults, &source, Colour::Always).to_string());
    }
    if reading.faults.refuse() {
        return Ok(None);
    }
    // A device that was turned on has all of its settings in effect.
    state.restarted(Restart::Device);
    HotSpot::read(&state.settings)
        .map(Some)
        .map_err(Failure::harness)
}

/// Says which outages are not simulated.
fn note_late(outages: &[Outage], days: u32) {
    let end = u64::from(days) * 24 * 60 * 60 * 1000;
    let late = outages.iter().filter(|outage| outage.from.0 >= end).count();
    if late > 0 {
        let (s, are) = if late == 1 { ("", "is") } else { ("s", "are") };
        eprint(&format!(
            "note: {late} outage{s} of the timeline {are} after the end; see --days\n"
        ));
    }
}

fn simulate(load: Load, variants: Vec<Variant>) -> Result<Vec<Simulated>, Failure> {
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let cancel = stopping()?;
    let pace = Pace::new(load.devices, variants.len());
    let mut simulated = Vec::new();
    for (index, variant) in variants.into_iter().enumerate() {
        let load = Load {
            terms: Terms {
                interval: variant.interval,
            },
            habits: Habits {
                jitter: Habits::jitter(variant.jitter).unwrap_or_default(),
                ..load.habits.clone()
            },
            ..load.clone()
        };
        let go_on = |done| {
            pace.show(index, done);
            !cancel.is_cancelled()
        };
        let totals = load::run(&load, threads, &go_on).map_err(|_| Failure::Stopped)?;
        let summary = Summary::new(&totals);
        simulated.push(Simulated {
            variant,
            totals,
            summary,
        });
    }
    Ok(simulated)
}

fn speed(load: &Load, simulated: &[Simulated], took: Duration) -> String {
    let events: u64 = simulated.iter().map(|one| one.totals.events).sum();
    let rate = events as f64 / took.as_secs_f64().max(1e-9) / 1e6;
    let times = match simulated.len() {
        1 => String::new(),
        times => format!(", {times} times"),
    };
    format!(
        "simulated {} devices over {}{times} in {}: {} events, {rate:.1} million a second\n",
        load::grouped(load.devices),
        table::days(load.days),
        format_duration(took),
        load::grouped(events),
    )
}

//! How long the load of ten thousand to ten million devices over a day takes, how much memory,
//! and that both are in proportion.
//!
//!     cargo bench -p ics-device --bench load

use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ics_device::load::{Load, Population, Terms, run};

fn main() -> io::Result<()> {
    let path = "../../sample-plugins/documents/load.toml";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(path)?;
    let sample = Population::read(&text).map_err(|_| io::Error::other("the sample has faults"))?;
    // Each device shares all the time, and asks every half hour.
    let always =
        "[habits]\non = { uniform = { from = \"00:00\", to = \"24:00\" } }\nlasts = \"9d\"";
    let always = Population::read(always).map_err(|_| io::Error::other("these have faults"))?;
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut out = io::stdout().lock();
    writeln!(out, "threads: {threads}")?;
    for (name, population, interval, most) in [
        (
            "sample-plugins/documents/load.toml, EntitlementInterval 24 h",
            sample,
            86_400,
            7,
        ),
        ("always on, EntitlementInterval 30 min", always, 1800, 6),
    ] {
        writeln!(out, "{name}:")?;
        for power in 4..=most {
            let load = Load {
                habits: population.habits.clone(),
                outages: population.outages.clone(),
                terms: Terms {
                    interval: Duration::from_secs(interval),
                },
                devices: 10_u64.pow(power),
                days: 1,
                seed: 1,
            };
            let begun = Instant::now();
            let totals = run(&load, threads, &|_| true).map_err(io::Error::other)?;
            let seconds = begun.elapsed().as_secs_f64();
            let memory = peak_memory().unwrap_or_else(|| "unknown".to_owned());
            writeln!(
                out,
                "{:>9} devices {seconds:>8.3} s {:>10} events {:>6.1} million a second, peak memory of the process {memory}",
                load.devices,
                totals.events,
                totals.events as f64 / seconds / 1e6,
            )?;
        }
    }
    Ok(())
}

/// The most memory that this process has had, as Linux says it.
fn peak_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}

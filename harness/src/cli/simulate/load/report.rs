//! A load as JSON.

use ics_device::load::Load;
use ics_device::simulation::{Clock, ProvisioningFile};
use serde::Serialize;

use super::super::SimulateArgs;
use super::Simulated;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    schema: u32,
    document: String,
    timeline: String,
    devices: u64,
    days: u32,
    seed: u64,
    /// Those of the files first.
    loads: Vec<Entry>,
}

/// One of the loads.
#[derive(Debug, Serialize)]
struct Entry {
    /// `EntitlementInterval`, in seconds.
    interval: u64,
    /// In seconds.
    jitter: f64,
    checks: u64,
    failed: u64,
    unavailable: u64,
    /// Checks a second.
    mean: f64,
    percentile_99: u32,
    peak: u32,
    /// When, as a clock shows it.
    peak_at: String,
    /// The same as the second from the first midnight on, as in the CSV.
    peak_second: u64,
    events: u64,
}

impl Report {
    pub(super) fn new(
        args: &SimulateArgs,
        file: &ProvisioningFile,
        load: &Load,
        simulated: &[Simulated],
    ) -> Self {
        Self {
            schema: 1,
            document: file.name.clone(),
            timeline: args.timeline.display().to_string(),
            devices: load.devices,
            days: load.days,
            seed: load.seed,
            loads: simulated.iter().map(entry).collect(),
        }
    }
}

fn entry(simulated: &Simulated) -> Entry {
    let summary = &simulated.summary;
    Entry {
        interval: simulated.variant.interval.as_secs(),
        jitter: simulated.variant.jitter.as_secs_f64(),
        checks: summary.checks,
        failed: summary.failed,
        unavailable: summary.unavailable,
        mean: summary.mean,
        percentile_99: summary.percentile_99,
        peak: summary.peak,
        peak_at: Clock(summary.peak_at).to_string(),
        peak_second: summary.peak_at.0 / 1000,
        events: simulated.totals.events,
    }
}

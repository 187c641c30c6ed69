mod agrees;
mod closed_form;
mod outages;
mod reading;
mod threads;

use std::num::NonZeroUsize;
use std::time::Duration;

use super::*;
use crate::document::{Colour, Rendered, Source};

/// A file of habits that is read well.
fn population(text: &str) -> Population {
    faults(text).unwrap_or_else(|words| panic!("{words}"))
}

/// The file, or its faults as they are shown.
fn faults(text: &str) -> Result<Population, String> {
    Population::read(text).map_err(|faults| {
        let source = Source::new("load.toml", text.as_bytes());
        Rendered::new(&faults, &source, Colour::Never).to_string()
    })
}

/// A day of so many devices with these habits.
fn load(text: &str, devices: u64, interval: u64) -> Load {
    let Population {
        habits, outages, ..
    } = population(text);
    Load {
        habits,
        outages,
        terms: Terms {
            interval: Duration::from_secs(interval),
        },
        devices,
        days: 1,
        seed: 1,
    }
}

fn totals(load: &Load) -> Totals {
    run(load, NonZeroUsize::MIN, &|_| true).expect("not stopped")
}

/// The mean of a stretch of seconds.
fn mean(counts: &[u32]) -> f64 {
    counts.iter().map(|count| f64::from(*count)).sum::<f64>() / counts.len() as f64
}

/// Devices that share all the time, and whose answers come at once.
const ALWAYS: &str = r#"
[habits]
on = { uniform = { from = "00:00", to = "24:00" } }
lasts = "100d"
takes = "0s"
"#;

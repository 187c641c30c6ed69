//! Prints the figures as a table.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use ics_device::printable;

use super::{Bench, Figures, Ratios};

/// One line: its label, a plugin's figure as text, and the ratio.
type Line = (
    &'static str,
    fn(&Figures) -> String,
    fn(&Ratios) -> Option<f64>,
);

const LINES: [Line; 12] = [
    (
        "size of the file",
        |figures| size(figures.bytes),
        |ratios| Some(ratios.bytes),
    ),
    (
        "load",
        |figures| time(figures.load),
        |ratios| Some(ratios.load),
    ),
    (
        "first call",
        |figures| time(figures.first_call),
        |ratios| Some(ratios.first_call),
    ),
    (
        "next calls, median",
        |figures| time(figures.next_call.median),
        |ratios| Some(ratios.next_call),
    ),
    (
        "next calls, 95 %",
        |figures| time(figures.next_call.p95),
        |_| None,
    ),
    (
        "next calls, 99 %",
        |figures| time(figures.next_call.p99),
        |_| None,
    ),
    (
        "unload",
        |figures| time(figures.unload),
        |ratios| Some(ratios.unload),
    ),
    (
        "first check (load, call, unload)",
        |figures| time(figures.first_check),
        |ratios| Some(ratios.first_check),
    ),
    (
        "additional threads",
        |figures| figures.threads.to_string(),
        |_| None,
    ),
    (
        "additional descriptors",
        |figures| figures.descriptors.to_string(),
        |_| None,
    ),
    (
        "additional memory",
        |figures| format!("{} KiB", figures.memory),
        |_| None,
    ),
    ("answers", answers, |_| None),
];

impl Display for Bench {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rows = vec![header(self)];
        for (what, figure, ratio) in LINES {
            let mut row = vec![what.to_owned()];
            row.extend(self.plugins.iter().map(figure));
            row.extend(self.ratios.iter().map(|ratios| {
                ratio(ratios).map_or_else(String::new, |ratio| format!("{ratio:.3}"))
            }));
            rows.push(row);
        }
        let widths: Vec<usize> = (0..rows[0].len())
            .map(|column| {
                rows.iter()
                    .map(|row| row[column].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for row in rows {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, &width))| match column {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                })
                .collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        write!(
            f,
            "{} {}, {} {} after the first in each",
            self.rounds,
            if self.rounds == 1 { "round" } else { "rounds" },
            self.calls,
            if self.calls == 1 { "call" } else { "calls" },
        )
    }
}

fn header(bench: &Bench) -> Vec<String> {
    let name = |figures: &Figures| {
        let name = figures.path.file_name().unwrap_or(figures.path.as_os_str());
        printable::path(Path::new(name)).to_string()
    };
    let mut row = vec![String::new()];
    row.extend(bench.plugins.iter().map(name));
    row.extend(bench.ratios.iter().map(|_| "ratio".to_owned()));
    row
}

fn time(seconds: f64) -> String {
    format!("{:.3} ms", seconds * 1e3)
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{:.1} kB", bytes as f64 / 1e3)
    } else {
        format!("{:.2} MB", bytes as f64 / 1e6)
    }
}

/// The names of the results, and how often each was returned.
fn answers(figures: &Figures) -> String {
    let answers: Vec<String> = figures
        .answers
        .iter()
        .map(|(value, times)| {
            let name = match value {
                0 => "SUCCESS".to_owned(),
                1 => "FAILED".to_owned(),
                2 => "UNAVAILABLE".to_owned(),
                other => other.to_string(),
            };
            format!("{name} {times}")
        })
        .collect();
    answers.join(", ")
}

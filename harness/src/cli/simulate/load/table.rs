//! A load as a table with sparklines, as a page, and as CSV.

use ics_device::load::html::{Drawing, Panel};
use ics_device::load::{Column, Load, columns, csv as to_csv, format_rate, grouped, html};
use ics_device::simulation::{Clock, Date, format_duration};

use super::Simulated;
use super::sparkline::Bars;
use super::variants::Variant;
use crate::terminal::style::{DIM, STRONG};
use crate::terminal::width;

/// A line of the table: its label, and what it has of a load.
type Line = (&'static str, fn(&Simulated) -> String);

const LINES: [Line; 9] = [
    ("EntitlementInterval", |one| {
        format_duration(one.variant.interval)
    }),
    ("jitter", |one| jitter(&one.variant)),
    ("checks", |one| grouped(one.summary.checks)),
    ("not entitled", |one| grouped(one.summary.failed)),
    ("without answer", |one| grouped(one.summary.unavailable)),
    ("checks a second: mean", |one| format_rate(one.summary.mean)),
    ("99th percentile", |one| {
        grouped(one.summary.percentile_99.into())
    }),
    ("peak", |one| grouped(one.summary.peak.into())),
    ("peak at", |one| Clock(one.summary.peak_at).to_string()),
];

/// The table and the sparklines.
pub(super) fn text(load: &Load, simulated: &[Simulated]) -> String {
    let mut text = format!(
        "{STRONG}{} devices over {}{STRONG:#}, seed {}\n\n",
        grouped(load.devices),
        days(load.days),
        load.seed
    );
    let label = LINES.iter().map(|(label, _)| label.len()).max();
    let label = label.unwrap_or_default();
    let columns: Vec<Vec<String>> = simulated
        .iter()
        .map(|one| LINES.iter().map(|(_, figure)| figure(one)).collect())
        .collect();
    for (index, (name, _)) in LINES.iter().enumerate() {
        let mut line = format!("{name:>label$}");
        for column in &columns {
            let width = column.iter().map(|cell| cell.chars().count()).max();
            let width = width.unwrap_or_default();
            line.push_str(&format!("  {:>width$}", column[index]));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&sparklines(load, simulated, Bars::of_terminal(), width()));
    text
}

/// Two rows for each load: the mean and the peak of each stretch of time. The highest bar of the means is the same for
/// all loads, and that of the peaks as well.
fn sparklines(load: &Load, simulated: &[Simulated], bars: Bars, width: usize) -> String {
    const LABEL: usize = 6;
    let room = width.clamp(40, 200) - LABEL - 1;
    let drawn: Vec<_> = simulated
        .iter()
        .map(|one| columns(&one.totals.per_second, room))
        .collect();
    let most = |of: fn(&Column) -> f64| drawn.iter().flatten().map(of).fold(0.0, f64::max);
    let (mean, peak) = (most(|one| one.mean), most(|one| one.peak.into()));
    let stretch = u64::from(load.days) * 86_400 / room as u64;
    let mut text = format!(
        "\nchecks a second, {} a column: mean up to {}, peak up to {}\n",
        format_duration(std::time::Duration::from_secs(stretch)),
        format_rate(mean),
        grouped(peak as u64)
    );
    for (one, columns) in simulated.iter().zip(&drawn) {
        let means = bars.draw(columns.iter().map(|one| one.mean), mean);
        let peaks = bars.draw(columns.iter().map(|one| one.peak.into()), peak);
        text.push_str(&format!(
            "{DIM}{}{DIM:#}\n  mean {means}\n  peak {peaks}\n",
            name(&one.variant)
        ));
    }
    text + &axis(load.days, LABEL + 1, room)
}

/// The times below the columns: hours of one day, or days.
fn axis(days: u32, indent: usize, room: usize) -> String {
    let ticks: Vec<(f64, String)> = if days == 1 {
        (0..4)
            .map(|quarter| (f64::from(quarter) / 4.0, format!("|{:02}:00", quarter * 6)))
            .collect()
    } else {
        let step = days.div_ceil(8);
        (0..days)
            .step_by(step as usize)
            .map(|day| (f64::from(day) / f64::from(days), format!("|{}", day + 1)))
            .collect()
    };
    let mut line = " ".repeat(indent);
    for (part, words) in ticks {
        let column = indent + (part * room as f64).round() as usize;
        let gap = column.saturating_sub(line.len());
        line.push_str(&" ".repeat(gap));
        line.push_str(&words);
    }
    line + if days == 1 { "\n" } else { " day\n" }
}

/// The page with the plots.
pub(super) fn page(
    title: String,
    date: Option<Date>,
    load: &Load,
    simulated: &[Simulated],
) -> String {
    let panels = simulated.iter().map(|one| Panel {
        interval: one.variant.interval,
        jitter: one.variant.jitter,
        totals: &one.totals,
        summary: &one.summary,
    });
    html::page(&Drawing {
        title,
        program: concat!("ics-harness ", env!("CARGO_PKG_VERSION")).to_owned(),
        date,
        load,
        panels: panels.collect(),
    })
}

/// The checks of each second: the column `checks` is the load of the files, and each further one says what differs.
pub(super) fn csv(simulated: &[Simulated]) -> String {
    let loads: Vec<_> = simulated
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let name = match index {
                0 => "checks".to_owned(),
                _ => column(&one.variant),
            };
            (name, &*one.totals.per_second)
        })
        .collect();
    to_csv(&loads)
}

fn column(variant: &Variant) -> String {
    let interval = variant.interval.as_secs();
    let jitter = variant.jitter.as_secs_f64();
    format!("checks_{interval}s_jitter_{jitter}s")
}

fn name(variant: &Variant) -> String {
    let interval = format_duration(variant.interval);
    match variant.jitter.is_zero() {
        true => format!("EntitlementInterval {interval}"),
        false => format!("EntitlementInterval {interval}, jitter {}", jitter(variant)),
    }
}

fn jitter(variant: &Variant) -> String {
    match variant.jitter.is_zero() {
        true => "none".to_owned(),
        false => format_duration(variant.jitter),
    }
}

pub(super) fn days(days: u32) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_below_their_columns() {
        assert_eq!(
            axis(1, 7, 72),
            "       |00:00            |06:00            |12:00            |18:00\n"
        );
        assert_eq!(axis(3, 2, 30), "  |1        |2        |3 day\n");
    }
}

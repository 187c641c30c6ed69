//! Small plots: how long calls took, and how much memory the process had.

use ics_device::printable::Printable;
use quick_xml::escape::escape;

use crate::report::{CallTimes, Measurements, MemorySeries};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 132.0;
/// Where the plot begins; the numbers of its axis stand left of it.
const LEFT: f64 = 64.0;
const RIGHT: f64 = WIDTH - 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = HEIGHT - 20.0;
/// More lines cannot be told apart.
const MOST_SERIES: usize = 4;
/// A line over fewer calls shows no growth.
const FEWEST_CALLS: usize = 10;

/// A drawing with its title and what it shows, in words.
pub(super) struct Plot {
    pub(super) title: &'static str,
    pub(super) caption: String,
    pub(super) svg: String,
}

/// The plots of what was measured; none of what was not.
pub(super) fn draw(measured: &Measurements, deadline: f64) -> Vec<Plot> {
    let plots = [latency(&measured.calls, deadline), memory(&measured.memory)];
    plots.into_iter().flatten().collect()
}

/// A column for each run, from its shortest to its longest call, with a dot at the median.
fn latency(runs: &[CallTimes], deadline: f64) -> Option<Plot> {
    let all = || runs.iter().flat_map(|run| [run.shortest, run.longest]);
    let shortest = all().chain([deadline]).reduce(f64::min)?.max(1e-6);
    let longest = all().chain([deadline]).reduce(f64::max)?;
    if runs.is_empty() {
        return None;
    }
    // Whole powers of ten.
    let (low, high) = (shortest.log10().floor(), longest.log10().ceil());
    let high = high.max(low + 1.0);
    let y = |seconds: f64| {
        let part = (seconds.max(shortest).log10() - low) / (high - low);
        BOTTOM - (BOTTOM - TOP) * part
    };
    let mut svg = begin("How long calls took in each run");
    let mut power = low;
    while power <= high {
        let at = y(10f64.powf(power));
        svg.push_str(&line("grid", at));
        svg.push_str(&value(at, &seconds(10f64.powf(power))));
        power += 1.0;
    }
    svg.push_str(&line("deadline", y(deadline)));
    let column = (RIGHT - LEFT) / runs.len() as f64;
    for (index, run) in runs.iter().enumerate() {
        let x = LEFT + column * (index as f64 + 0.5);
        let title = format!(
            "{}: {} calls, {} to {}, median {}",
            run.run,
            run.calls,
            seconds(run.shortest),
            seconds(run.longest),
            seconds(run.median)
        );
        svg.push_str(&format!(
            r#"<g><title>{}</title><path class="range" d="M{x:.1} {:.1}V{:.1}"/><circle class="median" cx="{x:.1}" cy="{:.1}" r="2.4"/></g>"#,
            shown(&title),
            y(run.shortest),
            y(run.longest),
            y(run.median)
        ));
    }
    svg.push_str(&format!(
        r#"<text class="number" x="{:.1}" y="{}">{} runs</text></svg>"#,
        f64::midpoint(LEFT, RIGHT),
        HEIGHT - 4.0,
        runs.len()
    ));
    let mut medians: Vec<f64> = runs.iter().map(|run| run.median).collect();
    medians.sort_by(f64::total_cmp);
    let median = medians.get(medians.len() / 2).copied().unwrap_or_default();
    Some(Plot {
        title: "Calls",
        caption: format!(
            "of each run, shortest to longest; half of the runs have a median up to {}; the deadline is {}",
            seconds(median),
            seconds(deadline)
        ),
        svg,
    })
}

/// A line for each run that measures memory, over its calls. Each begins at its own first sample.
fn memory(series: &[MemorySeries]) -> Option<Plot> {
    let grown = |series: &MemorySeries| {
        let first = series.samples.first().map_or(0, |sample| sample.kib);
        let points = series.samples.iter();
        let points = points.map(|sample| (sample.calls as f64, sample.kib as f64 - first as f64));
        points.collect::<Vec<_>>()
    };
    // Those with the most calls show most.
    let calls = |one: &&MemorySeries| one.samples.last().map_or(0, |sample| sample.calls);
    let mut longest: Vec<&MemorySeries> = series
        .iter()
        .filter(|one| calls(one) >= FEWEST_CALLS)
        .collect();
    longest.sort_by_key(|one| std::cmp::Reverse(calls(one)));
    longest.truncate(MOST_SERIES);
    let lines: Vec<Vec<(f64, f64)>> = longest.iter().map(|one| grown(one)).collect();
    let points = || lines.iter().flatten();
    let most_calls = points().map(|point| point.0).reduce(f64::max)?.max(1.0);
    let low = points().map(|point| point.1).fold(0.0, f64::min);
    let high = points().map(|point| point.1).fold(low + 64.0, f64::max);
    let y = |kib: f64| BOTTOM - (BOTTOM - TOP) * (kib - low) / (high - low);
    let x = |calls: f64| LEFT + (RIGHT - LEFT) * calls / most_calls;
    let mut svg = begin("How much private memory grew, over the calls of a run");
    for at in [low, f64::midpoint(low, high), high] {
        svg.push_str(&line("grid", y(at)));
        svg.push_str(&value(y(at), &format!("{at:+.0} KiB")));
    }
    for (index, (one, points)) in longest.iter().zip(&lines).enumerate() {
        let path: Vec<String> = points
            .iter()
            .map(|(calls, kib)| format!("{:.1} {:.1}", x(*calls), y(*kib)))
            .collect();
        let last = points.last().map_or(0.0, |point| point.1);
        let title = format!("{}: {last:+.0} KiB after {} calls", one.run, calls(one));
        svg.push_str(&format!(
            r#"<path class="memory s{index}" d="M{}"><title>{}</title></path><text class="key s{index}" x="{:.1}" y="{:.1}">{}</text>"#,
            path.join("L"),
            shown(&title),
            RIGHT - 4.0,
            // Where lines that grow are not.
            BOTTOM - 6.0 - 13.0 * index as f64,
            shown(&one.run)
        ));
    }
    svg.push_str(&format!(
        r#"<text class="number" x="{:.1}" y="{}">{most_calls:.0} calls</text></svg>"#,
        RIGHT - 24.0,
        HEIGHT - 4.0
    ));
    Some(Plot {
        title: "Memory",
        caption: "of the process, more than at the first measurement, over the calls of a run"
            .to_owned(),
        svg,
    })
}

fn begin(label: &str) -> String {
    format!(r#"<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">"#)
}

fn line(class: &str, y: f64) -> String {
    format!(r#"<line class="{class}" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1}" y2="{y:.1}"/>"#)
}

fn value(y: f64, words: &str) -> String {
    format!(
        r#"<text class="value" x="{}" y="{:.1}">{words}</text>"#,
        LEFT - 6.0,
        y + 3.5
    )
}

/// A time in the unit that fits.
fn seconds(seconds: f64) -> String {
    let number = |value: f64| {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    match seconds {
        _ if seconds >= 0.9995 => format!("{} s", number(seconds)),
        _ if seconds >= 0.000_999_5 => format!("{} ms", number(seconds * 1e3)),
        _ => format!("{} µs", number(seconds * 1e6)),
    }
}

fn shown(text: &str) -> String {
    escape(Printable(text).to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::MemorySample;

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert!(draw(&Measurements::default(), 30.0).is_empty());
    }

    #[test]
    fn each_run_has_its_times_and_its_memory() {
        let measured = Measurements {
            calls: vec![CallTimes {
                run: "profile/<a>".to_owned(),
                calls: 3,
                shortest: 0.0005,
                median: 0.02,
                longest: 40.0,
            }],
            memory: vec![MemorySeries {
                run: "host/memory".to_owned(),
                samples: vec![
                    MemorySample {
                        calls: 0,
                        kib: 1000,
                    },
                    MemorySample {
                        calls: 200,
                        kib: 900,
                    },
                    MemorySample {
                        calls: 400,
                        kib: 1200,
                    },
                ],
            }],
        };
        let [latency, memory] = draw(&measured, 30.0).try_into().ok().expect("two plots");
        assert!(
            latency
                .svg
                .contains("profile/&lt;a&gt;: 3 calls, 500 µs to 40 s, median 20 ms")
        );
        assert!(
            latency.caption.ends_with("the deadline is 30 s"),
            "{}",
            latency.caption
        );
        assert!(
            memory.svg.contains("host/memory: +200 KiB after 400 calls"),
            "{}",
            memory.svg
        );
        assert!(!latency.svg.contains("NaN") && !memory.svg.contains("NaN"));
    }
}

//! The plots, one below the other, over the same time and on the same scale.

use super::scale::Scale;
use super::{Drawing, Panel};
use crate::load::{Column, columns, grouped};
use crate::service::Moment;
use crate::simulation::html::shown;
use crate::simulation::html::svg::{Canvas, LEFT, RIGHT};
use crate::simulation::{Clock, format_duration};

/// The room of a plot without its heading.
const HEIGHT: f64 = 170.0;
/// The same where there are many.
const LOW: f64 = 140.0;
const HEADING: f64 = 30.0;
const GAP: f64 = 14.0;
/// Where a peak has no room for its words on the right.
const NEAR_END: f64 = 260.0;

/// Ticks that are closer than this have one text.
const LEAST: f64 = 10.0;
/// How many columns a plot has.
pub(super) const COLUMNS: usize = (RIGHT - LEFT) as usize;

/// The whole drawing, and whether its scale is logarithmic.
pub(super) fn plots(drawing: &Drawing<'_>) -> (String, bool) {
    let drawn: Vec<_> = drawing
        .panels
        .iter()
        .map(|panel| (panel, columns(&panel.totals.per_second, COLUMNS)))
        .collect();
    let most = |of: fn(&Column) -> f64| {
        let columns = drawn.iter().flat_map(|(_, columns)| columns);
        columns.map(of).fold(0.0, f64::max)
    };
    let scale = Scale::new(most(|one| one.mean), most(|one| one.peak.into()));
    let end = Moment::seconds(u64::from(drawing.load.days) * 86_400);
    let mut canvas = Canvas::new(Moment::default(), end, drawing.date);
    let height = if drawn.len() > 2 { LOW } else { HEIGHT };
    for (panel, columns) in &drawn {
        heading(&mut canvas, panel);
        plot(&mut canvas, drawing, panel, columns, (scale, height));
    }
    let title = "Checks a second over time";
    (canvas.finish(title), scale.is_logarithmic())
}

/// What a load differs in.
pub(super) fn name(panel: &Panel<'_>) -> String {
    let interval = format_duration(panel.interval);
    match panel.jitter.is_zero() {
        true => format!("EntitlementInterval {interval}"),
        false => format!(
            "EntitlementInterval {interval}, jitter {}",
            format_duration(panel.jitter)
        ),
    }
}

fn heading(canvas: &mut Canvas, panel: &Panel<'_>) {
    let (x, y, name) = (LEFT + 8.0, canvas.y + 20.0, shown(&name(panel)));
    canvas.put(format_args!(
        r#"<text class="heading" x="{x:.1}" y="{y:.1}">{name}</text>"#
    ));
    canvas.y += HEADING;
}

fn plot(
    canvas: &mut Canvas,
    drawing: &Drawing<'_>,
    panel: &Panel<'_>,
    columns: &[Column],
    (scale, height): (Scale, f64),
) {
    let (top, bottom) = (canvas.y, canvas.y + height);
    let y = |rate: f64| bottom - height * scale.part(rate);
    for outage in &drawing.load.outages {
        let words = format!("outage {} to {}", Clock(outage.from), Clock(outage.to));
        if outage.from < Moment::seconds(u64::from(drawing.load.days) * 86_400) {
            canvas.bar((outage.from, outage.to), (top, height), "outage", &words);
        }
    }
    let mut last = f64::INFINITY;
    for (rate, words) in scale.ticks() {
        let (y, left) = (y(rate), LEFT - 8.0);
        if last - y < LEAST {
            continue;
        }
        last = y;
        let below = y + 3.5;
        canvas.put(format_args!(
            r#"<path class="grid" d="M{LEFT:.1} {y:.1}H{RIGHT:.1}"/><text class="count" x="{left:.1}" y="{below:.1}">{words}</text>"#
        ));
    }
    let width = (RIGHT - LEFT) / columns.len().max(1) as f64;
    let x = |index: usize| LEFT + width * (index as f64 + 0.5);
    let line = |of: fn(&Column) -> f64| -> String {
        let points = columns.iter().enumerate();
        let points = points.map(|(index, one)| format!("{:.1} {:.1}", x(index), y(of(one))));
        points.collect::<Vec<_>>().join("L")
    };
    let means = line(|one| one.mean);
    let peaks = line(|one| one.peak.into());
    canvas.put(format_args!(
        r#"<path class="mean" d="M{LEFT:.1} {bottom:.1}L{means}L{RIGHT:.1} {bottom:.1}Z"/><path class="peak" d="M{peaks}"/>"#
    ));
    let summary = panel.summary;
    let (at_x, at_y) = (canvas.x(summary.peak_at), y(summary.peak.into()));
    let (anchor, words_x) = if at_x > RIGHT - NEAR_END {
        ("end", at_x - 9.0)
    } else {
        ("start", at_x + 9.0)
    };
    let words_y = at_y + 4.0;
    let words = format!(
        "{} at {}",
        grouped(summary.peak.into()),
        Clock(summary.peak_at)
    );
    canvas.put(format_args!(
        r#"<circle class="top" cx="{at_x:.1}" cy="{at_y:.1}" r="4"/><text class="top" text-anchor="{anchor}" x="{words_x:.1}" y="{words_y:.1}">{words}</text>"#
    ));
    canvas.y = bottom + GAP;
}

//! The page around the plots.

use std::time::Duration;

use super::plot::{COLUMNS, name, plots};
use super::{Drawing, Panel};
use crate::load::{format_rate, grouped};
use crate::simulation::html::{SIDEWAYS, shown};
use crate::simulation::{Clock, format_duration};

const STYLE: &str = concat!(
    include_str!("../../simulation/html/base.css"),
    include_str!("../../simulation/html/style.css"),
    include_str!("load.css")
);

/// The page, as HTML.
pub fn page(drawing: &Drawing<'_>) -> String {
    let load = drawing.load;
    let title = shown(&drawing.title);
    let days = match load.days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let date = drawing
        .date
        .map_or_else(String::new, |date| format!(" from {date} on"));
    let (svg, logarithmic) = plots(drawing);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header><h1>{title}</h1><p>{} devices over {days}{date}, seed {}, simulated by {}</p></header>\n",
        grouped(load.devices),
        load.seed,
        shown(&drawing.program)
    );
    if let Some(first) = drawing.panels.first() {
        figures(&mut text, first);
    }
    text.push_str(&format!(
        "<section class=\"card day\">\n<div class=\"scroll\">{svg}</div>\n{SIDEWAYS}\n"
    ));
    let stretch = u64::from(load.days) * 86_400 / COLUMNS as u64;
    let stretch = format_duration(Duration::from_secs(stretch));
    legend(&mut text, &stretch, !load.outages.is_empty(), logarithmic);
    text.push_str("</section>\n");
    // The figures above have all of a single one.
    if drawing.panels.len() > 1 {
        table(&mut text, &drawing.panels);
    }
    text.push_str("</main>\n</body>\n</html>\n");
    text
}

fn figures(text: &mut String, panel: &Panel<'_>) {
    let summary = panel.summary;
    let figures = [
        (
            "Checks",
            grouped(summary.checks),
            format!(
                "{} not entitled, {} without answer",
                grouped(summary.failed),
                grouped(summary.unavailable)
            ),
        ),
        (
            "Mean",
            format_rate(summary.mean),
            "checks a second".to_owned(),
        ),
        (
            "99th percentile",
            grouped(summary.percentile_99.into()),
            "of all seconds".to_owned(),
        ),
        (
            "Peak",
            grouped(summary.peak.into()),
            format!("checks in a second, at {}", Clock(summary.peak_at)),
        ),
    ];
    text.push_str("<section class=\"figures\">");
    for (name, value, more) in figures {
        text.push_str(&format!(
            "<div class=\"card\"><h2>{name}</h2><b>{value}</b><p>{more}</p></div>"
        ));
    }
    text.push_str("</section>\n");
}

fn legend(text: &mut String, stretch: &str, outages: bool, logarithmic: bool) {
    text.push_str(&format!(
        r#"<p class="legend"><span><i class="swatch mean"></i> checks a second, mean of {stretch}</span><span><i class="swatch peak"></i> the busiest second of {stretch}</span>"#,
    ));
    if outages {
        text.push_str(r#"<span><i class="swatch outage"></i> outage</span>"#);
    }
    if logarithmic {
        text.push_str("<span>logarithmic scale</span>");
    }
    text.push_str("</p>\n");
}

/// A column of the table: its name, and what it has of a load.
type Column = (&'static str, fn(&Panel<'_>) -> String);

const FIGURES: [Column; 7] = [
    ("Checks", |panel| grouped(panel.summary.checks)),
    ("Not entitled", |panel| grouped(panel.summary.failed)),
    ("Without answer", |panel| grouped(panel.summary.unavailable)),
    ("Mean a second", |panel| format_rate(panel.summary.mean)),
    ("99th percentile", |panel| {
        grouped(panel.summary.percentile_99.into())
    }),
    ("Peak", |panel| grouped(panel.summary.peak.into())),
    ("Peak at", |panel| Clock(panel.summary.peak_at).to_string()),
];

fn table(text: &mut String, panels: &[Panel<'_>]) {
    text.push_str("<h2>Side by side</h2>\n<section class=\"card scroll\"><table class=\"loads\">\n<tr><th>Load</th>");
    for (name, _) in FIGURES {
        text.push_str(&format!("<th>{name}</th>"));
    }
    text.push_str("</tr>\n");
    for panel in panels {
        text.push_str(&format!("<tr><td>{}</td>", shown(&name(panel))));
        for (_, figure) in FIGURES {
            text.push_str(&format!("<td>{}</td>", figure(panel)));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table></section>\n");
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::load::{Load, Population, Summary, Terms, run};

    #[test]
    fn a_page_shows_each_load_and_loads_nothing() {
        let text = "[habits]\non = \"12:00\"\nvaries = \"2h\"\nlasts = \"1h\"\n\
                    [[outage]]\nfrom = \"12:00\"\nto = \"12:30\"";
        let Population {
            habits, outages, ..
        } = Population::read(text).expect("good habits");
        let interval = Duration::from_secs(600);
        let load = Load {
            habits,
            outages,
            terms: Terms { interval },
            devices: 1500,
            days: 2,
            seed: 1,
        };
        let totals = run(&load, NonZeroUsize::MIN, &|_| true).expect("not stopped");
        let summary = Summary::new(&totals);
        let panel = |jitter| Panel {
            interval,
            jitter,
            totals: &totals,
            summary: &summary,
        };
        let html = page(&Drawing {
            title: "a<b\u{202e}.xml".to_owned(),
            program: "test 1".to_owned(),
            date: None,
            load: &load,
            panels: vec![panel(Duration::ZERO), panel(Duration::from_secs(30))],
        });
        for words in [
            "a&lt;b\\u{202e}.xml",
            "1 500 devices over 2 days, seed 1",
            "EntitlementInterval 10 min</text>",
            "EntitlementInterval 10 min, jitter 30 s</text>",
            "outage 12:00:00 to 12:30:00",
            "class=\"top\"",
        ] {
            assert!(html.contains(words), "{words}");
        }
        assert!(!html.contains("<script") && !html.contains("src=") && !html.contains("http"));
    }
}

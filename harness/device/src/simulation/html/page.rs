//! The page around the drawing.

use super::lanes;
use super::scene::{SIGNS, Scene};
use super::{Picture, SIDEWAYS, shown};
use crate::service::{Answer, Moment};
use crate::simulation::{Clock, Date, format_duration};

const STYLE: &str = concat!(include_str!("base.css"), include_str!("style.css"));

pub(super) fn page(picture: &Picture) -> String {
    let scene = &picture.scene;
    let title = shown(&picture.title);
    let cut = if scene.to < picture.end {
        format!("; stopped before its end at {}", Clock(picture.end))
    } else {
        String::new()
    };
    let dates = picture.date.map_or_else(String::new, |date| {
        let of = |moment| date.after(Clock(moment).day() - 1);
        format!(", {} to {}", of(scene.from), of(scene.to))
    });
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header><h1>{title}</h1><p>{} to {}{dates}, simulated by {}{cut}</p></header>\n",
        Clock(scene.from),
        Clock(scene.to),
        shown(&picture.program)
    );
    figures(&mut text, scene);
    text.push_str(&format!(
        "<section class=\"card day\">\n<div class=\"scroll\">{}</div>\n{SIDEWAYS}\n",
        lanes::draw(scene, picture.date)
    ));
    legend(&mut text, scene);
    text.push_str("</section>\n");
    messages(&mut text, scene, picture.date);
    log(&mut text, scene, picture.date);
    text.push_str("</main>\n</body>\n</html>\n");
    text
}

/// What the colours and signs of this drawing mean.
fn legend(text: &mut String, scene: &Scene) {
    text.push_str(LEGEND);
    if scene.checks.as_slice().iter().any(|mark| mark.glyph == "–") {
        text.push_str("<span>– given up before its answer</span>");
    }
    for (sign, words) in SIGNS {
        if scene.marks.as_slice().iter().any(|mark| mark.glyph == sign) {
            text.push_str(&format!("<span>{sign} {words}</span>"));
        }
    }
    text.push_str("</p>\n");
}

const LEGEND: &str = r#"<p class="legend"><span><i class="key good">✓</i> SUCCESS</span><span><i class="key bad">✕</i> FAILED</span><span><i class="key warn">?</i> UNAVAILABLE</span><span><i class="swatch wifi"></i> Wi-Fi client</span><span><i class="swatch bluetooth"></i> Bluetooth client</span><span><i class="red">▾</i> turned away</span>"#;

fn figures(text: &mut String, scene: &Scene) {
    let answered = [Answer::Success, Answer::Failed, Answer::Unavailable];
    let [yes, no, none] = answered.map(|answer| scene.answers(answer));
    let mut answers = format!("{yes} yes, {no} no, {none} without answer");
    let ended = scene.checks.count.saturating_sub(yes + no + none);
    if ended > 0 {
        answers.push_str(&format!(", {ended} given up"));
    }
    let times = match scene.sharing.count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let figures = [
        ("Shared", format_duration(scene.shared), times),
        ("Checks", scene.checks.count.to_string(), answers),
        (
            "Clients at most",
            scene.most_clients.to_string(),
            format!("{} turned away", scene.turned_away.count),
        ),
        (
            "Messages",
            scene.message_marks.count.to_string(),
            "shown to the user".to_owned(),
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

/// A moment, with its date if the first day has one.
fn when(at: Moment, date: Option<Date>) -> String {
    let Some(date) = date else {
        return Clock(at).to_string();
    };
    let clock = Clock(at).to_string();
    let time = clock.rsplit(' ').next().unwrap_or(&clock);
    format!("{} {time}", date.after(Clock(at).day() - 1))
}

fn messages(text: &mut String, scene: &Scene, date: Option<Date>) {
    if scene.messages.is_empty() {
        return;
    }
    text.push_str("<h2>What the user saw</h2>\n<section class=\"messages\">\n");
    for (index, one) in scene.messages.iter().enumerate() {
        text.push_str(&format!(
            "<article><p class=\"when\"><i>{}</i> {}</p>",
            index + 1,
            when(one.at, date)
        ));
        for (index, line) in one.lines.iter().enumerate() {
            let tag = if index == 0 { "h3" } else { "p" };
            text.push_str(&format!("<{tag}>{}</{tag}>", shown(line)));
        }
        text.push_str("</article>\n");
    }
    text.push_str("</section>\n");
    let (all, shown) = (scene.message_marks.count, scene.messages.len());
    more(text, all, shown, "messages");
}

fn log(text: &mut String, scene: &Scene, date: Option<Date>) {
    text.push_str("<h2>What happened</h2>\n<section class=\"card\"><table>\n");
    let mut last = None;
    for row in &scene.rows {
        let clock = when(row.at, date);
        let time = if last.as_ref() == Some(&clock) {
            ""
        } else {
            &clock
        };
        text.push_str(&format!(
            "<tr class=\"{}\"><td>{time}</td><td>{}</td><td>{}</td></tr>\n",
            row.class,
            row.actor,
            shown(&row.text)
        ));
        last = Some(clock);
    }
    text.push_str("</table></section>\n");
    more(text, scene.entries, scene.rows.len(), "entries");
}

fn more(text: &mut String, count: usize, shown: usize, what: &str) {
    if count > shown {
        text.push_str(&format!(
            "<p class=\"more\">and {} more {what}, which the log in JSON has</p>\n",
            count - shown
        ));
    }
}

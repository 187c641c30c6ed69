//! A run as a drawing: time from left to right, a lane for the calls and one for each layer of the network.

use ics_device::printable::Printable;
use quick_xml::escape::escape;

use crate::report::CallReport;
use crate::testbed::transcript::{Event, Handshake, Meaning, TranscriptEntry};

const WIDTH: f64 = 900.0;
/// Where time begins; the names of the lanes stand left of it.
const LEFT: f64 = 56.0;
const RIGHT: f64 = WIDTH - 14.0;
const LANE: f64 = 30.0;
/// Room for the numbers of the axis.
const AXIS: f64 = 24.0;
/// More events are not told apart in a drawing of this width; the text below has them all.
const MOST_EVENTS: usize = 600;
/// The lanes from the top down, with the layers whose events stand there.
const LANES: &[(&str, &[&str])] = &[
    ("Call", &[]),
    ("DNS", &["dns"]),
    ("TCP", &["tcp", "udp"]),
    ("TLS", &["tls"]),
    ("HTTP", &["http", "plan"]),
];

/// Where connections stand.
const TCP: f64 = 2.0;

/// The drawing as SVG; none if there is nothing to draw.
pub(super) fn draw(transcript: &[TranscriptEntry], calls: &[CallReport]) -> Option<String> {
    let events: Vec<&TranscriptEntry> = transcript
        .iter()
        .filter(|entry| lane(&entry.event).is_some())
        .take(MOST_EVENTS)
        .collect();
    let event = events.last().map(|event| event.at.as_secs_f64());
    let call = calls.iter().map(|call| call.at + call.seconds);
    let last = event.into_iter().chain(call).reduce(f64::max)?;
    let scale = Scale::of(last);
    let height = LANE * LANES.len() as f64 + AXIS;
    let mut svg = format!(
        r#"<svg class="timeline" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="The calls and what happened on the network, over time">"#
    );
    for (index, (name, _)) in LANES.iter().enumerate() {
        let middle = LANE * index as f64 + LANE / 2.0;
        svg.push_str(&format!(
            r#"<text class="lane" x="{}" y="{}">{name}</text><line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{middle}" y2="{middle}"/>"#,
            LEFT - 12.0,
            middle + 4.0
        ));
    }
    axis(&mut svg, &scale);
    changes(&mut svg, &scale, &events);
    for call in calls {
        bar(&mut svg, &scale, call);
    }
    connections(&mut svg, &scale, &events);
    for entry in &events {
        mark(&mut svg, &scale, entry);
    }
    svg.push_str("</svg>");
    Some(svg)
}

/// Which lane an event stands in.
fn lane(event: &Event) -> Option<usize> {
    let layer = event.layer();
    LANES.iter().position(|(_, layers)| layers.contains(&layer))
}

/// How seconds become places.
struct Scale {
    whole: f64,
    /// The distance between two numbers of the axis, in seconds.
    step: f64,
}

impl Scale {
    fn of(last: f64) -> Self {
        let whole = (last * 1.03).max(0.001);
        // 1, 2 or 5 times a power of ten, so that there are between four and ten numbers.
        let power = 10f64.powf((whole / 4.0).log10().floor());
        let step = [5.0, 2.0, 1.0]
            .into_iter()
            .map(|times| times * power)
            .find(|step| whole / step >= 4.0)
            .unwrap_or(power);
        Self { whole, step }
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (seconds / self.whole).clamp(0.0, 1.0)
    }
}

fn axis(svg: &mut String, scale: &Scale) {
    let bottom = LANE * LANES.len() as f64;
    let decimals = (-scale.step.log10().floor()).max(0.0) as usize;
    let mut index = 0.0;
    while index * scale.step <= scale.whole {
        let seconds = index * scale.step;
        let x = scale.x(seconds);
        svg.push_str(&format!(
            r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="0" y2="{bottom}"/><text class="number" x="{x:.1}" y="{}">{seconds:.decimals$} s</text>"#,
            bottom + 16.0
        ));
        index += 1.0;
    }
}

/// A line where the scenario was changed.
fn changes(svg: &mut String, scale: &Scale, events: &[&TranscriptEntry]) {
    let bottom = LANE * LANES.len() as f64;
    for pair in events.windows(2) {
        let [one, other] = pair else { continue };
        if one.phase != other.phase {
            let x = scale.x(other.at.as_secs_f64());
            svg.push_str(&format!(
                r#"<line class="change" x1="{x:.1}" x2="{x:.1}" y1="0" y2="{bottom}"><title>the scenario was changed</title></line>"#
            ));
        }
    }
}

/// A bar for each connection, from its beginning to its last event.
fn connections(svg: &mut String, scale: &Scale, events: &[&TranscriptEntry]) {
    for entry in events {
        let Event::Connection { connection, to, .. } = &entry.event else {
            continue;
        };
        let of_it = |other: &&&TranscriptEntry| other.event.number() == Some(*connection);
        let end = events
            .iter()
            .rev()
            .find(of_it)
            .map_or(entry.at, |last| last.at);
        let (from, to_x) = (scale.x(entry.at.as_secs_f64()), scale.x(end.as_secs_f64()));
        let y = LANE * (TCP + 0.5) - 5.0;
        svg.push_str(&format!(
            r#"<rect class="connection" x="{from:.1}" y="{y}" width="{:.1}" height="10" rx="3"><title>connection {connection} to {}</title></rect>"#,
            (to_x - from).max(3.0),
            shown(to)
        ));
    }
}

/// A bar for a call, with its answer where there is room.
fn bar(svg: &mut String, scale: &Scale, call: &CallReport) {
    /// Room for a letter.
    const LETTER: f64 = 7.0;
    let (from, to) = (scale.x(call.at), scale.x(call.at + call.seconds));
    let width = (to - from).max(3.0);
    let answer = call.answer.as_deref();
    let class = match answer {
        Some("ENTITLEMENT_SUCCESS") => "good",
        Some("ENTITLEMENT_UNAVAILABLE") => "warn",
        _ => "bad",
    };
    let y = LANE / 2.0 - 9.0;
    svg.push_str(&format!(
        r#"<rect class="call {class}" x="{from:.1}" y="{y}" width="{width:.1}" height="18" rx="4"><title>IsEntitled, from {:.3} s, for {:.3} s: {}</title></rect>"#,
        call.at,
        call.seconds,
        shown(answer.unwrap_or("it did not return"))
    ));
    let words = answer.map_or("does not return", |answer| {
        answer.strip_prefix("ENTITLEMENT_").unwrap_or(answer)
    });
    if LETTER * words.chars().count() as f64 + 12.0 <= width {
        svg.push_str(&format!(
            r#"<text class="answer {class}" x="{:.1}" y="{}">{}</text>"#,
            from + 6.0,
            y + 13.0,
            shown(words)
        ));
    }
}

fn mark(svg: &mut String, scale: &Scale, entry: &TranscriptEntry) {
    let Some(lane) = lane(&entry.event) else {
        return;
    };
    let x = scale.x(entry.at.as_secs_f64());
    let y = LANE * lane as f64 + LANE / 2.0;
    let class = class(&entry.event);
    let title = shown(&entry.to_string());
    let shape = match &entry.event {
        // What the plugin sends is a triangle to the right, and everything else is a circle.
        Event::Request { .. } | Event::Fragment { .. } => {
            format!(
                r#"<path class="mark {class}" d="M{:.1} {:.1}l11 6l-11 6z">"#,
                x - 4.0,
                y - 6.0
            )
        }
        _ => format!(r#"<circle class="mark {class}" cx="{x:.1}" cy="{y:.1}" r="5">"#),
    };
    let end = if shape.starts_with("<path") {
        "path"
    } else {
        "circle"
    };
    svg.push_str(&format!("{shape}<title>{title}</title></{end}>"));
}

/// What an event means for the call, as a colour.
fn class(event: &Event) -> &'static str {
    match event {
        Event::Question { answer, .. } if answer.starts_with(|c: char| c.is_ascii_hexdigit()) => {
            "good"
        }
        Event::Question { .. } => "warn",
        Event::Handshake { outcome, .. } => match outcome {
            Handshake::Completed(_) | Handshake::CompletedForHttp2(_) => "good",
            Handshake::Refused(_) | Handshake::FaultInjected => "warn",
            Handshake::FaultAccepted(_) => "bad",
        },
        Event::Reply { meaning, .. } => match meaning {
            Some(Meaning::Allow | Meaning::Continue) => "good",
            Some(Meaning::Deny) => "bad",
            None => "warn",
        },
        Event::Fault { .. } | Event::UnservedPort { .. } | Event::Fragment { .. } => "warn",
        Event::Request { secure: false, .. } => "bad",
        _ => "plain",
    }
}

fn shown(text: &str) -> String {
    escape(Printable(text).to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn question(milliseconds: u64, name: &str) -> TranscriptEntry {
        TranscriptEntry {
            at: Duration::from_millis(milliseconds),
            phase: 0,
            revealed: None,
            event: Event::Question {
                name: name.to_owned(),
                kind: "A".to_owned(),
                transport: "udp".to_owned(),
                late: false,
                answer: "203.0.113.10".to_owned(),
            },
        }
    }

    #[test]
    fn what_the_plugin_sends_makes_no_markup() {
        let svg = draw(&[question(1, "<script>&\u{7}")], &[]).unwrap();
        assert!(svg.contains("&lt;script&gt;&amp;"), "{svg}");
        assert!(!svg.contains('\u{7}'));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(draw(&[], &[]), None);
    }

    #[test]
    fn a_call_is_on_the_axis_of_the_traffic() {
        let call = |seconds, answer: Option<&str>| CallReport {
            at: 0.001,
            seconds,
            answer: answer.map(str::to_owned),
        };
        let short = [call(0.01, Some("ENTITLEMENT_FAILED"))];
        let svg = draw(&[question(2, "a")], &short).unwrap();
        assert!(svg.contains("0.010 s: ENTITLEMENT_FAILED</title>"), "{svg}");
        // The axis reaches to the end of a call that outlasts the traffic.
        let svg = draw(&[question(2, "a")], &[call(30.0, None)]).unwrap();
        assert!(
            svg.contains(">30 s</text>") && svg.contains(">does not return<"),
            "{svg}"
        );
    }

    #[test]
    fn the_axis_has_some_round_numbers() {
        for last in [0.0004, 0.003, 0.9, 5.0, 31.0, 3600.0] {
            let scale = Scale::of(last);
            let count = scale.whole / scale.step;
            assert!((4.0..=10.0).contains(&count), "{last}: {count}");
        }
    }
}

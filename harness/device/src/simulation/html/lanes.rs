//! The lanes of the drawing.

use super::scene::Scene;
use super::shown;
use super::svg::Canvas;
use crate::service::{Link, Moment};
use crate::simulation::{Clock, Date, format_duration};

/// Height of one client.
const CLIENT: f64 = 13.0;

pub(super) fn draw(scene: &Scene, date: Option<Date>) -> String {
    let mut canvas = Canvas::new(scene.from, scene.to, date);
    canvas.y = 8.0;
    events(&mut canvas, scene);
    servers(&mut canvas, scene);
    connections(&mut canvas, scene);
    checks(&mut canvas, scene);
    sharing(&mut canvas, scene);
    clients(&mut canvas, scene);
    messages(&mut canvas, scene);
    canvas.finish(
        "Timeline of the device: events, server, connections, checks, sharing, clients and messages",
    )
}

fn events(canvas: &mut Canvas, scene: &Scene) {
    let middle = canvas.y + 16.0;
    canvas.label("Events", middle);
    canvas.marks(middle, scene.marks.as_slice());
    canvas.y += 36.0;
}

fn servers(canvas: &mut Canvas, scene: &Scene) {
    let y = canvas.y + 4.0;
    canvas.label("Server", y + 11.0);
    for one in scene.servers.as_slice() {
        let class = match one.what.as_str() {
            "allow" => "server good",
            "deny" => "server bad",
            _ => "server warn",
        };
        let title = format!("{}: {}", span(one.from, one.to), one.what);
        let place = canvas.bar((one.from, one.to), (y, 22.0), class, &title);
        let short = one.what.rsplit('/').next().unwrap_or(&one.what);
        canvas.text(place, y + 15.0, "said", &[&one.what, short]);
    }
    canvas.y += 34.0;
}

fn connections(canvas: &mut Canvas, scene: &Scene) {
    for line in &scene.connections {
        let name = &line.name;
        let y = canvas.y + 4.0;
        canvas.label(name, y + 6.0);
        for one in line.stretches.as_slice() {
            let (class, words, top, height) = match one.what {
                Link::Up => ("link up", "up", y, 12.0),
                Link::Suspended => ("link suspended", "suspended", y, 12.0),
                Link::Down => ("link down", "down", y + 5.0, 2.0),
            };
            let title = format!("{}: {name} is {words}", span(one.from, one.to));
            canvas.bar((one.from, one.to), (top, height), class, &title);
        }
        canvas.y += 24.0;
    }
    canvas.y += 6.0;
}

fn checks(canvas: &mut Canvas, scene: &Scene) {
    let middle = canvas.y + 14.0;
    canvas.label("Checks", middle);
    canvas.marks(middle, scene.checks.as_slice());
    canvas.y += 34.0;
}

fn sharing(canvas: &mut Canvas, scene: &Scene) {
    let y = canvas.y + 2.0;
    canvas.label("Sharing", y + 13.0);
    canvas.bar(
        (scene.from, scene.to),
        (y + 12.0, 2.0),
        "off",
        "sharing is off",
    );
    let times = scene.sharing.as_slice();
    // Where the words of each row end.
    let mut rows = [f64::MIN; 2];
    let mut second_row = false;
    for one in times {
        let long = format_duration(one.to.since(one.from));
        let mut title = format!("{}: sharing is on for {long}", span(one.from, one.to));
        if let Some(because) = one.what {
            title.push_str(&format!("; it ends: {because}"));
        }
        let place = canvas.bar((one.from, one.to), (y, 26.0), "on", &title);
        canvas.text(
            place,
            y + 17.5,
            "said on",
            &[&format!("on for {long}"), &long],
        );
        if let Some(because) = one.what {
            let words = format!("ends: {because}");
            // Words that would cover those before them stand a row lower; where there is no room either, the bar's title
            // has them.
            let width = Canvas::width_of(&words);
            let x = place.0.min(Canvas::END - width);
            if let Some(row) = rows.iter().position(|end| *end <= x) {
                rows[row] = x + width;
                second_row |= row == 1;
                let y = y + 39.0 + 14.0 * row as f64;
                canvas.text((x - 8.0, width), y, "why", &[&words]);
            }
        }
    }
    canvas.y += if second_row { 68.0 } else { 54.0 };
}

fn clients(canvas: &mut Canvas, scene: &Scene) {
    let most = scene.most_clients.max(2);
    let top = canvas.y + 12.0;
    let bottom = top + CLIENT * most as f64;
    canvas.label("Clients", f64::midpoint(top, bottom));
    for count in 0..=most {
        let y = bottom - CLIENT * count as f64;
        let (left, right) = (canvas.x(scene.from), canvas.x(scene.to));
        canvas.put(format_args!(
            r#"<path class="grid" d="M{left:.1} {y:.1}H{right:.1}"/>"#
        ));
        if count == most || count == 0 {
            let (x, y) = (left - 5.0, y + 3.5);
            canvas.put(format_args!(
                r#"<text class="count" x="{x:.1}" y="{y:.1}">{count}</text>"#
            ));
        }
    }
    for pair in scene.crowd.as_slice().windows(2) {
        let (now, next) = (pair[0], pair[1]);
        let wifi = CLIENT * now.wifi as f64;
        let bluetooth = CLIENT * now.bluetooth as f64;
        let title = format!(
            "{}: {} over Wi-Fi, {} over Bluetooth",
            span(now.at, next.at),
            now.wifi,
            now.bluetooth
        );
        for (class, y, height) in [
            ("wifi", bottom - wifi, wifi),
            ("bluetooth", bottom - wifi - bluetooth, bluetooth),
        ] {
            let (x, right) = (canvas.x(now.at), canvas.x(next.at));
            if height > 0.0 {
                // A thin gap keeps the two colours apart.
                canvas.put(format_args!(
                    r#"<rect class="{class}" x="{x:.1}" y="{:.1}" width="{:.1}" height="{:.1}"><title>{title}</title></rect>"#,
                    y + 1.0,
                    (right - x).max(1.5),
                    height - 1.0
                ));
            }
        }
    }
    for one in scene.turned_away.as_slice() {
        let (x, y) = (canvas.x(one.at), top - 1.0);
        let words = shown(&one.title());
        canvas.put(format_args!(
            r#"<text class="away" x="{x:.1}" y="{y:.1}">▾<title>{words}</title></text>"#
        ));
    }
    canvas.y = bottom + 14.0;
}

fn messages(canvas: &mut Canvas, scene: &Scene) {
    let middle = canvas.y + 14.0;
    canvas.label("Messages", middle);
    canvas.marks(middle, scene.message_marks.as_slice());
    canvas.y += 36.0;
}

fn span(from: Moment, to: Moment) -> String {
    format!("{} to {}", Clock(from), Clock(to))
}

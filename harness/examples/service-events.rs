//! How many events a second the Internet Sharing service takes, and that the
//! last of ten million costs what the first did.
//!
//!     cargo run --release -p ics-harness --example service-events

use std::error::Error;
use std::io::{self, Write};
use std::time::Instant;

use ics_harness::device::csp::{HotSpot, Place, Settings, hotspot};
use ics_harness::device::service::{
    Answer, CheckId, ClientId, Connection, Effect, Event, Link, Moment, Service, Snapshot, Via,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    writeln!(
        out,
        "{:>10}  {:>8}  {:>12}  {:>10}",
        "events", "seconds", "events/s", "effects"
    )?;
    for events in [10_000, 100_000, 1_000_000, 10_000_000] {
        let begin = Instant::now();
        let effects = play(events)?;
        let seconds = begin.elapsed().as_secs_f64();
        // Counts stay far below 2^52.
        let rate = events as f64 / seconds;
        writeln!(
            out,
            "{events:>10}  {seconds:>8.3}  {rate:>12.0}  {effects:>10}"
        )?;
    }
    Ok(())
}

/// Plays a busy life of that many events, in random order, and returns how many
/// effects it had.
fn play(events: u64) -> Result<u64, Box<dyn Error>> {
    let mut settings = Settings::default();
    for (node, value) in [
        (hotspot::ENABLED, "true"),
        (hotspot::ENTITLEMENT_DLL, "a.dll"),
        (hotspot::ENTITLEMENT_INTERVAL, "600"),
        (hotspot::MAX_USERS, "8"),
    ] {
        settings.set(&Place::node(hotspot::NAME, node), value);
    }
    let settings = HotSpot::read(&settings)?;
    let connections = ["A", "B"].map(|name| Connection {
        name: name.to_owned(),
        link: Link::Up,
    });
    let mut service = Service::new(
        settings.clone(),
        &settings,
        Snapshot::default(),
        connections.to_vec(),
    );
    let mut effects = Vec::new();
    let mut check = CheckId(0);
    let mut count = 0;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    service.handle(
        Moment(0),
        Event::DocumentApplied(Box::new(settings)),
        &mut effects,
    );
    for number in 0..events {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let client = ClientId(u32::try_from(random >> 60)?);
        let name = if random & 0x100 == 0 { "A" } else { "B" };
        let event = match random % 16 {
            0..2 => Event::UserTurnsOn,
            2..6 => Event::CheckAnswered {
                check,
                answer: Answer::Success,
            },
            6..9 => Event::ClientJoins {
                client,
                via: Via::WiFi,
            },
            9 => Event::ClientJoins {
                client,
                via: Via::Bluetooth,
            },
            10..12 => Event::ClientLeaves { client },
            12 => Event::ConnectionDown(name.to_owned()),
            13 => Event::ConnectionUp(name.to_owned()),
            14 => Event::Woken,
            _ if random & 0xf000 == 0 => Event::UserTurnsOff,
            _ => Event::SettingsOpened,
        };
        effects.clear();
        service.handle(Moment::seconds(number), event, &mut effects);
        count += effects.len() as u64;
        for effect in &effects {
            if let Effect::AskPlugin { check: asked, .. } = effect {
                check = *asked;
            }
        }
    }
    Ok(count)
}

//! How many events a second the Internet Sharing service takes, and that the
//! last of ten million costs no more than the first.
//!
//!     cargo bench -p ics-harness --bench service

use std::io::Write;
use std::time::{Duration, Instant};

use ics_harness::device::csp::HotSpot;
use ics_harness::device::service::{
    Answer, CheckId, ClientId, Connection, Effect, Event, Link, Moment, Service, Snapshot, Via,
};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for events in [10_000, 100_000, 1_000_000, 10_000_000_u64] {
        let seconds = play(events).as_secs_f64();
        writeln!(
            out,
            "{events:>9} events {:>8.3} s {:>6.1} million a second",
            seconds,
            events as f64 / seconds / 1e6
        )?;
    }
    Ok(())
}

/// A busy life: an event a second, each kind in turn, with a check every hour.
fn play(events: u64) -> Duration {
    let settings = HotSpot {
        provisioned: true,
        enabled: true,
        entitlement_dll: Some("a.dll".to_owned()),
        entitlement_interval: Duration::from_secs(3600),
        ..HotSpot::default()
    };
    let connections = vec![Connection {
        name: "Internet".to_owned(),
        link: Link::Up,
    }];
    let mut service = Service::new(
        HotSpot::default(),
        &settings,
        Snapshot::default(),
        connections,
    );
    let mut effects = Vec::new();
    let applied = Event::DocumentApplied(Box::new(settings));
    service.handle(Moment::default(), applied, &mut effects);
    let mut check = CheckId::default();
    let begun = Instant::now();
    for number in 0..events {
        let client = ClientId((number % 11) as u32);
        let event = match number % 8 {
            0 => Event::UserTurnsOn,
            1 => Event::CheckAnswered {
                check,
                answer: Answer::Success,
            },
            2 | 3 => Event::ClientJoins {
                client,
                via: Via::WiFi,
            },
            4 => Event::ClientJoins {
                client,
                via: Via::Bluetooth,
            },
            5 => Event::ClientLeaves { client },
            6 => Event::ConnectionDown("Internet".to_owned()),
            _ => Event::ConnectionUp("Internet".to_owned()),
        };
        effects.clear();
        service.handle(Moment::seconds(number), event, &mut effects);
        for effect in &effects {
            if let Effect::AskPlugin { check: asked, .. } = effect {
                check = *asked;
            }
        }
    }
    let took = begun.elapsed();
    assert!(
        service.is_sharing(),
        "a life that shares is what is measured"
    );
    took
}

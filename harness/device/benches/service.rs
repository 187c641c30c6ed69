//! How many events a second the Internet Sharing service takes, and that the
//! last of ten million costs no more than the first.
//!
//!     cargo bench -p ics-device --bench service

use std::io::Write;
use std::time::{Duration, Instant};

use ics_device::csp::HotSpot;
use ics_device::service::{
    Answer, CheckId, ClientId, Connection, Effect, Event, Link, Moment, Service, Snapshot, Via,
};

const EVENTS: u64 = 10_000_000;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    // The first life warms the processor up; it is not told.
    Life::begin(0).simulate(EVENTS / 10);
    writeln!(out, "lives of their own, and events a second:")?;
    for events in [10_000, 100_000, 1_000_000, EVENTS] {
        print_rate(&mut out, events, Life::begin(events).simulate(events))?;
    }
    writeln!(out, "one life, a tenth of it after the other:")?;
    let mut life = Life::begin(1);
    for _ in 0..10 {
        print_rate(&mut out, EVENTS / 10, life.simulate(EVENTS / 10))?;
    }
    Ok(())
}

fn print_rate(out: &mut impl Write, events: u64, time: Duration) -> std::io::Result<()> {
    let seconds = time.as_secs_f64();
    writeln!(
        out,
        "{events:>9} events {seconds:>8.4} s {:>6.1} million a second",
        events as f64 / seconds / 1e6
    )
}

/// A busy life: an event a second, of every kind, in random order; the answers
/// are yes, and a check is due every ten minutes.
struct Life {
    service: Service,
    effects: Vec<Effect>,
    check: CheckId,
    second: u64,
    random: u64,
}

impl Life {
    /// No two lives are the same: a processor foretells the branches of a short one
    /// that it has seen before.
    fn begin(number: u64) -> Self {
        let settings = HotSpot {
            provisioned: true,
            enabled: true,
            entitlement_dll: Some("a.dll".to_owned()),
            entitlement_interval: Duration::from_secs(600),
            max_users: 8,
            ..HotSpot::default()
        };
        let connections = ["A", "B"].map(|name| Connection {
            name: name.to_owned(),
            link: Link::Up,
        });
        let mut service = Service::new(
            HotSpot::default(),
            &settings,
            Snapshot::default(),
            connections.to_vec(),
        );
        let mut effects = Vec::new();
        let applied = Event::DocumentApplied(Box::new(settings));
        service.handle(Moment::default(), applied, &mut effects);
        Self {
            service,
            effects,
            check: CheckId::default(),
            second: 0,
            random: 0x9e37_79b9_7f4a_7c15 ^ number,
        }
    }

    fn simulate(&mut self, events: u64) -> Duration {
        let mut shared = 0;
        let begun = Instant::now();
        for _ in 0..events {
            let event = self.next();
            self.second += 1;
            self.effects.clear();
            let now = Moment::seconds(self.second);
            self.service.handle(now, event, &mut self.effects);
            for effect in &self.effects {
                if let Effect::AskPlugin { check: asked, .. } = effect {
                    self.check = *asked;
                }
            }
            shared += u64::from(self.service.is_sharing());
        }
        let took = begun.elapsed();
        assert!(
            shared > events / 2,
            "a life that shares is what is measured"
        );
        took
    }

    fn next(&mut self) -> Event {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let random = self.random;
        let client = ClientId((random >> 60) as u32);
        let name = if random & 0x100 == 0 { "A" } else { "B" };
        match random % 16 {
            0..2 => Event::UserTurnsOn,
            2..6 => Event::CheckAnswered {
                check: self.check,
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
        }
    }
}

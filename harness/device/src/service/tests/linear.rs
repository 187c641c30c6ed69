//! The service costs the same for its last event as for its first.

use std::time::Instant;

use super::bed::{entitled, joins, leaves};
use crate::service::{
    Answer, CheckId, Connection, Effect, Event, Link, Moment, Service, Snapshot, Via,
};

/// Runs that many events of a busy service and returns the seconds it took.
fn run(events: u64) -> f64 {
    let settings = entitled(&[("EntitlementInterval", "600"), ("MaxUsers", "8")]);
    let connections = vec![Connection {
        name: "A".to_owned(),
        link: Link::Up,
    }];
    let mut service = Service::new(
        settings.clone(),
        &settings,
        Snapshot::default(),
        connections,
    );
    let mut effects = Vec::new();
    let mut check = CheckId(0);
    service.handle(Moment(0), super::bed::applied(settings), &mut effects);
    let begin = Instant::now();
    for number in 0..events {
        let client = u32::try_from(number % 11).unwrap();
        let event = match number % 8 {
            0 => Event::UserTurnsOn,
            1 => Event::CheckAnswered {
                check,
                answer: Answer::Success,
            },
            2 | 3 => joins(client, Via::WiFi),
            4 => joins(client, Via::Bluetooth),
            5 => leaves(client),
            6 => Event::ConnectionDown("A".to_owned()),
            _ => Event::ConnectionUp("A".to_owned()),
        };
        effects.clear();
        service.handle(Moment::seconds(number), event, &mut effects);
        for effect in &effects {
            if let Effect::AskPlugin { check: asked, .. } = effect {
                check = *asked;
            }
        }
    }
    assert!(service.is_sharing());
    begin.elapsed().as_secs_f64()
}

#[test]
fn a_hundred_thousand_events_take_ten_times_as_long_as_ten_thousand() {
    let best = |events| (0..5).map(|_| run(events)).fold(f64::MAX, f64::min);
    let (few, many) = (best(10_000), best(100_000));
    // Anything that grew with the number of events would make this 100.
    assert!(many < 30.0 * few, "{few} s, then {many} s");
}

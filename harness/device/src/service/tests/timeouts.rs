//! When sharing ends by itself.

use std::time::Duration;

use super::bed::{Bed, INTERNET, entitled, joins, leaves};
use crate::service::{Effect, Event, Stopped, Via};

const MILLISECOND: Duration = Duration::from_millis(1);

fn down() -> Event {
    Event::ConnectionDown(INTERNET.to_owned())
}

fn up() -> Event {
    Event::ConnectionUp(INTERNET.to_owned())
}

/// Asserts that sharing ends after these minutes and not a millisecond before.
fn ends_after(bed: &mut Bed, minutes: u64, because: Stopped) {
    let almost = Duration::from_secs(60 * minutes) - MILLISECOND;
    assert_eq!(bed.pass(almost), [], "{minutes} minutes");
    assert!(bed.service.is_sharing());
    assert_eq!(bed.pass(MILLISECOND), [Effect::StopSharing(because)]);
}

#[test]
fn sharing_ends_when_there_are_no_clients_for_peerless_timeout() {
    for minutes in [1, 2, 30, 120] {
        let mut bed = Bed::new(entitled(&[("PeerlessTimeout", &minutes.to_string())]));
        bed.share();
        bed.send(joins(1, Via::WiFi));
        bed.send(joins(2, Via::Bluetooth));
        assert_eq!(bed.minutes(300), [], "there are clients");
        bed.send(leaves(1));
        assert_eq!(bed.minutes(300), [], "there is a client");
        bed.send(leaves(2));
        ends_after(&mut bed, minutes, Stopped::NoClients);
    }
}

#[test]
fn sharing_ends_without_clients_after_five_minutes_by_default() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    ends_after(&mut bed, 5, Stopped::NoClients);
}

#[test]
fn a_client_that_joins_in_time_keeps_sharing_on() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    bed.minutes(4);
    bed.send(joins(1, Via::WiFi));
    bed.minutes(4);
    bed.send(leaves(1));
    ends_after(&mut bed, 5, Stopped::NoClients);
}

#[test]
fn a_client_that_leaves_twice_does_not_keep_sharing_on() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    bed.send(joins(1, Via::Bluetooth));
    bed.send(leaves(1));
    bed.minutes(4);
    bed.send(leaves(1));
    assert_eq!(bed.minutes(1), [Effect::StopSharing(Stopped::NoClients)]);
}

#[test]
fn sharing_ends_when_there_is_no_connection_for_public_connection_timeout() {
    for minutes in [1, 2, 30, 60] {
        let timeout = minutes.to_string();
        let mut bed = Bed::new(entitled(&[("PublicConnectionTimeout", &timeout)]));
        bed.share();
        bed.send(joins(1, Via::WiFi));
        bed.send(down());
        ends_after(&mut bed, minutes, Stopped::NoConnection);
    }
}

#[test]
fn sharing_ends_without_connection_after_twenty_minutes_by_default() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    bed.send(joins(1, Via::WiFi));
    bed.send(down());
    ends_after(&mut bed, 20, Stopped::NoConnection);
}

#[test]
fn a_connection_that_comes_back_in_time_keeps_sharing_on() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    bed.send(joins(1, Via::WiFi));
    bed.send(down());
    bed.minutes(19);
    bed.send(up());
    bed.send(down());
    ends_after(&mut bed, 20, Stopped::NoConnection);
}

#[test]
fn sharing_that_starts_without_a_connection_waits_for_one() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(down());
    bed.share();
    bed.send(joins(1, Via::WiFi));
    ends_after(&mut bed, 20, Stopped::NoConnection);
}

#[test]
fn a_device_that_slept_through_its_wakes_ends_once() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    bed.send(down());
    bed.now = crate::service::Moment::seconds(100_000);
    let effects = bed.send(Event::Woken);
    assert_eq!(effects, [Effect::StopSharing(Stopped::NoClients)]);
}

#[test]
fn a_clock_that_goes_back_is_not_believed() {
    let mut bed = Bed::new(entitled(&[]));
    bed.minutes(60);
    bed.share();
    let mut effects = Vec::new();
    bed.service
        .handle(crate::service::Moment(0), Event::Woken, &mut effects);
    assert_eq!(effects, []);
    ends_after(&mut bed, 5, Stopped::NoClients);
}

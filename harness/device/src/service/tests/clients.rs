//! How many clients there can be.

use super::bed::{Bed, applied, entitled, joins, leaves};
use crate::service::{Client, ClientId, Effect, Refusal, Via};

/// How many of `of` clients are let in over `via`, and why the next is not.
fn let_in(bed: &mut Bed, of: u32, via: Via) -> (usize, Option<Refusal>) {
    let mut refusal = None;
    for client in 0..of {
        match bed.send(joins(client, via))[..] {
            [Effect::Admit(_)] => {}
            [Effect::Refuse { because, .. }] => refusal = Some(because),
            ref other => panic!("{other:?}"),
        }
    }
    (bed.service.clients().len(), refusal)
}

fn sharing(more: &[(&str, &str)]) -> Bed {
    let mut bed = Bed::new(entitled(more));
    bed.share();
    bed
}

#[test]
fn up_to_eight_clients_share_over_wifi() {
    let mut bed = sharing(&[("MaxUsers", "8")]);
    let outcome = let_in(&mut bed, 9, Via::WiFi);
    assert_eq!(outcome, (8, Some(Refusal::TooManyUsers)));
}

#[test]
fn max_users_is_the_most_that_can_be_connected_at_once() {
    for users in 1..=8 {
        let mut bed = sharing(&[("MaxUsers", &users.to_string())]);
        let outcome = let_in(&mut bed, 9, Via::WiFi);
        assert_eq!(outcome, (users, Some(Refusal::TooManyUsers)));
        bed.send(leaves(0));
        assert!(matches!(
            bed.send(joins(8, Via::WiFi))[..],
            [Effect::Admit(_)]
        ));
    }
}

#[test]
fn five_users_can_be_connected_by_default() {
    let outcome = let_in(&mut sharing(&[]), 9, Via::WiFi);
    assert_eq!(outcome, (5, Some(Refusal::TooManyUsers)));
}

#[test]
fn max_bluetooth_users_is_the_most_over_bluetooth() {
    for users in 1..=7 {
        let more = [("MaxUsers", "8"), ("MaxBluetoothUsers", &users.to_string())];
        let mut bed = sharing(&more);
        let outcome = let_in(&mut bed, 9, Via::Bluetooth);
        assert_eq!(outcome, (users, Some(Refusal::TooManyBluetoothUsers)));
        assert!(matches!(
            bed.send(joins(20, Via::WiFi))[..],
            [Effect::Admit(_)]
        ));
    }
}

#[test]
fn seven_users_can_be_connected_over_bluetooth_by_default() {
    let outcome = let_in(&mut sharing(&[("MaxUsers", "8")]), 9, Via::Bluetooth);
    assert_eq!(outcome, (7, Some(Refusal::TooManyBluetoothUsers)));
}

#[test]
fn fewer_bluetooth_users_at_once_disconnect_the_last_to_join() {
    let mut bed = sharing(&[]);
    for (client, via) in [(1, Via::Bluetooth), (2, Via::Bluetooth), (3, Via::WiFi)] {
        bed.send(joins(client, via));
    }
    let client = Client {
        id: ClientId(2),
        via: Via::Bluetooth,
    };
    assert_eq!(
        bed.send(applied(entitled(&[("MaxBluetoothUsers", "1")]))),
        [Effect::Disconnect {
            client,
            because: Refusal::TooManyBluetoothUsers
        }]
    );
    assert_eq!(bed.service.clients().len(), 2);
}

#[test]
fn a_client_that_changes_from_wifi_to_bluetooth_is_counted_once() {
    let mut bed = sharing(&[("MaxUsers", "1")]);
    bed.send(joins(1, Via::WiFi));
    assert_eq!(bed.send(joins(1, Via::WiFi)), [], "it is there already");
    assert!(matches!(
        bed.send(joins(1, Via::Bluetooth))[..],
        [Effect::Admit(_)]
    ));
    assert_eq!(bed.service.clients().len(), 1);
    assert_eq!(bed.service.bluetooth_clients(), 1);
}

#[test]
fn no_client_joins_while_nothing_is_shared() {
    let mut bed = Bed::new(entitled(&[]));
    let outcome = let_in(&mut bed, 1, Via::WiFi);
    assert_eq!(outcome, (0, Some(Refusal::NotSharing)));
    bed.send(leaves(7));
}

//! Which connections are shared.

use super::bed::{Bed, INTERNET, entitled, joins};
use crate::message::Occasion;
use crate::service::{Effect, Event, Link, NotStarted, Stopped, Via};

const ALL: [(&str, Link); 3] = [("A", Link::Up), ("B", Link::Down), ("NAI", Link::Up)];

fn shared(effects: &[Effect]) -> Vec<&str> {
    let over = effects.iter().find_map(|effect| match effect {
        Effect::StartSharing { over } => Some(over),
        _ => None,
    });
    over.expect("sharing started")
        .iter()
        .map(String::as_str)
        .collect()
}

fn seen(bed: &Bed) -> Vec<&str> {
    let names = bed.service.enumerate().into_iter();
    names.map(|one| one.name.as_str()).collect()
}

#[test]
fn any_available_connection_is_shared_by_default() {
    let mut bed = Bed::with_connections(entitled(&[]), &ALL);
    assert_eq!(shared(&bed.share()), ["A", "B", "NAI"]);
}

#[test]
fn dedicated_connections_are_the_ones_that_are_shared() {
    for (value, over) in [("A", &["A"][..]), ("B;A", &["A", "B"]), ("A;gone", &["A"])] {
        let mut bed = Bed::with_connections(entitled(&[("DedicatedConnections", value)]), &ALL);
        assert_eq!(shared(&bed.share()), over, "{value}");
    }
}

#[test]
fn the_service_sees_the_mapped_connections_only() {
    for (nodes, names) in [
        (&[][..], &["A", "B", "NAI"][..]),
        (&[("DedicatedConnections", "B")], &["B"]),
        (&[("TetheringNAIConnection", "NAI")], &["NAI"]),
        (&[("DedicatedConnections", "gone")], &[]),
    ] {
        let bed = Bed::with_connections(entitled(nodes), &ALL);
        assert_eq!(seen(&bed), names, "{nodes:?}");
    }
}

#[test]
fn the_mapping_has_both_dedicated_and_nai_connections() {
    let both = [
        ("DedicatedConnections", "B"),
        ("TetheringNAIConnection", "NAI"),
    ];
    let mut bed = Bed::with_connections(entitled(&both), &ALL);
    assert_eq!(seen(&bed), ["B", "NAI"]);
    bed.send(Event::ConnectionRemoved("NAI".to_owned()));
    assert_eq!(shared(&bed.share()), ["B"], "what exists is shared");
}

#[test]
fn sharing_does_not_start_without_a_connection_that_exists() {
    for nodes in [
        [("DedicatedConnections", "gone;gone too")],
        [("TetheringNAIConnection", "gone")],
    ] {
        let mut bed = Bed::with_connections(entitled(&nodes), &ALL);
        bed.send(Event::UserTurnsOn);
        let effects = bed.answer(crate::service::Answer::Success);
        assert_eq!(effects[0], Effect::NotStarted(NotStarted::NoConnection));
        assert!(
            matches!(&effects[1], Effect::Show(notice) if notice.occasion == Occasion::NoConnection)
        );
        assert!(!bed.service.is_sharing());
    }
}

#[test]
fn the_nai_connection_is_the_one_active_connection_of_a_cdma_device() {
    let both = [
        ("DedicatedConnections", "A"),
        ("TetheringNAIConnection", "NAI"),
    ];
    let mut bed = Bed::with_connections(entitled(&both), &ALL);
    let effects = bed.share();
    assert!(effects.contains(&Effect::Suspend(vec!["A".to_owned()])));
    assert_eq!(shared(&effects), ["NAI"]);
    let suspended = |bed: &Bed| {
        let all = bed.service.connections().iter();
        all.filter(|one| one.link == Link::Suspended).count()
    };
    assert_eq!(suspended(&bed), 1);
}

#[test]
fn what_is_bound_to_another_connection_does_not_work_while_sharing_over_nai() {
    let nai = [("TetheringNAIConnection", "NAI")];
    let mut bed = Bed::with_connections(entitled(&nai), &ALL);
    bed.share();
    let up = |name: &str| Event::ConnectionUp(name.to_owned());
    assert_eq!(bed.send(up("B")), [Effect::Suspend(vec!["B".to_owned()])]);
    assert_eq!(bed.send(up("B")), [], "it is suspended already");
    assert_eq!(
        bed.send(up("MMS")),
        [Effect::Suspend(vec!["MMS".to_owned()])]
    );
    let resumed = ["A", "B", "MMS"].map(str::to_owned).to_vec();
    assert_eq!(
        bed.send(Event::UserTurnsOff),
        [
            Effect::StopSharing(Stopped::TurnedOff),
            Effect::Resume(resumed)
        ]
    );
}

#[test]
fn a_suspended_connection_is_no_public_connection() {
    let nai = [("TetheringNAIConnection", "NAI")];
    let mut bed = Bed::with_connections(entitled(&nai), &ALL);
    bed.share();
    bed.send(joins(1, Via::WiFi));
    bed.send(Event::ConnectionDown("NAI".to_owned()));
    bed.send(Event::ConnectionUp("B".to_owned()));
    let effects = bed.minutes(20);
    assert_eq!(effects[0], Effect::StopSharing(Stopped::NoConnection));
}

#[test]
fn a_connection_that_comes_later_is_shared_where_any_is() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    bed.send(joins(1, Via::WiFi));
    bed.send(Event::ConnectionDown(INTERNET.to_owned()));
    bed.minutes(19);
    bed.send(Event::ConnectionUp("Roaming".to_owned()));
    assert_eq!(bed.minutes(60), []);
    bed.send(Event::ConnectionAdded("Roaming".to_owned()));
    assert_eq!(
        bed.minutes(60),
        [],
        "adding it again does not bring it down"
    );
}

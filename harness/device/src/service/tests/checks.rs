//! Entitlement checks.

use std::time::Duration;

use super::bed::{Bed, applied, entitled, joins, settings};
use crate::message::Occasion;
use crate::service::{Answer, Effect, Event, NotStarted, Purpose, Restart, Stopped, Via};

const DAY: u64 = 24 * 60;

/// The library and the purpose of each question among the effects.
fn asked(effects: &[Effect]) -> Vec<(&str, Purpose)> {
    let questions = effects.iter().filter_map(|effect| match effect {
        Effect::AskPlugin {
            library, purpose, ..
        } => Some((library.as_str(), *purpose)),
        _ => None,
    });
    questions.collect()
}

/// The messages to the user, and whether each of the operator's texts was.
fn occasions(effects: &[Effect]) -> Vec<Occasion> {
    let occasions = effects.iter().filter_map(|effect| match effect {
        Effect::Show(notice) => Some(notice.occasion),
        _ => None,
    });
    occasions.collect()
}

/// A device that shares, with a client that stays.
fn busy(more: &[(&str, &str)]) -> Bed {
    let mut bed = Bed::new(entitled(more));
    bed.share();
    bed.send(joins(1, Via::WiFi));
    bed
}

#[test]
fn the_library_of_entitlement_dll_is_asked() {
    let path = r"c:\windows\system32\MOEntitlement.dll";
    let mut bed = Bed::new(entitled(&[("EntitlementDll", path)]));
    let effects = bed.send(Event::UserTurnsOn);
    assert_eq!(asked(&effects), [(path, Purpose::Enable)]);
    assert!(!bed.service.is_sharing());
}

#[test]
fn success_starts_sharing() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    let over = vec!["Internet".to_owned()];
    assert_eq!(bed.answer(Answer::Success), [Effect::StartSharing { over }]);
    assert!(bed.service.is_sharing());
}

#[test]
fn failed_does_not_start_sharing() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    let effects = bed.answer(Answer::Failed);
    assert_eq!(effects[0], Effect::NotStarted(NotStarted::NotEntitled));
    assert_eq!(occasions(&effects), [Occasion::NotEntitled]);
    assert!(!bed.service.is_sharing());
}

#[test]
fn unavailable_does_not_start_sharing() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    let effects = bed.answer(Answer::Unavailable);
    assert_eq!(effects[0], Effect::NotStarted(NotStarted::CheckUnavailable));
    assert_eq!(occasions(&effects), [Occasion::CheckUnavailable]);
    assert!(!bed.service.is_sharing());
}

#[test]
fn no_answer_within_a_minute_is_unavailable() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    assert_eq!(bed.pass(Duration::from_millis(59_999)), []);
    let effects = bed.pass(Duration::from_millis(1));
    assert!(matches!(effects[0], Effect::AbandonCheck(_)));
    assert_eq!(effects[1], Effect::NotStarted(NotStarted::CheckUnavailable));
    assert_eq!(bed.answer(Answer::Success), [], "too late");
}

#[test]
fn every_attempt_to_enable_is_checked() {
    let mut bed = Bed::new(entitled(&[]));
    for attempt in 0..3 {
        let effects = bed.send(Event::UserTurnsOn);
        assert_eq!(asked(&effects).len(), 1, "attempt {attempt}");
        bed.answer(Answer::Success);
        bed.send(Event::UserTurnsOff);
    }
}

#[test]
fn no_check_is_made_where_none_is_required() {
    let free = [("Enabled", "true"), ("EntitlementRequired", "false")];
    let mut bed = Bed::new(settings(&free));
    let effects = bed.send(Event::UserTurnsOn);
    assert!(matches!(effects[..], [Effect::StartSharing { .. }]));
    bed.send(joins(1, Via::WiFi));
    assert_eq!(bed.minutes(30 * DAY), []);
    assert!(bed.service.is_sharing());
}

#[test]
fn entitlement_required_is_read_at_the_next_attempt() {
    let mut bed = Bed::new(settings(&[
        ("Enabled", "true"),
        ("EntitlementRequired", "false"),
    ]));
    bed.share();
    bed.send(joins(1, Via::WiFi));
    bed.send(applied(entitled(&[("EntitlementRequired", "true")])));
    assert_eq!(
        bed.minutes(2 * DAY),
        [],
        "this time of sharing needs no check"
    );
    bed.send(Event::UserTurnsOff);
    assert_eq!(asked(&bed.send(Event::UserTurnsOn)).len(), 1);
}

#[test]
fn without_entitlement_dll_every_check_fails() {
    for more in [&[][..], &[("EntitlementDll", "")]] {
        let mut nodes = vec![("Enabled", "true")];
        nodes.extend(more);
        let mut bed = Bed::new(settings(&nodes));
        let effects = bed.send(Event::UserTurnsOn);
        assert_eq!(effects[0], Effect::NotStarted(NotStarted::NoLibrary));
        assert_eq!(occasions(&effects), [Occasion::NoLibrary]);
    }
    let mut bed = busy(&[]);
    bed.send(applied(settings(&[("Enabled", "true")])));
    let effects = bed.minutes(DAY);
    assert_eq!(effects[0], Effect::StopSharing(Stopped::NoLibrary));
    assert_eq!(occasions(&effects), [Occasion::DisabledUnasked]);
}

#[test]
fn checks_are_an_interval_apart() {
    for (more, seconds) in [(&[][..], 86_400), (&[("EntitlementInterval", "600")], 600)] {
        let mut bed = busy(more);
        let mut spent = 0;
        for _ in 0..3 {
            let almost = Duration::from_secs(seconds - 1 - spent);
            assert_eq!(asked(&bed.pass(almost)), []);
            let effects = bed.pass(Duration::from_secs(1));
            assert_eq!(asked(&effects), [("a.dll", Purpose::Periodic)]);
            // The interval runs from one asking to the next.
            spent = 5;
            bed.pass(Duration::from_secs(spent));
            assert_eq!(bed.answer(Answer::Success), []);
        }
    }
}

#[test]
fn a_failed_periodic_check_disables_sharing() {
    for (answer, because, occasion) in [
        (
            Answer::Failed,
            Stopped::NotEntitled,
            Occasion::DisabledByCheck,
        ),
        (
            Answer::Unavailable,
            Stopped::CheckUnavailable,
            Occasion::DisabledUnanswered,
        ),
    ] {
        let mut bed = busy(&[]);
        assert_eq!(asked(&bed.minutes(DAY)).len(), 1);
        assert!(bed.service.is_sharing(), "sharing goes on while it asks");
        let effects = bed.answer(answer);
        assert_eq!(effects[0], Effect::StopSharing(because));
        assert_eq!(occasions(&effects), [occasion]);
        assert!(!bed.service.is_sharing());
    }
    let mut bed = busy(&[]);
    bed.minutes(DAY);
    let effects = bed.minutes(1);
    assert_eq!(effects[1], Effect::StopSharing(Stopped::CheckUnavailable));
}

#[test]
fn a_new_interval_counts_from_the_next_check_on() {
    let mut bed = busy(&[]);
    bed.send(applied(entitled(&[("EntitlementInterval", "3600")])));
    assert_eq!(asked(&bed.minutes(DAY - 1)), []);
    assert_eq!(asked(&bed.minutes(1)).len(), 1);
    bed.answer(Answer::Success);
    assert_eq!(asked(&bed.minutes(60)).len(), 1);
}

#[test]
fn a_new_library_is_asked_at_the_next_check() {
    let mut bed = busy(&[]);
    bed.send(applied(entitled(&[("EntitlementDll", "b.dll")])));
    let effects = bed.minutes(DAY);
    assert_eq!(asked(&effects), [("b.dll", Purpose::Periodic)]);
}

#[test]
fn an_attempt_joins_a_running_check() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    assert_eq!(bed.send(Event::UserTurnsOn), [], "the same attempt");
    assert_eq!(
        bed.send(Event::UserTurnsOff),
        [Effect::NotStarted(NotStarted::TurnedOff)]
    );
    assert_eq!(bed.send(Event::UserTurnsOn), [], "it waits for the answer");
    let effects = bed.answer(Answer::Success);
    assert!(matches!(effects[..], [Effect::StartSharing { .. }]));
}

#[test]
fn an_attempt_does_not_join_a_check_of_another_library() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    bed.send(Event::UserTurnsOff);
    bed.send(applied(entitled(&[("EntitlementDll", "b.dll")])));
    let effects = bed.send(Event::UserTurnsOn);
    assert!(matches!(effects[0], Effect::AbandonCheck(_)));
    assert_eq!(asked(&effects), [("b.dll", Purpose::Enable)]);
}

#[test]
fn an_answer_to_an_abandoned_check_changes_nothing() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    bed.send(Event::UserTurnsOff);
    assert_eq!(bed.answer(Answer::Success), []);
    assert!(!bed.service.is_sharing());
}

#[test]
fn another_sim_ends_sharing_and_voids_a_running_check() {
    let mut bed = busy(&[]);
    assert_eq!(
        bed.send(Event::SimChanged),
        [Effect::StopSharing(Stopped::SimChanged)]
    );
    bed.send(Event::UserTurnsOn);
    let effects = bed.send(Event::SimChanged);
    assert!(matches!(effects[0], Effect::AbandonCheck(_)));
    assert_eq!(effects[1], Effect::NotStarted(NotStarted::SimChanged));
    assert_eq!(bed.answer(Answer::Success), []);
}

#[test]
fn a_restart_voids_a_running_check() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    let effects = bed.send(Event::Restarted(Restart::Service));
    assert!(matches!(effects[0], Effect::AbandonCheck(_)));
    assert_eq!(bed.answer(Answer::Success), []);
}

//! Enabled, and when settings take effect.

use super::bed::{Bed, applied, entitled, joins, settings};
use crate::message::Occasion;
use crate::service::{
    ConfigurationFault, Effect, Event, NotStarted, Restart, Screen, Stopped, Via, Wait, Waiting,
};

fn configure(ssid: &str, key: &str) -> Event {
    Event::ConfigureSharing {
        ssid: ssid.to_owned(),
        key: key.to_owned(),
    }
}

fn occasion(effects: &[Effect]) -> Option<Occasion> {
    effects.iter().find_map(|effect| match effect {
        Effect::Show(notice) => Some(notice.occasion),
        _ => None,
    })
}

#[test]
fn enabled_false_turns_the_feature_off_and_removes_the_screen() {
    for initially in [settings(&[("Enabled", "false")]), settings(&[])] {
        assert_eq!(Bed::new(initially).service.screen(), Screen::Absent);
    }
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    let effects = bed.send(applied(settings(&[("Enabled", "false")])));
    assert_eq!(effects[0], Effect::StopSharing(Stopped::Disabled));
    assert_eq!(occasion(&effects), Some(Occasion::Disabled));
    assert_eq!(effects.last(), Some(&Effect::RemoveScreen));
    assert_eq!(bed.service.screen(), Screen::Absent);
}

#[test]
fn while_enabled_is_false_configuration_and_state_cannot_be_changed() {
    for (nodes, because, expected) in [
        (
            &[][..],
            NotStarted::NotProvisioned,
            Occasion::NotProvisioned,
        ),
        (
            &[("Enabled", "false")],
            NotStarted::Disabled,
            Occasion::Disabled,
        ),
    ] {
        let mut bed = Bed::new(settings(nodes));
        let effects = bed.send(Event::UserTurnsOn);
        assert_eq!(effects[0], Effect::NotStarted(because));
        assert_eq!(occasion(&effects), Some(expected));
        assert!(!bed.service.is_sharing());
        assert_eq!(
            bed.send(configure("Phone", "12345678")),
            [Effect::NotConfigured(ConfigurationFault::NotAvailable)]
        );
    }
}

#[test]
fn enabled_false_ends_an_attempt_that_still_asks() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(Event::UserTurnsOn);
    let effects = bed.send(applied(settings(&[("Enabled", "false")])));
    assert_eq!(effects[0], Effect::NotStarted(NotStarted::Disabled));
    let effects = bed.answer(crate::service::Answer::Success);
    assert_eq!(effects, []);
    assert!(!bed.service.is_sharing());
}

#[test]
fn enabled_true_adds_the_screen_and_sharing_waits_for_the_user() {
    let mut bed = Bed::new(settings(&[]));
    let effects = bed.send(applied(entitled(&[])));
    assert_eq!(effects, [Effect::AddScreen]);
    assert_eq!(bed.service.screen(), Screen::Present);
    bed.minutes(60 * 24);
    assert!(!bed.service.is_sharing());
    bed.share();
}

#[test]
fn a_first_enabling_while_settings_is_open_needs_a_reboot() {
    let mut bed = Bed::new(settings(&[]));
    bed.send(Event::SettingsOpened);
    let waits = Effect::Waits(vec![Waiting {
        node: "Enabled",
        until: Wait::Reboot,
    }]);
    assert_eq!(bed.send(applied(entitled(&[]))), [waits]);
    assert_eq!(bed.service.screen(), Screen::AfterReboot);
    assert_eq!(
        bed.send(Event::UserTurnsOn),
        [Effect::NotStarted(NotStarted::NeedsReboot)]
    );
    bed.send(Event::SettingsClosed);
    bed.send(Event::Restarted(Restart::Service));
    assert_eq!(bed.service.screen(), Screen::AfterReboot);
    assert_eq!(
        bed.send(Event::Restarted(Restart::Device)),
        [Effect::AddScreen, Effect::TookEffect(vec!["Enabled"])]
    );
    // The second time there is a screen that Settings only has to show again.
    bed.send(applied(settings(&[("Enabled", "false")])));
    bed.send(Event::SettingsOpened);
    assert_eq!(bed.send(applied(entitled(&[]))), [Effect::AddScreen]);
}

#[test]
fn a_node_set_while_sharing_waits_until_sharing_is_stopped_and_restarted() {
    for (node, value) in [
        ("DedicatedConnections", "Other"),
        ("TetheringNAIConnection", "Other"),
        ("MaxUsers", "1"),
    ] {
        let mut bed = Bed::new(entitled(&[]));
        bed.send(Event::ConnectionAdded("Other".to_owned()));
        bed.share();
        let effects = bed.send(applied(entitled(&[(node, value)])));
        let waits = vec![Waiting {
            node,
            until: Wait::SharingRestart,
        }];
        assert_eq!(effects, [Effect::Waits(waits)]);
        assert_eq!(bed.service.enumerate().len(), 2, "{node}");
        for client in 0..2 {
            let joined = bed.send(joins(client, Via::WiFi));
            assert!(matches!(joined[..], [Effect::Admit(_)]), "{node}");
        }

        bed.send(Event::UserTurnsOff);
        let effects = bed.share();
        assert_eq!(effects.last(), Some(&Effect::TookEffect(vec![node])));
        assert_eq!(bed.service.waiting(), [], "{node}");
        if node == "MaxUsers" {
            bed.send(joins(0, Via::WiFi));
            let second = bed.send(joins(1, Via::WiFi));
            assert!(matches!(second[..], [Effect::Refuse { .. }]));
        } else {
            let names: Vec<_> = bed.service.enumerate();
            assert!(
                matches!(names[..], [only] if only.name == "Other"),
                "{node}"
            );
        }
    }
}

#[test]
fn a_node_set_back_before_sharing_starts_again_takes_no_effect() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    bed.send(applied(entitled(&[("MaxUsers", "1")])));
    bed.send(Event::UserTurnsOff);
    bed.send(applied(entitled(&[])));
    let effects = bed.share();
    let took = |one: &Effect| matches!(one, Effect::TookEffect(_));
    assert!(!effects.iter().any(took), "{effects:?}");
}

#[test]
fn peerless_timeout_waits_for_the_service_to_start_again() {
    for restart in [Restart::Service, Restart::Device] {
        let mut bed = Bed::new(entitled(&[]));
        let effects = bed.send(applied(entitled(&[("PeerlessTimeout", "1")])));
        let waits = vec![Waiting {
            node: "PeerlessTimeout",
            until: Wait::ServiceStart,
        }];
        assert_eq!(effects, [Effect::Waits(waits)]);
        bed.share();
        assert_eq!(bed.minutes(4), [], "the old time-out still counts");
        let effects = bed.send(Event::Restarted(restart));
        assert_eq!(
            effects,
            [
                Effect::StopSharing(Stopped::Restarted(restart)),
                Effect::TookEffect(vec!["PeerlessTimeout"]),
            ]
        );
        bed.share();
        assert_eq!(bed.minutes(1), [Effect::StopSharing(Stopped::NoClients)]);
    }
}

#[test]
fn public_connection_timeout_waits_for_a_reboot() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(applied(entitled(&[("PublicConnectionTimeout", "1")])));
    let waits = [Waiting {
        node: "PublicConnectionTimeout",
        until: Wait::Reboot,
    }];
    assert_eq!(bed.service.waiting(), waits);
    bed.send(Event::Restarted(Restart::Service));
    assert_eq!(bed.service.waiting(), waits);
    let effects = bed.send(Event::Restarted(Restart::Device));
    assert_eq!(
        effects,
        [Effect::TookEffect(vec!["PublicConnectionTimeout"])]
    );
    // After a reboot the connection is down until it is reported as up.
    bed.share();
    bed.send(joins(1, Via::WiFi));
    assert_eq!(bed.minutes(1), [Effect::StopSharing(Stopped::NoConnection)]);
}

#[test]
fn setting_a_node_back_ends_its_wait() {
    let mut bed = Bed::new(entitled(&[]));
    bed.send(applied(entitled(&[("PeerlessTimeout", "1")])));
    bed.send(applied(entitled(&[])));
    assert_eq!(bed.service.waiting(), []);
}

#[test]
fn sharing_is_off_after_a_reboot() {
    let mut bed = Bed::new(entitled(&[]));
    bed.share();
    bed.send(Event::Restarted(Restart::Device));
    assert!(!bed.service.is_sharing());
    assert_eq!(bed.service.screen(), Screen::Present);
}

#[test]
fn a_wifi_key_has_at_least_eight_characters() {
    let mut bed = Bed::new(entitled(&[]));
    for key in ["", "1234567", "äöüäöüß"] {
        assert_eq!(
            bed.send(configure("Phone", key)),
            [Effect::NotConfigured(ConfigurationFault::KeyTooShort)],
            "{key}"
        );
    }
    assert!(matches!(
        bed.send(configure("P", "12345678"))[..],
        [Effect::Configured { .. }]
    ));
}

#[test]
fn a_wifi_ssid_has_at_least_one_character() {
    let mut bed = Bed::new(entitled(&[]));
    assert_eq!(
        bed.send(configure("", "12345678")),
        [Effect::NotConfigured(ConfigurationFault::SsidTooShort)]
    );
    assert!(matches!(
        bed.send(configure("P", "12345678"))[..],
        [Effect::Configured { .. }]
    ));
}

//! Which of the operator's texts are shown when.

use crate::csp::{HotSpot, StringReference};
use crate::message::{Notice, Occasion};

fn settings() -> HotSpot {
    HotSpot {
        help_number: Some("611".to_owned()),
        info_link: Some("http://info.example".to_owned()),
        app_link: Some("app://MOapp".to_owned()),
        help_message: StringReference::parse("@a.dll,-101"),
        ..HotSpot::default()
    }
}

/// On which occasions this is shown.
fn occasions(shown: impl Fn(&Notice) -> bool) -> Vec<Occasion> {
    let all = Occasion::ALL.into_iter();
    all.filter(|one| shown(&Notice::new(*one, &settings())))
        .collect()
}

#[test]
fn mo_help_number_is_shown_when_the_service_fails_to_start() {
    assert_eq!(
        occasions(|notice| notice.help_number.is_some()),
        [
            Occasion::NotEntitled,
            Occasion::CheckUnavailable,
            Occasion::NoConnection,
            Occasion::NoLibrary
        ]
    );
}

#[test]
fn mo_info_link_is_shown_when_sharing_is_disabled_or_the_device_is_not_entitled() {
    assert_eq!(
        occasions(|notice| notice.info_link.is_some()),
        [
            Occasion::NotProvisioned,
            Occasion::Disabled,
            Occasion::NotEntitled,
            Occasion::NoLibrary,
            Occasion::DisabledByCheck,
            Occasion::DisabledUnanswered,
            Occasion::DisabledUnasked
        ]
    );
}

#[test]
fn mo_app_link_is_shown_when_sharing_is_not_provisioned_or_entitlement_fails() {
    assert_eq!(
        occasions(|notice| notice.app_link.is_some()),
        [
            Occasion::NotProvisioned,
            Occasion::NotEntitled,
            Occasion::CheckUnavailable,
            Occasion::NoLibrary,
            Occasion::DisabledByCheck,
            Occasion::DisabledUnanswered,
            Occasion::DisabledUnasked
        ]
    );
}

#[test]
fn mo_help_message_is_shown_when_entitlement_fails() {
    assert_eq!(
        occasions(|notice| notice.help_message.is_some()),
        [
            Occasion::NotEntitled,
            Occasion::CheckUnavailable,
            Occasion::NoLibrary,
            Occasion::DisabledByCheck,
            Occasion::DisabledUnanswered,
            Occasion::DisabledUnasked
        ]
    );
}

#[test]
fn mo_help_message_is_not_shown_without_mo_app_link() {
    let settings = HotSpot {
        app_link: None,
        ..settings()
    };
    for occasion in Occasion::ALL {
        assert_eq!(Notice::new(occasion, &settings).help_message, None);
    }
}

/// Only after FAILED has the operator turned it off.
#[test]
fn the_headline_names_the_operator_after_failed_alone() {
    for (occasion, words) in [
        (
            Occasion::DisabledByCheck,
            "turned off by your mobile operator.",
        ),
        (Occasion::DisabledUnanswered, "could not be asked"),
        (Occasion::DisabledUnasked, "has no way to ask"),
        (Occasion::NoLibrary, "has no way to ask"),
    ] {
        let lines = Notice::new(occasion, &settings()).lines(None);
        assert!(lines[0].contains(words), "{occasion:?}: {}", lines[0]);
    }
}

#[test]
fn a_message_of_several_lines_is_as_many_items() {
    let lines = Notice::new(Occasion::NotEntitled, &settings()).lines(Some("Ask us.\r\nSoon."));
    assert_eq!(lines[1..3], ["Ask us.", "Soon."]);
}

#[test]
fn the_user_can_call_the_number_for_help() {
    let lines = Notice::new(Occasion::NoConnection, &settings()).lines(None);
    assert_eq!(
        lines,
        [
            "There is no cellular connection to share.",
            "You can call 611 for help."
        ]
    );
}

#[test]
fn the_user_can_visit_the_link_for_more_information() {
    let lines = Notice::new(Occasion::NotEntitled, &settings()).lines(Some("Ask us."));
    assert_eq!(
        lines,
        [
            "Your mobile operator does not let this device share.",
            "Ask us.",
            "You can call 611 for help.",
            "Visit http://info.example for more information about how to enable Internet sharing.",
            "Open app://MOapp to subscribe to Internet sharing.",
        ]
    );
}

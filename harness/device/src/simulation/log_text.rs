//! The text of the log's entries.

use std::time::Duration;

use super::format_duration;
use super::log::Withheld;
use crate::csp::cellular::Whereabouts;
use crate::document::Counts;
use crate::document::names::count;
use crate::service::{
    Answer, ConfigurationFault, Link, NotStarted, Purpose, Refusal, Stopped, Via, Wait, Waiting,
};

pub(super) fn of_document(document: &str, applied: bool, found: Counts, changes: usize) -> String {
    let mut text = match applied {
        true => format!("sends {document}: {}", count(changes, "setting")),
        false => return format!("sends {document}, which is refused: {found}"),
    };
    if !found.is_empty() {
        text.push_str(&format!(", {found}"));
    }
    text
}

pub(super) fn of_link(connection: &str, link: Option<Link>) -> String {
    match link {
        Some(Link::Up) => format!("{connection} is up"),
        Some(Link::Down) => format!("{connection} is down"),
        Some(Link::Suspended) => {
            format!("{connection} is suspended: the device can have one active connection")
        }
        None => format!("{connection} is gone"),
    }
}

pub(super) fn of_withheld(connection: &str, because: Withheld) -> String {
    match because {
        Withheld::Disabled => format!("{connection} does not come up: it is disabled"),
        Withheld::Roaming => {
            format!("{connection} cannot be made here: its Roaming does not allow it")
        }
    }
}

pub(super) fn of_whereabouts(to: Whereabouts) -> &'static str {
    match to {
        Whereabouts::Home => "comes into the operator's own network",
        Whereabouts::Domestic => "comes into another network of the country",
        Whereabouts::Abroad => "comes into a network abroad",
    }
}

pub(super) fn of_not_found(connections: &[String], disabled: &[String]) -> String {
    let names = |names: &[String]| names.join(" and ");
    let mut parts = Vec::new();
    if !connections.is_empty() {
        parts.push(format!("finds no connection {}", names(connections)));
    }
    if !disabled.is_empty() {
        parts.push(format!("does not use {}: disabled", names(disabled)));
    }
    parts.join(", and ")
}

pub(super) fn of_too_few(wanted: Option<usize>, left: usize) -> String {
    match wanted {
        Some(wanted) if left > 0 => format!("only {left} of {wanted} were there to leave"),
        _ => "no client is connected that could leave".to_owned(),
    }
}

pub(super) fn of_configuration(fault: Option<ConfigurationFault>) -> &'static str {
    match fault {
        None => "takes the Wi-Fi network",
        Some(ConfigurationFault::NotAvailable) => {
            "does not take the Wi-Fi network: Settings has no Internet sharing screen"
        }
        Some(ConfigurationFault::KeyTooShort) => {
            "does not take the Wi-Fi network: its key needs 8 characters or more"
        }
        Some(ConfigurationFault::SsidTooShort) => {
            "does not take the Wi-Fi network: it needs a name"
        }
    }
}

pub(super) fn of_waiting(waiting: &Waiting) -> String {
    let until = match waiting.until {
        Wait::SharingRestart => "until sharing is stopped and started",
        Wait::ServiceStart => "until the service starts",
        Wait::Reboot => "until a reboot",
    };
    format!("{} {until}", waiting.node)
}

pub(super) fn of_asking(check: u64, purpose: Purpose, library: &str, scenario: &str) -> String {
    let why = match purpose {
        Purpose::Enable => "to enable",
        Purpose::Periodic => "periodic",
    };
    format!("check {check}, {why}: asks {library} ({scenario})")
}

pub(super) fn of_answer(answer: Answer, took: Duration, reason: Option<&str>) -> String {
    let name = name_of(answer);
    let took = format_duration(took);
    match reason {
        None => format!("{name} after {took}"),
        Some(reason) => format!("{name} after {took}: {reason}"),
    }
}

/// The specification's name of an answer.
pub(super) fn name_of(answer: Answer) -> &'static str {
    match answer {
        Answer::Success => "ENTITLEMENT_SUCCESS",
        Answer::Failed => "ENTITLEMENT_FAILED",
        Answer::Unavailable => "ENTITLEMENT_UNAVAILABLE",
    }
}

pub(super) fn of_not_started(because: NotStarted) -> &'static str {
    match because {
        NotStarted::NotProvisioned => "no document has set Enabled",
        NotStarted::Disabled => "Enabled is false",
        NotStarted::NeedsReboot => "its screen comes after a reboot",
        NotStarted::NotEntitled => "the device is not entitled",
        NotStarted::CheckUnavailable => "the check had no answer",
        NotStarted::NoLibrary => "EntitlementDll is missing or empty",
        NotStarted::NoConnection => "there is no connection that it may share",
        NotStarted::TurnedOff => "the user turned it off",
        NotStarted::SimChanged => "another SIM or operator",
        NotStarted::Restarted(_) => "a restart",
    }
}

pub(super) fn of_stopped(because: Stopped) -> &'static str {
    match because {
        Stopped::TurnedOff => "the user turned it off",
        Stopped::Disabled => "a document set Enabled to false",
        Stopped::NotEntitled => "the periodic check answered FAILED",
        Stopped::CheckUnavailable => "the periodic check had no answer",
        Stopped::NoLibrary => "EntitlementDll is missing or empty",
        Stopped::NoClients => "no client for PeerlessTimeout",
        Stopped::NoConnection => "no cellular connection for PublicConnectionTimeout",
        Stopped::SimChanged => "another SIM or operator",
        Stopped::Restarted(_) => "a restart",
    }
}

pub(super) fn of_refusal(because: Refusal) -> &'static str {
    match because {
        Refusal::NotSharing => "nothing is shared",
        Refusal::TooManyUsers => "MaxUsers are connected",
        Refusal::TooManyBluetoothUsers => "MaxBluetoothUsers are connected",
    }
}

pub(super) fn of_via(via: Via) -> &'static str {
    match via {
        Via::WiFi => "Wi-Fi",
        Via::Bluetooth => "Bluetooth",
    }
}

//! What the service asks its driver to do.

use serde::{Deserialize, Serialize};

use super::{CheckId, Client, Moment, Purpose, Refusal, Restart};
use crate::message::{Notice, Occasion};

/// One instruction to the driver. They are carried out in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Load this library in a process of its own, call `IsEntitled` once, and
    /// send [`Event::CheckAnswered`](super::Event::CheckAnswered).
    AskPlugin {
        /// The check's number, which the answer repeats.
        check: CheckId,
        /// `EntitlementDll` as it is set now.
        library: String,
        /// Why it is asked.
        purpose: Purpose,
        /// When the service stops waiting.
        until: Moment,
    },
    /// The answer of this check is no longer wanted; its process can be killed.
    AbandonCheck(CheckId),
    /// An attempt to enable ended without sharing.
    NotStarted(NotStarted),
    StartSharing {
        /// Their names; they exist and the mapping policy allows them.
        over: Vec<String>,
    },
    /// Stop sharing and disconnect every client.
    StopSharing(Stopped),
    /// Suspend these connections: the device can have one active data connection.
    Suspend(Vec<String>),
    /// Bring these connections back.
    Resume(Vec<String>),
    /// Admit the client.
    Admit(Client),
    /// Refuse the client.
    Refuse { client: Client, because: Refusal },
    /// Disconnect a client that was admitted.
    Disconnect { client: Client, because: Refusal },
    /// Show this message to the user.
    Show(Notice),
    /// Add the Internet sharing screen to Settings.
    AddScreen,
    /// Remove the Internet sharing screen from Settings.
    RemoveScreen,
    /// Use this Wi-Fi network from now on.
    Configured { ssid: String, key: String },
    /// The Wi-Fi network is not accepted.
    NotConfigured(ConfigurationFault),
    /// These changes are stored and not in effect yet.
    Waits(Vec<Waiting>),
    /// What these nodes waited for has happened.
    TookEffect(Vec<&'static str>),
    /// Send [`Event::Woken`](super::Event::Woken) then, at the latest. It replaces
    /// the wake requested before.
    WakeAt(Moment),
    /// Cancel the wake requested before.
    NoWake,
}

/// Why an attempt to enable ended without sharing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotStarted {
    /// No document has set `Enabled` yet.
    NotProvisioned,
    /// `Enabled` is false.
    Disabled,
    /// The screen comes after a reboot.
    NeedsReboot,
    /// The plugin answered FAILED.
    NotEntitled,
    /// The plugin answered UNAVAILABLE or did not answer.
    CheckUnavailable,
    /// `EntitlementDll` is missing or empty.
    NoLibrary,
    /// None of the mapped connections exists.
    NoConnection,
    /// The user turned it off before it was on.
    TurnedOff,
    /// Another SIM or operator.
    SimChanged,
    /// The service or the device restarted.
    Restarted(Restart),
}

impl NotStarted {
    /// The message for the user; none if the user caused it or the operator has
    /// no text for it.
    pub fn occasion(self) -> Option<Occasion> {
        match self {
            Self::NotProvisioned => Some(Occasion::NotProvisioned),
            Self::Disabled => Some(Occasion::Disabled),
            Self::NotEntitled => Some(Occasion::NotEntitled),
            Self::NoLibrary => Some(Occasion::NoLibrary),
            Self::CheckUnavailable => Some(Occasion::CheckUnavailable),
            Self::NoConnection => Some(Occasion::NoConnection),
            Self::NeedsReboot | Self::TurnedOff | Self::SimChanged | Self::Restarted(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// The user turned it off.
    TurnedOff,
    /// A document set `Enabled` to false.
    Disabled,
    /// A periodic check answered FAILED.
    NotEntitled,
    /// A periodic check answered UNAVAILABLE or did not answer.
    CheckUnavailable,
    /// `EntitlementDll` was missing or empty at a periodic check.
    NoLibrary,
    /// No client for `PeerlessTimeout`.
    NoClients,
    /// No cellular connection for `PublicConnectionTimeout`.
    NoConnection,
    /// Another SIM or operator.
    SimChanged,
    /// The service or the device restarted.
    Restarted(Restart),
}

impl Stopped {
    /// The message for the user; none where the operator is not involved.
    pub fn occasion(self) -> Option<Occasion> {
        match self {
            Self::Disabled => Some(Occasion::Disabled),
            Self::NotEntitled => Some(Occasion::DisabledByCheck),
            Self::CheckUnavailable => Some(Occasion::DisabledUnanswered),
            Self::NoLibrary => Some(Occasion::DisabledUnasked),
            Self::TurnedOff
            | Self::NoClients
            | Self::NoConnection
            | Self::SimChanged
            | Self::Restarted(_) => None,
        }
    }
}

/// Why a Wi-Fi network cannot be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigurationFault {
    /// Internet sharing is not on the Settings screen.
    NotAvailable,
    /// The key has fewer than [`MIN_WIFI_KEY`](crate::csp::MIN_WIFI_KEY) characters.
    KeyTooShort,
    /// The name has fewer than [`MIN_WIFI_SSID`](crate::csp::MIN_WIFI_SSID) characters.
    SsidTooShort,
}

/// A stored change that is not in effect yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Waiting {
    pub node: &'static str,
    /// What it waits for.
    pub until: Wait,
}

/// What a change waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// Sharing is stopped and started again.
    SharingRestart,
    /// The service starts again, at the latest with a reboot.
    ServiceStart,
    Reboot,
}

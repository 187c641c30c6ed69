//! What the service wants done.

use serde::{Deserialize, Serialize};

use super::{CheckId, Client, Moment, Purpose, Refusal, Restart};
use crate::message::{Notice, Occasion};

/// One thing to be done by the driver, in the order given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Load this library in a process of its own, call `IsEntitled` once, and
    /// send [`Event::CheckAnswered`](super::Event::CheckAnswered).
    AskPlugin {
        /// The check, to be named in the answer.
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
        /// Their names; the mapping policy let them through and they exist.
        over: Vec<String>,
    },
    /// Stop sharing and disconnect every client.
    StopSharing(Stopped),
    /// Suspend these connections: the device can have one active data connection.
    Suspend(Vec<String>),
    /// Bring these connections back.
    Resume(Vec<String>),
    /// Let the client in.
    Admit(Client),
    /// Turn the client away.
    Refuse { client: Client, because: Refusal },
    /// Disconnect a client that was let in.
    Disconnect { client: Client, because: Refusal },
    /// Show this message to the user.
    Show(Notice),
    /// Add the Internet sharing screen to Settings.
    AddScreen,
    /// Remove the Internet sharing screen from Settings.
    RemoveScreen,
    /// Use this Wi-Fi network from now on.
    Configured { ssid: String, key: String },
    /// The Wi-Fi network is not taken.
    NotConfigured(ConfigurationFault),
    /// These changes are stored and not in effect yet.
    Waits(Vec<Waiting>),
    /// What these nodes waited for has happened.
    TookEffect(Vec<&'static str>),
    /// Send [`Event::Woken`](super::Event::Woken) then, at the latest. It replaces
    /// the wake asked for before.
    WakeAt(Moment),
    /// The wake asked for before is not wanted any more, and no other is.
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
    /// The plugin said FAILED.
    NotEntitled,
    /// The plugin said UNAVAILABLE or nothing.
    CheckUnavailable,
    /// `EntitlementDll` is missing or empty.
    NoLibrary,
    /// None of the mapped connections exists.
    NoConnection,
    /// The user turned it off before it was on.
    TurnedOff,
    /// Another SIM or operator.
    SimChanged,
    /// The service or the device started anew.
    Restarted(Restart),
}

impl NotStarted {
    /// What the user is told; nothing if it was the user's own doing or needs no
    /// words of the operator.
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
    /// A periodic check said FAILED.
    NotEntitled,
    /// A periodic check said UNAVAILABLE or nothing.
    CheckUnavailable,
    /// `EntitlementDll` was missing or empty at a periodic check.
    NoLibrary,
    /// No client for `PeerlessTimeout`.
    NoClients,
    /// No cellular connection for `PublicConnectionTimeout`.
    NoConnection,
    /// Another SIM or operator.
    SimChanged,
    /// The service or the device started anew.
    Restarted(Restart),
}

impl Stopped {
    /// What the user is told; nothing where the operator has no part in it.
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

/// What keeps a Wi-Fi network from being configured.
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

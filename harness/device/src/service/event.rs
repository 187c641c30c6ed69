//! What can happen to the service.

use serde::{Deserialize, Serialize};

use super::CheckId;
use crate::csp::HotSpot;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A document was applied: these are the settings as they are stored now.
    DocumentApplied(Box<HotSpot>),
    /// The user turned Internet sharing on.
    UserTurnsOn,
    /// The user turned it off.
    UserTurnsOff,
    /// The user opened Settings.
    SettingsOpened,
    /// The user closed Settings.
    SettingsClosed,
    /// The user set the name and key of the shared Wi-Fi network.
    ConfigureSharing {
        ssid: String,
        key: String,
    },
    /// A check that was asked for has its answer.
    CheckAnswered {
        /// Which one, as [`Effect::AskPlugin`](super::Effect::AskPlugin) named it.
        check: CheckId,
        /// The plugin's answer.
        answer: Answer,
    },
    /// A client wants to join.
    ClientJoins {
        client: ClientId,
        via: Via,
    },
    ClientLeaves {
        client: ClientId,
    },
    /// Connection Manager has a connection of this name now; a new one is down.
    ConnectionAdded(String),
    /// Connection Manager no longer has a connection of this name.
    ConnectionRemoved(String),
    /// The connection is up.
    ConnectionUp(String),
    /// The connection is down. One that the service suspended is not reported so.
    ConnectionDown(String),
    /// Another SIM or another operator.
    SimChanged,
    /// The device or the service restarts.
    Restarted(Restart),
    /// Lets the service act on the time that has passed. Early or needless wakes do no harm.
    Woken,
}

/// A plugin's answer, as the service counts it. A crash, an exit, a value out of range, no
/// answer in time and a library that cannot be loaded are all `Unavailable`; the
/// driver keeps the reason for the operator's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// `ENTITLEMENT_SUCCESS`.
    Success,
    /// `ENTITLEMENT_FAILED`.
    Failed,
    /// `ENTITLEMENT_UNAVAILABLE`.
    Unavailable,
}

/// A client device, by the number that the driver assigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub u32);

/// What a client is connected over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    WiFi,
    Bluetooth,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    Service,
    Device,
}

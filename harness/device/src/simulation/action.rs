//! What can happen to a device.

use std::time::Duration;

use super::server::ServerState;
use crate::csp::cellular::Whereabouts;
use crate::document::push::{Imsi, Pin};
use crate::service::{Moment, Restart, Via};

/// An action at a moment, once or repeatedly.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEvent {
    /// The first time.
    pub at: Moment,
    /// The interval at which it repeats.
    pub every: Option<Duration>,
    pub action: Action,
}
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The user turns Internet sharing on.
    TurnOn,
    /// The user turns it off.
    TurnOff,
    Join {
        count: u32,
        via: Via,
    },
    Leave {
        /// How many; those that connected first leave first.
        count: ClientCount,
        /// Only clients over this transport.
        via: Option<Via>,
    },
    /// The operator's server, or the network path to it, changes to this state.
    Server(ServerState),
    /// A connection of Connection Manager changes.
    Connection {
        name: String,
        change: LinkChange,
    },
    /// The device comes into another network.
    Roam(Whereabouts),
    Apply(ProvisioningFile),
    /// The device receives a push message, for which the user types a PIN.
    Push {
        /// The message, not the document in it.
        file: ProvisioningFile,
        /// What the user types, if anything.
        pin: Option<Pin>,
    },
    /// The device or its service restarts.
    Restart(Restart),
    /// The user inserts another SIM, with this number if it is known.
    NewSim(Option<Imsi>),
    /// The SIM changes to another operator.
    NewOperator,
    /// The user opens Settings.
    OpenSettings,
    /// The user closes Settings.
    CloseSettings,
    /// The user sets the name and key of the shared Wi-Fi network.
    Configure {
        ssid: String,
        key: String,
    },
    /// Nothing happens; the device is compared with an expectation.
    Expect(Expectation),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCount {
    All,
    Some(u32),
}

/// A change of a cellular connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkChange {
    Up,
    Down,
    /// Connection Manager no longer has it.
    Gone,
}

/// A provisioning document's bytes, with the name that messages call it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisioningFile {
    /// A file's path, as the author wrote it.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The expected state of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Whether Internet sharing is on.
    pub sharing: Option<bool>,
    /// How many clients are connected.
    pub clients: Option<usize>,
}

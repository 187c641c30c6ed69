//! What can happen to a device, as a timeline or a person says it.

use std::time::Duration;

use super::server::ServerState;
use crate::service::{Moment, Restart, Via};

/// One thing that happens, once or again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEvent {
    /// When, for the first time.
    pub at: Moment,
    /// How long it takes until it happens again.
    pub every: Option<Duration>,
    pub action: Action,
}

/// One thing that happens.
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
        /// How many; those who came first go first.
        count: ClientCount,
        /// Only those over this.
        via: Option<Via>,
    },
    /// The operator's server, and the way to it, become like this.
    Server(ServerState),
    /// A connection of Connection Manager changes.
    Connection {
        name: String,
        change: LinkChange,
    },
    Apply(ProvisioningFile),
    /// The device or its service starts anew.
    Restart(Restart),
    /// The user puts another SIM in.
    NewSim,
    /// The SIM belongs to another operator from now on.
    NewOperator,
    /// The user opens Settings.
    OpenSettings,
    /// The user closes Settings.
    CloseSettings,
    /// The user names the Wi-Fi network that is to be shared over.
    Configure {
        ssid: String,
        key: String,
    },
    /// Nothing happens; this is how things should be.
    Expect(Expectation),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCount {
    All,
    Some(u32),
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkChange {
    Up,
    Down,
    /// Connection Manager does not have it any more.
    Gone,
}

/// A document's bytes and the name they are known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisioningFile {
    /// A file's path, as it was written.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// How things should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Whether Internet sharing is on.
    pub sharing: Option<bool>,
    /// How many clients are connected.
    pub clients: Option<usize>,
}

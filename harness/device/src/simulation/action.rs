//! What can happen to a device, as a timeline or a person says it.

use crate::device::service::{Restart, Via};
use crate::world::{Link, World};

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The user turns Internet sharing on.
    TurnOn,
    /// The user turns it off.
    TurnOff,
    /// Clients come.
    Join {
        /// How many.
        count: u32,
        /// Over what.
        via: Via,
    },
    /// Clients go.
    Leave {
        /// How many; those who came first go first.
        count: Crowd,
        /// Only those over this.
        via: Option<Via>,
    },
    /// The operator's server, and the way to it, become like this.
    Server(Scenery),
    /// A connection of Connection Manager changes.
    Connection {
        /// Its name.
        name: String,
        /// How.
        change: LinkChange,
    },
    /// A document arrives.
    Apply(Paper),
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
        /// The network's name.
        ssid: String,
        /// Its key.
        key: String,
    },
    /// Nothing happens; this is how things should be.
    Expect(Expectation),
}

/// How many clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// Whoever is there.
    All,
    /// That many.
    Some(u32),
}

/// A world and the name that it was asked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenery {
    /// Such as `allow` or `http/500`.
    pub name: String,
    /// What the plugin meets.
    pub world: World,
}

impl Scenery {
    /// The world of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        let world = crate::rules::world_named(name)?;
        Some(Self {
            name: name.to_owned(),
            world,
        })
    }

    /// The same while no connection of the device is up.
    #[must_use]
    pub fn without_connection(&self) -> Self {
        Self {
            name: "no connection is up".to_owned(),
            world: World {
                link: Link::Down,
                ..self.world
            },
        }
    }

    /// The names that there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let rules = crate::rules::all().map(|rule| rule.id);
        let shown = rules.filter(|id| crate::rules::world_named(id).is_some());
        ["allow", "deny"].into_iter().chain(shown)
    }
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// It is connected.
    Up,
    /// It is not.
    Down,
    /// Connection Manager does not have it any more.
    Gone,
}

/// A document's bytes and the name they are known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// A file's path, as it was written.
    pub name: String,
    /// What it holds.
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

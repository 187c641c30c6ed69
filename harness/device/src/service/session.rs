//! One sharing session, from its start to its end.

use super::clients::Clients;
use super::{Connection, Link, Mapping, Moment};
use crate::csp::{HotSpot, hotspot};

/// The settings that a session reads at its start and keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Terms {
    pub(super) mapping: Mapping,
    pub(super) max_users: usize,
}

impl Terms {
    /// The terms of a session that starts now.
    pub(super) fn new(settings: &HotSpot) -> Self {
        Self {
            mapping: Mapping::new(settings),
            max_users: usize::from(settings.max_users),
        }
    }

    /// The nodes whose settings differ from these terms.
    pub(super) fn other_than(&self, settings: &HotSpot) -> Vec<&'static str> {
        let (dedicated, nai) = match &self.mapping {
            Mapping::Any { .. } => (&[][..], None),
            Mapping::Named { dedicated, nai } => (&dedicated[..], nai.as_ref()),
        };
        let nodes = [
            (
                settings.dedicated != dedicated,
                hotspot::DEDICATED_CONNECTIONS,
            ),
            (
                settings.tethering_nai.as_ref() != nai,
                hotspot::TETHERING_NAI_CONNECTION,
            ),
            (
                usize::from(settings.max_users) != self.max_users,
                hotspot::MAX_USERS,
            ),
        ];
        let other = nodes.into_iter().filter(|(other, _)| *other);
        other.map(|(_, node)| node).collect()
    }
}

/// The state of a session: the settings read at its start, its clients and its
/// time-outs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    /// DedicatedConnections, TetheringNAIConnection and MaxUsers as they were at
    /// the start.
    pub(super) terms: Terms,
    /// Whether only the connection with the tethering identity is shared, and
    /// all others are suspended.
    pub(super) exclusive: bool,
    /// Whether the plugin allowed it and is asked periodically.
    pub(super) checked: bool,
    pub(super) clients: Clients,
    /// When to ask again; nothing while a check runs.
    pub(super) check_due: Option<Moment>,
    /// When to end because no client is connected.
    pub(super) peerless: Option<Moment>,
    /// When to end because no public connection is up.
    pub(super) unconnected: Option<Moment>,
}

impl Session {
    /// Whether this connection is one that is shared.
    pub(super) fn shares(&self, name: &str) -> bool {
        if self.exclusive {
            self.terms.mapping.is_nai(name)
        } else {
            self.terms.mapping.maps(name)
        }
    }

    /// Whether one of the shared connections is up.
    pub(super) fn is_connected(&self, connections: &[Connection]) -> bool {
        connections
            .iter()
            .any(|one| one.link == Link::Up && self.shares(&one.name))
    }
}

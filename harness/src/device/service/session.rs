//! One time of sharing, from its start to its end.

use super::clients::Clients;
use super::{Connection, Link, Mapping, Moment};

/// What holds while sharing: the settings that were taken at its start, its
/// clients and its time-outs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    /// The policy as it was at the start.
    pub(super) mapping: Mapping,
    /// Whether only the connection with the tethering identity is shared, and
    /// all others are suspended.
    pub(super) exclusive: bool,
    /// MaxUsers as it was at the start.
    pub(super) max_users: usize,
    /// Whether the plugin let it start and is asked again.
    pub(super) checked: bool,
    pub(super) clients: Clients,
    /// When to ask again; nothing while a check runs.
    pub(super) check_due: Option<Moment>,
    /// When to end for want of clients.
    pub(super) peerless: Option<Moment>,
    /// When to end for want of a public connection.
    pub(super) unconnected: Option<Moment>,
}

impl Session {
    /// Whether this connection is one that is shared.
    pub(super) fn shares(&self, name: &str) -> bool {
        if self.exclusive {
            self.mapping.is_nai(name)
        } else {
            self.mapping.maps(name)
        }
    }

    /// Whether one of the shared connections is up.
    pub(super) fn is_connected(&self, connections: &[Connection]) -> bool {
        connections
            .iter()
            .any(|one| one.link == Link::Up && self.shares(&one.name))
    }
}

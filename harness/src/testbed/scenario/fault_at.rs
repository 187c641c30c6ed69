//! Where in a check a fault is.

use serde::{Deserialize, Serialize};

/// Which requests and connections of a check a scenario's fault is for. Where a profile has one step, all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultAt {
    /// The response is for the deciding step; the requests before it get their allow responses. TLS behaves so on all
    /// connections.
    #[default]
    Question,
    /// The response is for this step, counted from 0, before the deciding one. All other steps get their allow responses.
    /// TLS behaves so on connections that begin when the steps before it have been answered and it has not.
    Earlier(u8),
    /// TLS behaves so on connections that begin after a step before the deciding one was answered.
    LaterConnections,
}

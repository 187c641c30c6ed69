//! The operator's profile.

use std::time::Duration;

use crate::testbed::protocol::Protocol;
use crate::testbed::servers::Ports;

/// The operator's side of an examination: the protocol and the ports of its server, and how long
/// a call may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The allow and deny responses.
    pub protocol: Protocol,
    /// Whether no one named the protocol, so that it is the default one and may not be the plugin's.
    pub assumed: bool,
    /// The ports of the operator's server.
    pub ports: Ports,
    /// The longest that a call may take.
    pub deadline: Duration,
    /// How long the repeated calls and rounds of one run may take.
    pub budget: Duration,
}

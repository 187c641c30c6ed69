//! What the test bed has to know of the operator whose server the plugin asks.

use std::time::Duration;

use crate::testbed::protocol::Protocol;
use crate::testbed::servers::Ports;

/// The operator's side of an examination: what its server says, on which ports,
/// and how long a call may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The allow and deny responses.
    pub protocol: Protocol,
    /// The ports on which the operator's server is expected.
    pub ports: Ports,
    /// The longest that a call may take.
    pub deadline: Duration,
}

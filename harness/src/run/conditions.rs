//! The conditions of an examination.

use std::sync::Arc;
use std::time::Duration;

use crate::profile::Profile;
use crate::testbed::mask::Masking;
use crate::testbed::servers::{Ports, ServerOptions};

/// The operator's side of an examination, and how long things may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// What the operator's server is asked, and what it responds.
    pub profile: Arc<Profile>,
    /// Whether no one named the profile, so that it is the default one and may not be the plugin's.
    pub assumed: bool,
    /// The main ports of the operator's server.
    pub ports: Ports,
    /// The longest that a call may take.
    pub deadline: Duration,
    /// What the servers do besides what the profile says.
    pub options: ServerOptions,
    /// How long the repeated calls and rounds of one run may take.
    pub budget: Duration,
}

impl Conditions {
    /// What transcripts and reports hide.
    pub fn masking(&self) -> Masking {
        Masking::new(&self.profile.masked, self.options.reveal)
    }
}

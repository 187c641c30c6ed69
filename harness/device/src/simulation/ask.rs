//! The interface through which entitlement checks are answered: by a real plugin,
//! a script or a test.

use std::time::Duration;

use super::format_duration;
use super::server::ServerState;
use crate::service::{Answer, CheckId, Moment, Purpose};

/// A check to be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub check: CheckId,
    /// When it starts.
    pub at: Moment,
    /// `EntitlementDll`.
    pub library: String,
    pub purpose: Purpose,
    /// The operator's server at that moment.
    pub server: ServerState,
    /// Whether any connection of the device is up; without one no server can be
    /// reached.
    pub connected: bool,
}

impl Question {
    /// The name of what the plugin meets: the server's state, if a connection is up.
    pub fn scenario_name(&self) -> &str {
        if self.connected {
            &self.server.name
        } else {
            "no connection is up"
        }
    }
}

/// Answers the service's checks.
pub trait Ask {
    /// The answer to a check.
    ///
    /// # Errors
    /// The check cannot be made, so that there is no answer, not even UNAVAILABLE.
    fn ask(&mut self, question: &Question) -> Result<CheckOutcome, AskError>;
}

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckOutcome {
    /// The answer that counts for the service.
    pub answer: Answer,
    /// How long the call took.
    pub took: Duration,
    /// Why the answer is not what the plugin returned.
    pub reason: Option<String>,
}

impl Default for CheckOutcome {
    /// SUCCESS, immediately.
    fn default() -> Self {
        Self {
            answer: Answer::Success,
            took: Duration::ZERO,
            reason: None,
        }
    }
}

impl CheckOutcome {
    /// UNAVAILABLE, because there was no answer within the limit.
    pub fn late(limit: Duration) -> Self {
        let reason = format!("no answer within {}", format_duration(limit));
        Self::unavailable(limit, reason)
    }

    /// UNAVAILABLE, for this reason.
    pub fn unavailable(took: Duration, reason: String) -> Self {
        Self {
            answer: Answer::Unavailable,
            took,
            reason: Some(reason),
        }
    }
}

/// Why a check cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No plugin is configured for this library.
    #[error("the service asks {0}, and there is no plugin that answers")]
    NoPlugin(String),
    /// This state of the server cannot be reproduced on this machine.
    #[error("the scenario `{scenario}` cannot be reproduced here: {reason}")]
    Unsupported { scenario: String, reason: String },
    /// The implementation of [`Ask`] failed.
    #[error("{0}")]
    Failed(String),
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
}

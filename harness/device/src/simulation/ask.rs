//! The question whether the device is entitled, and the seam through which it
//! is answered: by a real plugin, by a script, by a test.

use std::time::Duration;

use super::format_duration;
use super::server::ServerState;
use crate::service::{Answer, CheckId, Moment, Purpose};

/// A check that somebody has to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub check: CheckId,
    /// When it is asked.
    pub at: Moment,
    /// `EntitlementDll`.
    pub library: String,
    pub purpose: Purpose,
    /// The operator's server at that moment.
    pub server: ServerState,
    /// Whether any connection of the device is up; without one there is no way
    /// to any server.
    pub connected: bool,
}

impl Question {
    /// What the plugin meets, by name: the server's state, if there is a way to it.
    pub fn scenario_name(&self) -> &str {
        if self.connected {
            &self.server.name
        } else {
            "no connection is up"
        }
    }
}

/// Whoever answers the service's checks.
pub trait Ask {
    /// The answer to a check.
    ///
    /// # Errors
    /// There can be no answer, not even UNAVAILABLE.
    fn ask(&mut self, question: &Question) -> Result<CheckOutcome, AskError>;
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckOutcome {
    /// What it comes to.
    pub answer: Answer,
    /// How long it took.
    pub took: Duration,
    /// Why it is not what the plugin itself returned.
    pub reason: Option<String>,
}

impl Default for CheckOutcome {
    /// A yes, at once.
    fn default() -> Self {
        Self {
            answer: Answer::Success,
            took: Duration::ZERO,
            reason: None,
        }
    }
}

impl CheckOutcome {
    /// What it comes to when nothing came for so long.
    pub fn late(limit: Duration) -> Self {
        let reason = format!("no answer within {}", format_duration(limit));
        Self::unavailable(limit, reason)
    }

    /// What it comes to when there is no answer, or none that counts.
    pub fn unavailable(took: Duration, reason: String) -> Self {
        Self {
            answer: Answer::Unavailable,
            took,
            reason: Some(reason),
        }
    }
}

/// Why nobody can be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It was not said where the plugin is.
    #[error("the service asks {0} and nobody answers")]
    NoPlugin(String),
    /// This state of the server cannot be shown here.
    #[error("the scenario `{scenario}` cannot be shown here: {reason}")]
    Unsupported { scenario: String, reason: String },
    /// Whoever should answer could not do its work.
    #[error("{0}")]
    Failed(String),
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
}

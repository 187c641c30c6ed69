//! The result of a judge, and the preconditions that judges share.

use super::fault::why_no_request;
use super::rule::Level;
use crate::run::{RunRecord, UNAVAILABLE};

/// What was seen, if the rule passed; otherwise why it did not.
pub type Judgement = Result<String, NotPassed>;

/// Why a rule did not pass.
#[derive(Clone, Debug, PartialEq)]
pub enum NotPassed {
    /// The plugin breaks the rule.
    Failed {
        /// The level of the failure, if it is lower than the rule's own.
        level: Option<Level>,
        /// What was seen instead of what was expected.
        seen: String,
        /// The rule whose run showed it, for a rule that judges all runs.
        run: Option<&'static str>,
    },
    /// The rule could not be examined, for this reason. This is never a pass.
    Skipped(String),
    /// The rule is about something that this plugin does not do, for this reason. It does not have to be examined.
    NotApplicable(String),
}

impl NotPassed {
    /// Failed at the rule's own level.
    pub(crate) fn failed(seen: impl Into<String>) -> Self {
        Self::Failed {
            level: None,
            seen: seen.into(),
            run: None,
        }
    }

    /// Failed, but only at the level of a `should`.
    pub(crate) fn failed_should(seen: impl Into<String>) -> Self {
        Self::Failed {
            level: Some(Level::Should),
            seen: seen.into(),
            run: None,
        }
    }

    /// Failed in the run that was made for the rule `run`.
    pub(crate) fn failed_in(run: &'static str, seen: &str) -> Self {
        Self::Failed {
            level: None,
            seen: format!("in the scenario of {run}: {seen}"),
            run: Some(run),
        }
    }

    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped(reason.into())
    }

    pub(crate) fn not_applicable(reason: impl Into<String>) -> Self {
        Self::NotApplicable(reason.into())
    }
}

/// The preconditions of judges.
impl RunRecord {
    /// Fails the rule unless the process survived until the last call had returned.
    pub(super) fn calls_returned(&self) -> Result<(), NotPassed> {
        self.early_end_before_last_call()
            .map_or(Ok(()), |end| Err(NotPassed::failed(end)))
    }

    /// Skips the rule unless the process survived until the last call had returned, where another
    /// rule judges an early end.
    pub(super) fn calls_returned_else_skip(&self) -> Result<(), NotPassed> {
        self.early_end_before_last_call().map_or(Ok(()), |end| {
            Err(NotPassed::skipped(format!("{end}: see host/alive")))
        })
    }

    /// Skips the rule unless the plugin could be loaded.
    pub(super) fn loaded(&self) -> Result<(), NotPassed> {
        self.load_error().map_or(Ok(()), |error| {
            Err(NotPassed::skipped(format!(
                "it does not load ({error}): see load/succeeds"
            )))
        })
    }

    /// Skips the rule if the plugin rejects the test bed's certificate, so that it cannot be given
    /// an allow response: one with compiled-in root certificates does.
    pub(super) fn trusted(&self) -> Result<(), NotPassed> {
        let refused = self.transcript.refused_handshakes() > 0 && self.transcript.requests() == 0;
        let unavailable = self.calls().all(|call| call.value == UNAVAILABLE);
        if refused && unavailable {
            return Err(NotPassed::skipped(why_no_request(self)));
        }
        Ok(())
    }
}

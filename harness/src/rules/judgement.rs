//! What a judge says of a rule, and what judges ask of a run first.

use super::fault::why_no_request;
use super::rule::Level;
use crate::run::{RunRecord, UNAVAILABLE};

/// What was seen where the rule holds, and otherwise why it cannot be said to hold.
pub type Judged = Result<String, NotHeld>;

/// Why a rule cannot be said to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum NotHeld {
    /// The rule is broken.
    Broken {
        /// How severe it is, where that is less than the rule's own level.
        level: Option<Level>,
        /// What was seen instead of what was expected.
        seen: String,
        /// The run in which it was seen, by its rule, where all runs were looked at.
        run: Option<&'static str>,
    },
    /// The rule could not be examined, and why. Never a pass.
    Skipped(String),
}

impl NotHeld {
    /// Broken, at the rule's own level.
    pub(crate) fn broken(seen: impl Into<String>) -> Self {
        Self::Broken {
            level: None,
            seen: seen.into(),
            run: None,
        }
    }

    /// Broken, but only at the level of a `should`.
    pub(crate) fn careless(seen: impl Into<String>) -> Self {
        Self::Broken {
            level: Some(Level::Should),
            seen: seen.into(),
            run: None,
        }
    }

    /// Broken in one run of all that were looked at.
    pub(crate) fn broken_in(run: &'static str, seen: &str) -> Self {
        Self::Broken {
            level: None,
            seen: format!("in the scenario of {run}: {seen}"),
            run: Some(run),
        }
    }

    /// Not examined.
    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped(reason.into())
    }
}

/// What a judge needs of a run before it can say anything else.
impl RunRecord {
    /// The process lived until the last call had returned, else the rule is broken.
    pub(super) fn calls_returned(&self) -> Result<(), NotHeld> {
        self.early_end_before_last_call()
            .map_or(Ok(()), |end| Err(NotHeld::broken(end)))
    }

    /// The same, where another rule judges an early end.
    pub(super) fn calls_returned_else_skip(&self) -> Result<(), NotHeld> {
        self.early_end_before_last_call().map_or(Ok(()), |end| {
            Err(NotHeld::skipped(format!("{end}: see host/alive")))
        })
    }

    /// The plugin could be loaded.
    pub(super) fn loaded(&self) -> Result<(), NotHeld> {
        self.load_error().map_or(Ok(()), |error| {
            Err(NotHeld::skipped(format!(
                "it does not load ({error}): see load/succeeds"
            )))
        })
    }

    /// The plugin accepts the certificate, so that it can be given an allow
    /// response. One with compiled-in roots does not.
    pub(super) fn trusted(&self) -> Result<(), NotHeld> {
        let refused = self.transcript.refused_handshakes() > 0 && self.transcript.requests() == 0;
        let unavailable = self.calls().all(|call| call.value == UNAVAILABLE);
        if refused && unavailable {
            return Err(NotHeld::skipped(why_no_request(self)));
        }
        Ok(())
    }
}

//! The result of a judge, and the preconditions that judges share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault::why_no_request;
use super::rule::Level;
use crate::run::{RunRecord, UNAVAILABLE};
use crate::testbed::transcript::Transcript;
use crate::worker::observation::End;

/// What was seen, if the rule passed; otherwise why it did not.
pub type Judgement = Result<String, NotPassed>;

/// Why a rule did not pass.
#[derive(Clone, Debug, PartialEq)]
pub enum NotPassed {
    /// The plugin breaks the rule.
    Failed(Failure),
    /// The rule could not be examined, for this reason. This is never a pass.
    Skipped(String),
    /// The rule is about something that this plugin does not do, for this reason. It does not have to be examined.
    NotApplicable(String),
    /// The profile names it as a known exception, for this reason.
    Excepted(String),
}

/// How a plugin breaks a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failure {
    /// The level of the failure, if it is lower than the rule's own.
    pub level: Option<Level>,
    /// What was seen instead of what was expected.
    pub seen: String,
    /// The rule whose run showed it, for a rule that judges all runs.
    pub run: Option<&'static str>,
    /// How to fix this failure, where the rule's own help is about another one.
    pub help: Option<&'static str>,
    /// What it means for the device, if not what the rule's group says.
    pub consequence: Option<Consequence>,
    /// The rule whose failure explains this one.
    pub cause: Option<&'static str>,
    /// Whether only the answer is wrong. A plugin that gives the same answer when nothing is wrong is then not to
    /// blame for this scenario.
    pub answer_only: bool,
    /// Whether what is wrong is that SUCCESS was not returned. A plugin that never returns it has one fault.
    pub lacks_success: bool,
}

/// What a failure means for the device, the worst first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// The device shares its connection without permission.
    Shares,
    /// The service's process ends.
    Kills,
    /// The service waits too long, or for ever.
    Hangs,
    /// Something is left behind: memory, threads, descriptors, changed settings of the process.
    Leaks,
    /// Anything else, such as a wrong denial.
    Other,
}

impl Consequence {
    /// The heading of such findings.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Shares => "shares without permission",
            Self::Kills => "ends the host's process",
            Self::Hangs => "takes too long",
            Self::Leaks => "leaves something behind",
            Self::Other => "other findings",
        }
    }
}

impl NotPassed {
    /// Failed at the rule's own level.
    pub(crate) fn failed(seen: impl Into<String>) -> Self {
        Self::Failed(Failure {
            seen: seen.into(),
            ..Failure::default()
        })
    }

    /// Failed, but only at the level of a `should`.
    pub(crate) fn failed_should(seen: impl Into<String>) -> Self {
        Self::Failed(Failure {
            level: Some(Level::Should),
            seen: seen.into(),
            ..Failure::default()
        })
    }

    /// Failed, but only as advice.
    pub(crate) fn failed_may(seen: impl Into<String>) -> Self {
        Self::Failed(Failure {
            level: Some(Level::May),
            seen: seen.into(),
            ..Failure::default()
        })
    }

    /// Failed in the run that was made for the rule `run`.
    pub(crate) fn failed_in(run: &'static str, seen: &str) -> Self {
        Self::Failed(Failure {
            seen: format!("in the scenario of {run}: {seen}"),
            run: Some(run),
            ..Failure::default()
        })
    }

    /// Failed because of the answer alone.
    pub(crate) fn wrong_answer(seen: impl Into<String>) -> Self {
        Self::failed(seen).if_answered_otherwise()
    }

    /// Failed because SUCCESS was expected and something else returned.
    pub(crate) fn no_success(seen: impl Into<String>) -> Self {
        Self::failed(seen).map(|failure| failure.lacks_success = true)
    }

    /// The same failure, which is no finding of its own if the plugin gives the same answer when nothing is wrong.
    #[must_use]
    pub(crate) fn if_answered_otherwise(self) -> Self {
        self.map(|failure| failure.answer_only = true)
    }

    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped(reason.into())
    }

    /// Skipped if entries of the transcript were left out: what was not found may be among them.
    pub(crate) fn unless_all_kept(transcript: &Transcript) -> Result<(), Self> {
        match transcript.left_out {
            0 => Ok(()),
            left_out => Err(Self::skipped(format!(
                "the plugin caused more traffic than is kept of a run: {left_out} entries of the transcript are missing"
            ))),
        }
    }

    pub(crate) fn not_applicable(reason: impl Into<String>) -> Self {
        Self::NotApplicable(reason.into())
    }

    /// The same failure with a help of its own.
    #[must_use]
    pub(crate) fn with_help(self, help: &'static str) -> Self {
        self.map(|failure| failure.help = Some(help))
    }

    /// The same failure with its meaning for the device.
    #[must_use]
    pub(crate) fn with_consequence(self, consequence: Consequence) -> Self {
        self.map(|failure| failure.consequence = Some(consequence))
    }

    /// The same failure, explained by that of another rule.
    #[must_use]
    pub(crate) fn caused_by(self, rule: &'static str) -> Self {
        self.map(|failure| failure.cause = Some(rule))
    }

    fn map(mut self, change: impl FnOnce(&mut Failure)) -> Self {
        if let Self::Failed(failure) = &mut self {
            change(failure);
        }
        self
    }
}

/// The preconditions of judges.
impl RunRecord {
    /// Fails the rule unless the process survived until the last call had returned.
    pub(super) fn calls_returned(&self) -> Result<(), NotPassed> {
        self.early_end_before_last_call()
            .map_or(Ok(()), |end| Err(self.ended_early(end)))
    }

    /// The failure of a run whose process ended early, which one of two rules judges over all runs.
    pub(super) fn ended_early(&self, seen: String) -> NotPassed {
        let hung = matches!(self.observation.end, End::Hung { .. });
        let (cause, consequence) = if hung {
            ("time/deadline", Consequence::Hangs)
        } else {
            ("host/alive", Consequence::Kills)
        };
        NotPassed::failed(seen)
            .with_consequence(consequence)
            .caused_by(cause)
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

    /// Skips the rule if the plugin cannot be given an allow response. It rejects the test bed's certificate: one with
    /// compiled-in root certificates refuses the handshake, and one that pins a key completes it and sends no request.
    /// Or it only tries ports that the test bed does not serve.
    pub(super) fn can_be_answered(&self) -> Result<(), NotPassed> {
        let transcript = &self.transcript;
        let refused = transcript.refused_handshakes() + transcript.unused_handshakes() > 0
            && transcript.requests() + transcript.fragments() == 0;
        let elsewhere = transcript.connections() == 0 && !transcript.unserved().is_empty();
        let unavailable = self.calls().all(|call| call.value == UNAVAILABLE);
        if (refused || elsewhere) && unavailable {
            return Err(NotPassed::skipped(why_no_request(self)));
        }
        Ok(())
    }

    /// Skips the rule if the plugin may speak a protocol that no one named: it received an answer of the assumed one,
    /// and takes it for no decision.
    pub(super) fn speaks_the_protocol(&self) -> Result<(), NotPassed> {
        match &self.assumed_profile {
            Some(name) if self.transcript.requests() > 0 => Err(NotPassed::skipped(format!(
                "it does not accept the allow response of {name}, which is assumed because no protocol was named; \
                 name the plugin's with --profile, and the rule fails if it is {name}"
            ))),
            _ => Ok(()),
        }
    }
}

//! Entitlement checks, of which one runs at a time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::machine::Stage;
use super::{Answer, Effect, Moment, NotStarted, Screen, Service, Stopped};

/// How long the service waits for an answer.
pub const CHECK_LIMIT: Duration = Duration::from_secs(60);

/// The number of a check, unique within one service.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct CheckId(pub u64);

/// Why a check is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The user attempts to enable sharing.
    Enable,
    /// `EntitlementInterval` has passed.
    Periodic,
}

/// The check that is running.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Check {
    pub(super) id: CheckId,
    pub(super) library: String,
    pub(super) asked: Moment,
    pub(super) until: Moment,
}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    Failed,
    Unavailable,
    NoLibrary,
}

impl Service {
    pub(super) fn turn_on(&mut self, effects: &mut Vec<Effect>) {
        if self.stage != Stage::Off {
            return;
        }
        match self.screen {
            Screen::Present => {}
            Screen::AfterReboot => return self.not_started(NotStarted::NeedsReboot, effects),
            Screen::Absent if self.stored.provisioned => {
                return self.not_started(NotStarted::Disabled, effects);
            }
            Screen::Absent => return self.not_started(NotStarted::NotProvisioned, effects),
        }
        if !self.stored.entitlement_required {
            return self.start(None, effects);
        }
        self.stage = Stage::Enabling;
        let joins = match (&self.check, &self.stored.entitlement_dll) {
            (Some(check), Some(library)) => check.library == *library,
            _ => false,
        };
        if !joins {
            self.ask(Purpose::Enable, effects);
        }
    }

    /// Asks the plugin. A check that is still running, of another library or no
    /// longer wanted, is abandoned.
    pub(super) fn ask(&mut self, purpose: Purpose, effects: &mut Vec<Effect>) {
        self.abandon_check(effects);
        let Some(library) = self.stored.entitlement_dll.clone() else {
            return self.conclude(Outcome::NoLibrary, self.now, effects);
        };
        self.last_check.0 += 1;
        let check = Check {
            id: self.last_check,
            library,
            asked: self.now,
            until: self.now.after(CHECK_LIMIT),
        };
        effects.push(Effect::AskPlugin {
            check: check.id,
            library: check.library.clone(),
            purpose,
            until: check.until,
        });
        self.check = Some(check);
    }

    pub(super) fn abandon_check(&mut self, effects: &mut Vec<Effect>) {
        effects.extend(
            self.check
                .take()
                .map(|check| Effect::AbandonCheck(check.id)),
        );
    }

    pub(super) fn take_answer(&mut self, id: CheckId, answer: Answer, effects: &mut Vec<Effect>) {
        let Some(check) = self.check.take_if(|check| check.id == id) else {
            return;
        };
        let outcome = match answer {
            Answer::Success => Outcome::Success,
            Answer::Failed => Outcome::Failed,
            Answer::Unavailable => Outcome::Unavailable,
        };
        self.conclude(outcome, check.asked, effects);
    }

    /// What a check that was asked at `asked` means for the stage it meets.
    pub(super) fn conclude(&mut self, outcome: Outcome, asked: Moment, effects: &mut Vec<Effect>) {
        match (&mut self.stage, outcome) {
            (Stage::Off, _) => {}
            (Stage::Enabling, Outcome::Success) => self.start(Some(asked), effects),
            (Stage::Enabling, Outcome::Failed) => {
                self.not_started(NotStarted::NotEntitled, effects);
            }
            (Stage::Enabling, Outcome::Unavailable) => {
                self.not_started(NotStarted::CheckUnavailable, effects);
            }
            (Stage::Enabling, Outcome::NoLibrary) => {
                self.not_started(NotStarted::NoLibrary, effects);
            }
            (Stage::Sharing(session), _) if !session.checked => {}
            (Stage::Sharing(session), Outcome::Success) => {
                let due = asked.after(self.stored.entitlement_interval);
                session.check_due = Some(due.max(self.now));
            }
            (Stage::Sharing(_), Outcome::Failed) => self.stop(Stopped::NotEntitled, effects),
            (Stage::Sharing(_), Outcome::Unavailable) => {
                self.stop(Stopped::CheckUnavailable, effects);
            }
            (Stage::Sharing(_), Outcome::NoLibrary) => self.stop(Stopped::NoLibrary, effects),
        }
    }
}

//! The service's effects, applied to the device and logged.

use super::ask::{CheckOutcome, Question};
use super::device::{Device, Observer, Wanted, answered, log_link};
use super::log::{LogEntry, Record};
use crate::csp::{StringReference, cellular};
use crate::message::{Notice, resource};
use crate::service::{CheckId, Effect, Link, Moment, NotStarted};
use crate::state::Network;

impl Device {
    pub(super) fn apply_effect(&mut self, at: Moment, effect: Effect, observer: &mut dyn Observer) {
        if let Effect::StartSharing { .. } | Effect::NotStarted(NotStarted::NoConnection) = effect {
            self.log_missing_connections(at, observer);
        }
        let record = match effect {
            Effect::WakeAt(moment) => {
                self.wake = Some(moment);
                return;
            }
            Effect::NoWake => {
                self.wake = None;
                return;
            }
            Effect::AskPlugin {
                check,
                library,
                purpose,
                until,
            } => {
                let connected = self.is_connected();
                self.wanted = Some(Wanted {
                    check,
                    asked: at,
                    until,
                });
                let question = self.question.insert(Question {
                    check,
                    at,
                    library: library.clone(),
                    purpose,
                    server: self.server.clone(),
                    connected,
                });
                let scenario = question.scenario_name().to_owned();
                Record::Asked {
                    check: check.0,
                    purpose,
                    library,
                    scenario,
                }
            }
            Effect::AbandonCheck(check) => self.abandon(at, check),
            Effect::NotStarted(because) => Record::NotStarted { because },
            Effect::StartSharing { over } => Record::Sharing { over },
            Effect::StopSharing(because) => Record::Stopped { because },
            Effect::Suspend(names) => {
                for name in names {
                    log_link(at, &name, Some(Link::Suspended), observer);
                }
                return;
            }
            Effect::Resume(names) => {
                for name in names {
                    log_link(at, &name, Some(Link::Up), observer);
                }
                return;
            }
            Effect::Admit(client) => Record::Admitted { client },
            Effect::Refuse { client, because } => Record::Refused { client, because },
            Effect::Disconnect { client, because } => Record::Disconnected { client, because },
            Effect::Show(notice) => self.message(&notice),
            Effect::AddScreen => Record::Screen { present: true },
            Effect::RemoveScreen => Record::Screen { present: false },
            Effect::Configured { ssid, key } => {
                self.state.network = Some(Network { ssid, key });
                Record::Configured { fault: None }
            }
            Effect::NotConfigured(fault) => Record::Configured { fault: Some(fault) },
            Effect::Waits(nodes) => Record::Waits { nodes },
            Effect::TookEffect(nodes) => Record::TookEffect { nodes },
        };
        observer.observe(LogEntry::new(at, record));
    }

    /// Names the connections that HotSpot wants and the service cannot use.
    fn log_missing_connections(&self, at: Moment, observer: &mut dyn Observer) {
        let missing = self.service.missing_connections();
        if missing.is_empty() {
            return;
        }
        let is_disabled = |name: &String| cellular::is_disabled(&self.state.settings, name);
        let (disabled, connections) = missing.into_iter().partition(is_disabled);
        let record = Record::NotFound {
            connections,
            disabled,
        };
        observer.observe(LogEntry::new(at, record));
    }

    fn message(&self, notice: &Notice) -> Record {
        let (text, missing) = match &notice.help_message {
            None => (None, None),
            Some(reference) => match self.help_message(reference) {
                Ok(text) => (Some(text), None),
                Err(why) => (None, Some(format!("{reference}: {why}"))),
            },
        };
        Record::Message {
            lines: notice.lines(text.as_deref()),
            missing,
        }
    }

    /// MOHelpMessage's string, from the resource library in the image.
    fn help_message(&self, reference: &StringReference) -> Result<String, String> {
        let Some(image) = &self.environment.image else {
            let found = "there is no image of the device's files";
            return Err(match self.environment.image_help {
                Some(help) => format!("{found}; {help}"),
                None => found.to_owned(),
            });
        };
        let path = image
            .find(&reference.library)
            .map_err(|error| error.to_string())?;
        let library = std::fs::read(&path).map_err(|error| error.to_string())?;
        resource::string(&library, reference.id, self.environment.language)
            .map(|found| found.text)
            .map_err(|error| error.to_string())
    }

    /// The service no longer waits for this check. If the check has timed out, that
    /// is its outcome, with the plugin's reason if it is known.
    fn abandon(&mut self, at: Moment, check: CheckId) -> Record {
        self.question.take_if(|question| question.check == check);
        let wanted = self.wanted.take_if(|wanted| wanted.check == check);
        match wanted.filter(|wanted| wanted.until <= at) {
            Some(wanted) => {
                let limit = wanted.until.since(wanted.asked);
                let late = CheckOutcome::late(limit);
                let known = self.arriving.take().and_then(|asked| asked.reason);
                let reason = known.or(late.reason);
                answered(check, CheckOutcome { reason, ..late })
            }
            None => Record::Abandoned { check: check.0 },
        }
    }
}

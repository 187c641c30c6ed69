//! Asking the plugin: the real one, in a worker, in the world of that moment.

use std::time::Duration;

use super::Scenery;
use super::device::Question;
use crate::device::service::Answer;
use crate::device::state::Image;
use crate::failure::in_full;
use crate::plugin::Plugin;
use crate::rules::{Examined, Limits, ONE_CALL, Place, answer_name};
use crate::suite::{Conduct, Room, RoomError, RunError};
use crate::worker::Cancel;
use crate::worker::observation::Observation;

/// Whoever answers the service's checks.
pub trait Ask {
    /// The answer to a check that is made in this world.
    ///
    /// # Errors
    /// There can be no answer, not even UNAVAILABLE.
    fn ask(&mut self, question: &Question, world: &Scenery) -> Result<Asked, AskError>;
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What it comes to.
    pub answer: Answer,
    /// How long it took.
    pub took: Duration,
    /// Why it is not what the plugin itself returned.
    pub reason: Option<String>,
}

impl Default for Asked {
    /// A yes, at once.
    fn default() -> Self {
        Self {
            answer: Answer::Success,
            took: Duration::ZERO,
            reason: None,
        }
    }
}

/// Why nobody can be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It was not said where the plugin is.
    #[error(
        "the service asks {0} and nobody answers: name the plugin with --plugin, the device's files with --image, or scripted answers with --answers"
    )]
    Nobody(String),
    /// This world cannot be shown here.
    #[error("the world {world} cannot be shown here: {reason}")]
    Unsupported {
        /// Its name.
        world: String,
        /// Why.
        reason: String,
    },
    /// The harness could not do its work.
    #[error("{0}")]
    Failed(String),
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
}

/// Where the library that a check names comes from.
#[derive(Clone, Debug)]
pub enum Supply {
    /// Whatever EntitlementDll says, this plugin stands for it.
    Named(Box<Plugin>),
    /// EntitlementDll is a file of the device's image.
    Image(Image),
    /// From nowhere: a check is an error.
    Nowhere,
}

/// Asks real libraries. Checks can be made from several threads, each of which
/// moves into the world's network.
pub struct Libraries<'a> {
    /// Where they are asked; nothing where nobody is to be asked.
    pub room: Option<&'a Room>,
    /// What the servers speak; the room has been opened with it.
    pub protocol: &'a str,
    /// Where they come from.
    pub supply: Supply,
    /// How long one call may take.
    pub limits: Limits,
    /// Ends a check that goes on.
    pub cancel: &'a Cancel,
}

impl Libraries<'_> {
    /// See [`Ask::ask`].
    ///
    /// # Errors
    /// There can be no answer, not even UNAVAILABLE.
    pub fn ask(&self, question: &Question, world: &Scenery) -> Result<Asked, AskError> {
        let found;
        let plugin = match &self.supply {
            Supply::Named(plugin) => plugin.as_ref(),
            Supply::Image(image) => {
                found = match find(image, &question.library) {
                    Ok(plugin) => plugin,
                    Err(reason) => return Ok(unavailable(Duration::ZERO, reason)),
                };
                &found
            }
            Supply::Nowhere => return Err(AskError::Nobody(question.library.clone())),
        };
        let Some(room) = self.room else {
            return Err(AskError::Nobody(question.library.clone()));
        };
        let copies = room
            .copies(plugin, self.protocol)
            .map_err(|error| match error {
                RoomError::Cancelled => AskError::Stopped,
                error => AskError::Failed(in_full(&error)),
            })?;
        let conduct = Conduct {
            world: world.world,
            script: ONE_CALL,
            place: Place::Usual,
        };
        match room.perform(conduct, &copies, self.limits, self.cancel) {
            Ok(observation) => Ok(judge(&observation, self.limits)),
            Err(_) if self.cancel.is_cancelled() => Err(AskError::Stopped),
            Err(RunError::Unsupported(reason)) => Err(AskError::Unsupported {
                world: world.name.clone(),
                reason,
            }),
            Err(RunError::Failed(reason)) => Err(AskError::Failed(reason)),
        }
    }
}

impl Ask for Libraries<'_> {
    fn ask(&mut self, question: &Question, world: &Scenery) -> Result<Asked, AskError> {
        Libraries::ask(self, question, world)
    }
}

fn find(image: &Image, library: &str) -> Result<Plugin, String> {
    let path = image.find(library).map_err(|error| in_full(&error))?;
    Plugin::find(&path).map_err(|error| in_full(&error))
}

fn unavailable(took: Duration, reason: String) -> Asked {
    Asked {
        answer: Answer::Unavailable,
        took,
        reason: Some(reason),
    }
}

/// What a device makes of a run: whatever is not one of the three values, or
/// ends the process, is UNAVAILABLE.
fn judge(observation: &Observation, limits: Limits) -> Asked {
    let examined = Examined {
        rule: "check",
        script: ONE_CALL,
        observation,
        limits,
    };
    let call = examined.calls().next();
    let seconds = call.map_or(observation.seconds, |call| call.seconds);
    let took = Duration::from_secs_f64(seconds.max(0.0));
    if let Some(reason) = examined.broke_off() {
        return unavailable(took, reason);
    }
    let answer = match call.map(|call| call.value) {
        Some(0) => Answer::Success,
        Some(1) => Answer::Failed,
        Some(2) => Answer::Unavailable,
        Some(other) => return unavailable(took, format!("it returned {}", answer_name(other))),
        None => {
            let reason = examined.error().unwrap_or("it was not called");
            return unavailable(took, reason.to_owned());
        }
    };
    Asked {
        answer,
        took,
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::observation::{Call, End, Output, StepReport};
    use crate::world::transcript::Transcript;

    fn observed(value: i32, end: End) -> Asked {
        let observation = Observation {
            steps: vec![StepReport {
                step: 1,
                seconds: 0.5,
                calls: vec![Call {
                    value,
                    seconds: 0.5,
                    cpu: 0.0,
                    errno_kept: true,
                }],
                snapshot: None,
                error: None,
            }],
            end,
            unfinished: 0,
            out_of_range: None,
            stdout: Output::default(),
            stderr: Output::default(),
            stray: Output::default(),
            transcript: Transcript::default(),
            seconds: 1.0,
        };
        judge(&observation, Limits { deadline: 60.0 })
    }

    #[test]
    fn three_values_are_answers_and_everything_else_is_unavailable() {
        let answers = [Answer::Success, Answer::Failed, Answer::Unavailable];
        for (value, answer) in (0..).zip(answers) {
            let asked = observed(value, End::Finished);
            assert_eq!((asked.answer, asked.reason), (answer, None));
        }
        let strange = observed(7, End::Finished);
        assert_eq!(strange.answer, Answer::Unavailable);
        assert!(strange.reason.is_some_and(|reason| reason.contains('7')));
    }

    #[test]
    fn a_yes_of_a_plugin_that_crashes_at_unloading_does_not_count() {
        let end = End::Killed {
            signal: "SIGSEGV".to_owned(),
            step: 2,
        };
        let asked = observed(0, end);
        assert_eq!(asked.answer, Answer::Unavailable);
        assert!(
            asked
                .reason
                .is_some_and(|reason| reason.contains("SIGSEGV"))
        );
    }
}

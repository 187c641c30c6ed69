//! The record of one run.

use std::time::Duration;

use crate::abi::ICS_ENTITLEMENT_RESULT;

use super::control::Control;
use crate::testbed::capture::CaptureFile;
use crate::testbed::transcript::Transcript;
use crate::worker::observation::{Call, End, Observation, Snapshot, StepReport};
use crate::worker::script::Step;

/// The record of one run: what was done, what the worker observed, and the network traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// The steps of the script that there was time for.
    pub script: Vec<Step>,
    /// How many calls of a long sequence there was no time for. Who expects something of all of them has not seen it.
    pub calls_left_out: usize,
    /// Whether the machine was too busy for short times to show something about the plugin, also in a second run.
    pub machine_was_busy: bool,
    /// The longest time that a call was allowed to take.
    pub deadline: Duration,
    /// The name of the profile that was assumed, because no one named the plugin's.
    pub assumed_profile: Option<String>,
    /// The path of the profile's deciding step, if it has one.
    pub question_path: Option<String>,
    /// What the control run showed of the plugin. Nothing is known in the control run itself.
    pub control: Control,
    /// What was observed of the plugin's process.
    pub observation: Observation,
    /// The network traffic.
    pub transcript: Transcript,
    /// The same, packet by packet, if the test bed captures traffic.
    pub capture: Option<CaptureFile>,
}

impl RunRecord {
    /// The longest time that a call was allowed to take, in seconds, as calls are measured.
    pub fn deadline_seconds(&self) -> f64 {
        self.deadline.as_secs_f64()
    }

    /// Every finished call, in order.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.observation.steps.iter().flat_map(|step| &step.calls)
    }

    /// Every snapshot that the script asks for, in order.
    pub fn snapshots(&self) -> impl Iterator<Item = &Snapshot> {
        self.observation
            .steps
            .iter()
            .filter(|step| self.script.get(step.step) == Some(&Step::Snapshot))
            .filter_map(|step| step.snapshot.as_deref())
    }

    /// Every finished step, in order.
    pub fn finished_steps(&self) -> impl Iterator<Item = (&Step, &StepReport)> {
        self.script.iter().zip(&self.observation.steps)
    }

    /// The first two snapshots, if the run reached both.
    pub fn before_and_after(&self) -> Option<(&Snapshot, &Snapshot)> {
        let mut snapshots = self.snapshots();
        Some((snapshots.next()?, snapshots.next()?))
    }

    /// The first error of a step, such as the loader's message.
    pub fn error(&self) -> Option<&str> {
        self.observation
            .steps
            .iter()
            .find_map(|step| step.error.as_deref())
    }

    /// The loader's message, if the plugin could not be loaded and so was never called.
    pub fn load_error(&self) -> Option<&str> {
        let error = self.error()?;
        let never_called = self.calls().next().is_none();
        never_called.then_some(error)
    }

    /// The step in which the process ended before the script did. The index is
    /// one past the last step if the process ended after them all.
    pub fn ended_in(&self) -> Option<usize> {
        match self.observation.end {
            End::Finished => None,
            End::Killed { step, .. }
            | End::Exited { step, .. }
            | End::Hung { step, .. }
            | End::TooManyProcesses { step, .. }
            | End::ChannelLost { step } => Some(step),
        }
    }

    /// Describes how and in which step the process ended, if it ended before the script did.
    pub fn early_end(&self) -> Option<String> {
        let step = self.script.get(self.ended_in()?);
        let during = step.map_or_else(
            || "after the last step".to_owned(),
            |step| format!("during {step}"),
        );
        match &self.observation.end {
            End::Finished => None,
            End::Killed { signal, .. } => {
                Some(format!("the process was killed by {signal} {during}"))
            }
            End::Exited { code, .. } => {
                Some(format!("the process exited with code {code} {during}"))
            }
            End::Hung { seconds, .. } => Some(format!(
                "the process did not respond for {seconds} s {during}"
            )),
            End::TooManyProcesses { limit, .. } => Some(format!(
                "more than {limit} processes were running {during}, and it was ended"
            )),
            End::ChannelLost { .. } => Some(format!(
                "it closed, replaced or wrote to a descriptor of the host's {during}"
            )),
        }
    }

    /// Whether a plugin that is too slow, or that the machine does not run, could have caused what was observed: a call
    /// returned UNAVAILABLE or late, or not at all. Answers, crashes and leaks have other causes.
    pub fn is_of_time(&self) -> bool {
        let late = |call: &Call| call.seconds > self.deadline_seconds();
        match self.observation.end {
            End::Hung { .. } => true,
            End::Finished => self
                .calls()
                .any(|call| call.value == UNAVAILABLE || late(call)),
            End::Killed { .. }
            | End::Exited { .. }
            | End::TooManyProcesses { .. }
            | End::ChannelLost { .. } => false,
        }
    }

    /// [`RunRecord::early_end`], unless the process ended after the last call.
    pub fn early_end_before_last_call(&self) -> Option<String> {
        let rest = self.script.get(self.ended_in()?..)?;
        let calls_follow = rest
            .iter()
            .any(|step| step.calls() || matches!(step, Step::Load { .. }));
        calls_follow.then(|| self.early_end())?
    }
}

#[cfg(test)]
impl RunRecord {
    /// The record of a run without network traffic, whose calls had ten seconds.
    pub(crate) fn of(script: &[Step], observation: Observation) -> Self {
        Self {
            script: script.to_vec(),
            calls_left_out: 0,
            machine_was_busy: false,
            deadline: Duration::from_secs(10),
            assumed_profile: None,
            question_path: None,
            control: Control::default(),
            observation,
            transcript: Transcript::default(),
            capture: None,
        }
    }
}

/// `ENTITLEMENT_SUCCESS` as a worker reports it.
pub const SUCCESS: i32 = ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS as i32;
/// `ENTITLEMENT_FAILED` as a worker reports it.
pub const FAILED: i32 = ICS_ENTITLEMENT_RESULT::ENTITLEMENT_FAILED as i32;
/// `ENTITLEMENT_UNAVAILABLE` as a worker reports it.
pub const UNAVAILABLE: i32 = ICS_ENTITLEMENT_RESULT::ENTITLEMENT_UNAVAILABLE as i32;

/// The name of a returned value, or its number if it is not one of the three.
pub fn answer_name(value: i32) -> String {
    match value {
        SUCCESS => "ENTITLEMENT_SUCCESS".to_owned(),
        FAILED => "ENTITLEMENT_FAILED".to_owned(),
        UNAVAILABLE => "ENTITLEMENT_UNAVAILABLE".to_owned(),
        other => format!("{other}, which is not an ICS_ENTITLEMENT_RESULT value"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::script::CALL;

    /// A run with one call.
    fn run(value: i32, seconds: f64, end: End) -> RunRecord {
        let step = StepReport {
            seconds,
            calls: vec![Call::returning(value, seconds)],
            ..StepReport::default()
        };
        RunRecord::of(&[CALL], Observation::of_steps(vec![step], end))
    }

    #[test]
    fn no_answer_and_a_late_one_may_be_of_time_and_others_and_crashes_are_not() {
        assert!(run(UNAVAILABLE, 1.0, End::Finished).is_of_time());
        assert!(run(SUCCESS, 11.0, End::Finished).is_of_time());
        assert!(
            run(
                SUCCESS,
                1.0,
                End::Hung {
                    seconds: 10,
                    step: 1
                }
            )
            .is_of_time()
        );
        assert!(!run(SUCCESS, 1.0, End::Finished).is_of_time());
        assert!(!run(FAILED, 1.0, End::Finished).is_of_time());
        let crash = End::Killed {
            signal: "SIGSEGV".to_owned(),
            step: 1,
        };
        assert!(!run(UNAVAILABLE, 1.0, crash).is_of_time());
    }
}

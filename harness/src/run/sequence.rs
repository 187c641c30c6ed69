//! Long sequences of scenarios, which end early where a plugin is slow.

use std::time::{Duration, Instant};

use crate::testbed::Scenario;
use crate::worker::ScenarioChange;
use crate::worker::observation::{End, Observation};
use crate::worker::script::Step;

/// How many changes of the scenario a script has at most that is always made in full: calls that belong together are
/// then not separated.
const ALWAYS_MADE: usize = 4;

/// The scenarios of a run's script, and the time for them.
#[derive(Debug)]
pub(super) struct Sequence {
    /// None if the script is short, or the time is longer than a clock can tell.
    end: Option<Instant>,
    made: usize,
    out_of_time: bool,
}

impl Sequence {
    /// The sequence of a script that begins now.
    pub(super) fn new(script: &[Step], budget: Duration) -> Self {
        let changes = script.iter().filter(|step| is_change(step)).count();
        let end = Instant::now().checked_add(budget);
        Self {
            end: end.filter(|_| changes > ALWAYS_MADE),
            made: 0,
            out_of_time: false,
        }
    }

    /// Makes the next change, if there is time for it.
    pub(super) fn change(
        &mut self,
        scenario: Scenario,
        change: impl FnOnce(Scenario) -> Result<(), String>,
    ) -> Result<ScenarioChange, String> {
        self.out_of_time |= self.made > 0 && self.end.is_some_and(|end| Instant::now() >= end);
        if self.out_of_time {
            return Ok(ScenarioChange::OutOfTime);
        }
        self.made += 1;
        change(scenario)?;
        Ok(ScenarioChange::Made)
    }

    /// The script without what there was no time for, and how many calls that was. The steps of the observation become
    /// those of this script.
    pub(super) fn made_of(
        &self,
        script: &[Step],
        observation: &mut Observation,
    ) -> (Vec<Step>, usize) {
        if !self.out_of_time {
            return (script.to_vec(), 0);
        }
        let mut changes = 0;
        let is_made: Vec<bool> = script
            .iter()
            .map(|step| {
                changes += usize::from(is_change(step));
                let of_sequence =
                    is_change(step) || step.calls() || matches!(step, Step::IdleWithLoad { .. });
                changes <= self.made || !of_sequence
            })
            .collect();
        let number = |step: usize| is_made.iter().take(step).filter(|made| **made).count();
        observation
            .steps
            .retain(|report| is_made.get(report.step) == Some(&true));
        for report in &mut observation.steps {
            report.step = number(report.step);
        }
        match &mut observation.end {
            End::Finished => {}
            End::Killed { step, .. }
            | End::Exited { step, .. }
            | End::Hung { step, .. }
            | End::TooManyProcesses { step, .. }
            | End::ChannelLost { step } => *step = number(*step),
        }
        let (made, left_out): (Vec<_>, Vec<_>) =
            script.iter().zip(&is_made).partition(|(_, made)| **made);
        let calls = left_out.iter().filter(|(step, _)| step.calls()).count();
        (made.into_iter().map(|(step, _)| *step).collect(), calls)
    }
}

fn is_change(step: &Step) -> bool {
    matches!(step, Step::ChangeScenario(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::observation::StepReport;
    use crate::worker::script::{CALL, LOAD, UNLOAD};

    const CHANGE: Step = Step::ChangeScenario(Scenario::DENY);

    fn script(changes: usize) -> Vec<Step> {
        let mut script = vec![LOAD];
        for _ in 0..changes {
            script.extend([CHANGE, CALL]);
        }
        script.push(UNLOAD);
        script
    }

    fn observation(steps: usize, end: End) -> Observation {
        let report = |step| StepReport {
            step,
            ..StepReport::default()
        };
        Observation::of_steps((0..steps).map(report).collect(), end)
    }

    #[test]
    fn a_short_sequence_is_made_in_full() {
        let script = script(ALWAYS_MADE);
        let mut sequence = Sequence::new(&script, Duration::ZERO);
        for _ in 0..ALWAYS_MADE {
            let change = sequence.change(Scenario::DENY, |_| Ok(()));
            assert_eq!(change, Ok(ScenarioChange::Made));
        }
        let mut observation = observation(script.len(), End::Finished);
        assert_eq!(sequence.made_of(&script, &mut observation), (script, 0));
    }

    #[test]
    fn a_long_sequence_ends_early_and_still_unloads() {
        let script = script(6);
        let mut sequence = Sequence::new(&script, Duration::ZERO);
        let mut changes = |_| sequence.change(Scenario::DENY, |_| Ok(()));
        let changes: Vec<_> = (0..6).map(&mut changes).collect();
        assert_eq!(changes[0], Ok(ScenarioChange::Made));
        assert!(
            changes[1..]
                .iter()
                .all(|change| *change == Ok(ScenarioChange::OutOfTime))
        );
        let step = script.len() - 1;
        let signal = "SIGSEGV".to_owned();
        let mut observation = observation(step, End::Killed { signal, step });
        let (made, left_out) = sequence.made_of(&script, &mut observation);
        assert_eq!(made, [LOAD, CHANGE, CALL, UNLOAD]);
        assert_eq!(left_out, 5);
        let steps: Vec<_> = observation.steps.iter().map(|report| report.step).collect();
        assert_eq!(steps, [0, 1, 2]);
        assert!(matches!(observation.end, End::Killed { step: 3, .. }));
    }
}

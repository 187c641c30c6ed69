//! Runs that call the plugin once in each of several variants of a scenario.

use super::fault::ServerResponse;
use super::judgement::{Consequence, Judgement, NotPassed};
use crate::run::{FAILED, RunRecord, SUCCESS, UNAVAILABLE, answer_name};
use crate::testbed::Scenario;
use crate::worker::script::Step;

/// Judges a run that calls the plugin once in each of several variants of a fault. Every answer but UNAVAILABLE is
/// judged as in [`judge`](super::fault::judge), and the variant is named.
pub(super) fn judge(record: &RunRecord, response: ServerResponse) -> Judgement {
    ended_early(record)?;
    record.loaded()?;
    let mut should = None;
    let mut longest: f64 = 0.0;
    for (step, report) in record.observation.steps.iter().enumerate() {
        let scenario = scenario_before(record, step);
        let phase = phase_of(record, step);
        for call in &report.calls {
            let seen = answer_name(call.value);
            // Without a request the plugin has not met the fault.
            if record.transcript.requests_in(phase) == 0 {
                record.can_be_answered()?;
                let reason = format!("{seen} without a request: see answer/asks-server");
                return Err(NotPassed::skipped(name(&reason, scenario)));
            }
            if call.seconds > record.deadline_seconds() {
                return Err(late(call.value, call.seconds, scenario));
            }
            match call.value {
                UNAVAILABLE => {}
                FAILED if response == ServerResponse::Damaged => {
                    let denied = format!("{seen}, although the server sent no deny response");
                    should.get_or_insert_with(|| name(&denied, scenario));
                }
                SUCCESS => {
                    let shared =
                        format!("{seen}: the device would share its connection without permission");
                    return Err(NotPassed::wrong_answer(name(&shared, scenario))
                        .with_consequence(Consequence::Shares));
                }
                _ => return Err(NotPassed::wrong_answer(name(&seen, scenario))),
            }
            longest = longest.max(call.seconds);
        }
    }
    match (should, record.calls().count()) {
        (Some(seen), _) => Err(NotPassed::failed_should(seen).if_answered_otherwise()),
        (None, 0) => Err(NotPassed::skipped("no call was made")),
        (None, 1) => Ok(format!("ENTITLEMENT_UNAVAILABLE after {longest:.3} s")),
        (None, calls) => Ok(format!(
            "{calls} variants, each ENTITLEMENT_UNAVAILABLE after at most {longest:.3} s"
        )),
    }
}

/// Fails the rule, and names the variant, unless the process survived until the last call had returned.
pub(super) fn ended_early(record: &RunRecord) -> Result<(), NotPassed> {
    let Some(end) = record.early_end_before_last_call() else {
        return Ok(());
    };
    let scenario = record
        .ended_in()
        .and_then(|step| scenario_before(record, step));
    Err(record.ended_early(name(&end, scenario)))
}

/// A call that returned after the deadline.
pub(super) fn late(value: i32, seconds: f64, scenario: Option<&Scenario>) -> NotPassed {
    let seen = format!("{} only after {seconds:.2} s", answer_name(value));
    NotPassed::failed(name(&seen, scenario))
        .with_consequence(Consequence::Hangs)
        .caused_by("time/deadline")
}

/// The scenario that a step of the script was made in, unless it is the first of the run.
pub(super) fn scenario_before(record: &RunRecord, step: usize) -> Option<&Scenario> {
    let steps = record.script.get(..step)?;
    steps.iter().rev().find_map(|step| match step {
        Step::ChangeScenario(scenario) => Some(scenario),
        _ => None,
    })
}

/// How many times the scenario had been changed before a step.
pub(super) fn phase_of(record: &RunRecord, step: usize) -> usize {
    let steps = record.script.iter().take(step);
    steps
        .filter(|step| matches!(step, Step::ChangeScenario(_)))
        .count()
}

/// What was seen, and where.
pub(super) fn name(seen: &str, scenario: Option<&Scenario>) -> String {
    match scenario {
        Some(scenario) => format!("{seen}, where {scenario}"),
        None => seen.to_owned(),
    }
}

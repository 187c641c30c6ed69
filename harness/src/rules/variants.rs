//! Runs that call the plugin once in each of several variants of a scenario.

use super::fault::ServerResponse;
use super::judgement::{Consequence, Judgement, NotPassed};
use crate::run::{FAILED, RunRecord, SUCCESS, UNAVAILABLE, answer_name};
use crate::testbed::transcript::Meaning;
use crate::testbed::{Http, Scenario};
use crate::worker::script::Step;

/// Judges a run that calls the plugin once in each of several variants of a fault. Every answer but UNAVAILABLE is
/// judged as in [`judge`](super::fault::judge), and the variant is named.
pub(super) fn judge(record: &RunRecord, response: ServerResponse) -> Judgement {
    ended_early(record)?;
    record.loaded()?;
    let mut should = None;
    let mut longest: f64 = 0.0;
    let mut undamaged = 0;
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
                FAILED if was_denied(record, phase, scenario) => undamaged += 1,
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
    match (should, record.calls().count() - undamaged) {
        (Some(seen), _) => Err(NotPassed::failed_should(seen).if_answered_otherwise()),
        (None, 0) if undamaged > 0 => Err(NotPassed::skipped(
            "the profile's deny response has no part that can be wrong in this way",
        )),
        (None, 0) => Err(NotPassed::skipped("no call was made")),
        (None, 1) => Ok(format!("ENTITLEMENT_UNAVAILABLE after {longest:.3} s")),
        (None, calls) => Ok(format!(
            "{calls} variants, each ENTITLEMENT_UNAVAILABLE after at most {longest:.3} s"
        )),
    }
}

/// Whether the server sent the deny response itself. Where that is made for each request, it shows only then that it has
/// no other variant.
fn was_denied(record: &RunRecord, phase: usize, scenario: Option<&Scenario>) -> bool {
    let other_refusal = scenario.is_some_and(|other| matches!(other.http, Http::OtherRefusal(_)));
    other_refusal && record.transcript.answers_in(phase, Meaning::Deny) > 0
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testbed::content::Refusal;
    use crate::testbed::transcript::{Event, Excerpt, Transcript, TranscriptEntry};
    use crate::worker::observation::{Call, End, Observation, StepReport};
    use crate::worker::script::{CALL, LOAD, UNLOAD};

    /// A plugin that denies where the server sent what means that.
    fn denies(http: Http, meaning: Option<Meaning>) -> Judgement {
        let change = Step::ChangeScenario(Scenario {
            http,
            ..Scenario::ALLOW
        });
        let steps = (0..4).map(|step| StepReport {
            step,
            calls: match step {
                2 => vec![Call::returning(FAILED, 0.1)],
                _ => Vec::new(),
            },
            ..StepReport::default()
        });
        let observation = Observation::of_steps(steps.collect(), End::Finished);
        let request = Event::Request {
            connection: 1,
            secure: true,
            method: "GET".to_owned(),
            host: "a.example".to_owned(),
            target: "/".to_owned(),
            http_2: false,
            body: 0,
            head: Excerpt::default(),
            content: Excerpt::default(),
            digest: String::new(),
        };
        let reply = Event::Reply {
            connection: 1,
            what: String::new(),
            meaning,
            head: Excerpt::default(),
            body: Excerpt::default(),
        };
        let entries = [request, reply].map(|event| TranscriptEntry {
            at: std::time::Duration::ZERO,
            phase: 1,
            event,
            revealed: None,
        });
        let record = RunRecord {
            transcript: Transcript::of(entries.to_vec(), None),
            ..RunRecord::of(&[LOAD, change, CALL, UNLOAD], observation)
        };
        judge(&record, ServerResponse::Damaged)
    }

    #[test]
    fn a_denial_is_right_only_where_the_deny_response_stands_for_a_variant_of_it() {
        let near = Http::OtherRefusal(Refusal::NearCode);
        assert!(matches!(
            denies(near, Some(Meaning::Deny)),
            Err(NotPassed::Skipped(_))
        ));
        assert!(matches!(denies(near, None), Err(NotPassed::Failed(_))));
        // Such as the deny response of a step before the question.
        let of_a_step = denies(Http::Deny, Some(Meaning::Deny));
        assert!(matches!(of_a_step, Err(NotPassed::Failed(_))));
    }
}

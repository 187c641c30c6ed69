//! Rules that judge all runs that were made for the other rules.

use super::judgement::{Consequence, Judgement, NotPassed};
use super::rule::NamedRun;
use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::run::RunRecord;
use crate::worker::observation::End;
use crate::worker::script::{HostCondition, Step};

/// answer/in-range: no call returned anything but the three values.
pub(super) fn in_range(all: &[NamedRun<'_>]) -> Judgement {
    let mut calls = 0_usize;
    for NamedRun { rule, record } in all {
        // A call that was followed by a crash in the same step is not among the calls.
        if let Some(value) = record.observation.out_of_range {
            return Err(NotPassed::failed_in(rule, &value.to_string()));
        }
        for call in record.calls() {
            calls += 1;
            if ICS_ENTITLEMENT_RESULT::from_raw(call.value).is_none() {
                return Err(NotPassed::failed_in(rule, &call.value.to_string()));
            }
        }
    }
    counted(calls, "calls, each with one of the three values")
}

/// time/deadline: the longest call in any scenario.
pub(super) fn deadline(all: &[NamedRun<'_>]) -> Judgement {
    let hung = all
        .iter()
        .find(|run| hung(run.record) && ended_in_call(run.record));
    if let Some(NamedRun { rule, record }) = hung {
        let end = record.early_end().unwrap_or_default();
        return Err(NotPassed::failed_in(rule, &end).with_consequence(Consequence::Hangs));
    }
    let longest = all
        .iter()
        .flat_map(|run| run.record.calls().map(move |call| (call.seconds, run)))
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let Some((seconds, NamedRun { rule, record })) = longest else {
        return Err(NotPassed::skipped("no call was made"));
    };
    let limit = record.deadline_seconds();
    let seen = format!("the longest call took {seconds:.2} s; the deadline is {limit} s");
    if seconds > limit {
        return Err(NotPassed::failed_in(rule, &seen).with_consequence(Consequence::Hangs));
    }
    Ok(format!("{seen}; it was in the scenario of {rule}"))
}

/// How many requests a call may send in any case. time/total-retries is stricter where every attempt fails.
const MANY_REQUESTS: usize = 10;
/// How many times as many requests a call may send as one that is allowed, for a protocol of many steps.
const TIMES_THE_USUAL: usize = 3;

/// time/requests: no scenario made a call send request after request.
///
/// Requests are counted between changes of the scenario, and are not attributed to calls. So calls that were made at once
/// or one after the other are judged together.
pub(super) fn requests(all: &[NamedRun<'_>]) -> Judgement {
    let mut most: Option<(usize, &NamedRun<'_>)> = None;
    for run in all {
        let record = run.record;
        let calls = record.calls().count();
        // Of a run that ended in a call it is not known how many calls had begun: see host/alive and time/deadline.
        if calls == 0 || ended_while_calling(record) {
            continue;
        }
        let requests = record.transcript.requests();
        let usual = record.control.requests_for_each_call;
        let limit = MANY_REQUESTS.max(TIMES_THE_USUAL * usual);
        if requests > limit * calls {
            let noun = if calls == 1 { "call" } else { "calls" };
            let seen = format!(
                "{requests} requests in {calls} {noun}; a call that is allowed sends {usual}"
            );
            return Err(NotPassed::failed_in(run.rule, &seen).with_consequence(Consequence::Other));
        }
        let each = requests.div_ceil(calls);
        if most.is_none_or(|(other, _)| each > other) {
            most = Some((each, run));
        }
    }
    match most {
        None => Err(NotPassed::skipped("no call was made")),
        Some((0, _)) => Err(NotPassed::skipped("no request was sent to the server")),
        Some((each, run)) => Ok(format!(
            "at most {each} requests for each call, in the scenario of {}",
            run.rule
        )),
    }
}

/// host/alive: no scenario made the plugin crash, exit or abort the process in a call.
///
/// Which step the process ended in is reported by the worker, which the plugin can forge. An early end that is reported
/// as after the calls is therefore left to the rules about unloading only if one of their runs ended early as well.
pub(super) fn alive(all: &[NamedRun<'_>]) -> Judgement {
    let in_call = all
        .iter()
        .find(|run| !hung(run.record) && ended_in_call(run.record));
    let judged_elsewhere = all
        .iter()
        .any(|run| watches_after_unloading(run.record) && ended_after_calls(run.record));
    let after = all
        .iter()
        .find(|run| !judged_elsewhere && ended_after_calls(run.record));
    if let Some(NamedRun { rule, record }) = in_call.or(after) {
        let end = record.early_end().unwrap_or_default();
        return Err(NotPassed::failed_in(rule, &end).with_consequence(Consequence::Kills));
    }
    let calling = all
        .iter()
        .filter(|run| run.record.calls().next().is_some())
        .count();
    counted(calling, "runs, and the process outlived the calls of each")
}

/// host/errno: every call kept errno.
pub(super) fn errno(all: &[NamedRun<'_>]) -> Judgement {
    let mut calls = 0_usize;
    for NamedRun { rule, record } in all {
        for call in record.calls() {
            calls += 1;
            if !call.errno_kept {
                return Err(NotPassed::failed_in(rule, "a call changed errno"));
            }
        }
    }
    counted(calls, "calls kept errno")
}

/// host/quiet: nothing was printed in a run with a call. Loading alone is judged by load/quiet, and what is printed
/// before a crash by host/alive.
pub(super) fn quiet(all: &[NamedRun<'_>]) -> Judgement {
    let mut runs = 0_usize;
    for NamedRun { rule, record } in all {
        if record.calls().next().is_none() || matches!(record.observation.end, End::Killed { .. }) {
            continue;
        }
        runs += 1;
        if let Some(seen) = printed(record) {
            return Err(NotPassed::failed_in(rule, &seen));
        }
    }
    counted(runs, "runs in which nothing was printed")
}

/// Describes what the process printed, if it did.
pub(super) fn printed(record: &RunRecord) -> Option<String> {
    let observation = &record.observation;
    [
        ("standard output", &observation.stdout),
        ("standard error", &observation.stderr),
    ]
    .into_iter()
    .find(|(_, output)| output.bytes > 0)
    .map(|(name, output)| {
        let first = output.text.lines().next().unwrap_or_default();
        format!("{} bytes on {name}: {first:?}", output.bytes)
    })
}

fn hung(record: &RunRecord) -> bool {
    matches!(record.observation.end, End::Hung { .. })
}

/// Whether the process ended early after it had called, and not in a call.
fn ended_after_calls(record: &RunRecord) -> bool {
    let done = record.ended_in().and_then(|step| record.script.get(..step));
    done.is_some_and(|done| done.iter().any(only_calls)) && !ended_in_call(record)
}

/// Whether the run is made for a rule that judges how the process continues after the calls.
fn watches_after_unloading(record: &RunRecord) -> bool {
    record
        .script
        .iter()
        .any(|step| matches!(step, Step::IdleWithLoad { .. }))
}

/// Whether a step only makes calls. Rounds also load and unload, and are judged by rules of their own.
///
/// A call without threads is judged by host/no-threads.
fn only_calls(step: &Step) -> bool {
    let judged_elsewhere = matches!(
        step,
        Step::Rounds { .. }
            | Step::CallUnder {
                condition: HostCondition::NoThreads,
                ..
            }
    );
    step.calls() && !judged_elsewhere
}

/// Whether the process ended in a step that makes calls, whatever else the step does.
fn ended_while_calling(record: &RunRecord) -> bool {
    let step = record.ended_in().and_then(|step| record.script.get(step));
    step.is_some_and(Step::calls)
}

/// Whether the process ended inside a call. Loading, unloading and what follows are judged by
/// other rules.
fn ended_in_call(record: &RunRecord) -> bool {
    let step = record.ended_in().and_then(|step| record.script.get(step));
    step.is_some_and(only_calls)
}

fn counted(count: usize, what: &str) -> Judgement {
    if count == 0 {
        Err(NotPassed::skipped("no call was made"))
    } else {
        Ok(format!("{count} {what}"))
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    use crate::run::scripts::ONE_CALL;

    use crate::testbed::transcript::{Event, Excerpt, Transcript, TranscriptEntry};
    use crate::worker::observation::{Call, Observation, StepReport};
    use crate::worker::script::{CALL, LOAD, UNLOAD};

    const UNLOAD_AND_IDLE: &[Step] = &[LOAD, CALL, UNLOAD, Step::IdleWithLoad { milliseconds: 1 }];

    /// The record of a run that was killed in that step.
    fn killed(script: &[Step], step: usize) -> RunRecord {
        let end = End::Killed {
            signal: "SIGSEGV".to_owned(),
            step,
        };
        RunRecord::of(script, Observation::of_steps(Vec::new(), end))
    }

    /// The judgement on one call with so many requests, of a plugin that usually sends that many.
    fn requests_of(requests: usize, usual: usize) -> Judgement {
        let entries = (0..requests).map(|_| TranscriptEntry {
            at: std::time::Duration::ZERO,
            phase: 0,
            revealed: None,
            event: Event::Request {
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
            },
        });
        let steps = (0..3).map(|step| StepReport {
            step,
            calls: Vec::from_iter((step == 1).then(|| Call::returning(2, 0.1))),
            ..StepReport::default()
        });
        let observation = Observation::of_steps(steps.collect(), End::Finished);
        let mut record = RunRecord::of(ONE_CALL, observation);
        record.transcript = Transcript::of(entries.collect(), None);
        record.control.requests_for_each_call = usual;
        super::requests(&[NamedRun {
            rule: "http/500",
            record: &record,
        }])
    }

    #[test]
    fn many_requests_are_too_many_unless_the_protocol_has_many() {
        assert!(requests_of(10, 1).is_ok());
        assert!(matches!(requests_of(11, 1), Err(NotPassed::Failed(_))));
        assert!(requests_of(11, 4).is_ok());
        assert!(matches!(requests_of(13, 4), Err(NotPassed::Failed(_))));
        assert!(matches!(requests_of(0, 1), Err(NotPassed::Skipped(_))));
    }

    fn alive_fails(runs: &[RunRecord]) -> bool {
        let all: Vec<NamedRun<'_>> = runs
            .iter()
            .map(|record| NamedRun {
                rule: "http/500",
                record,
            })
            .collect();
        matches!(alive(&all), Err(NotPassed::Failed(_)))
    }

    #[test]
    fn a_crash_after_the_calls_fails_unless_a_rule_about_unloading_saw_it() {
        for step in 1..=ONE_CALL.len() {
            assert!(alive_fails(&[killed(ONE_CALL, step)]), "{step}");
        }
        assert!(!alive_fails(&[
            killed(ONE_CALL, 3),
            killed(UNLOAD_AND_IDLE, 2)
        ]));
        assert!(!alive_fails(&[killed(ONE_CALL, 0)]));
        assert!(alive_fails(&[
            killed(ONE_CALL, 2),
            killed(UNLOAD_AND_IDLE, 1)
        ]));
    }
}

//! Rules that look at every run that was made for the others.

use super::judgement::{Judged, NotHeld};
use super::rule::NamedRun;
use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::run::RunRecord;
use crate::worker::observation::End;
use crate::worker::script::Step;

/// answer/in-range: no call returned anything but the three values.
pub(super) fn in_range(all: &[NamedRun<'_>]) -> Judged {
    let mut calls = 0_usize;
    for NamedRun { rule, record } in all {
        // A call that was followed by a crash in the same step is not among the calls.
        if let Some(value) = record.observation.out_of_range {
            return Err(NotHeld::broken_in(rule, &value.to_string()));
        }
        for call in record.calls() {
            calls += 1;
            if ICS_ENTITLEMENT_RESULT::from_raw(call.value).is_none() {
                return Err(NotHeld::broken_in(rule, &call.value.to_string()));
            }
        }
    }
    counted(calls, "calls, each with one of the three values")
}

/// time/deadline: the longest call in any world.
pub(super) fn deadline(all: &[NamedRun<'_>]) -> Judged {
    let hung = all
        .iter()
        .find(|run| hung(run.record) && ended_in_call(run.record));
    if let Some(NamedRun { rule, record }) = hung {
        let end = record.early_end().unwrap_or_default();
        return Err(NotHeld::broken_in(rule, &end));
    }
    let longest = all
        .iter()
        .flat_map(|run| run.record.calls().map(move |call| (call.seconds, run)))
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let Some((seconds, NamedRun { rule, record })) = longest else {
        return Err(NotHeld::skipped("no call was made"));
    };
    let limit = record.deadline_seconds();
    let seen = format!("the longest call took {seconds:.2} s; the deadline is {limit} s");
    if seconds > limit {
        return Err(NotHeld::broken_in(rule, &seen));
    }
    Ok(format!("{seen}; it was in the world of {rule}"))
}

/// host/alive: no world made the plugin crash, exit or abort the process in a call.
pub(super) fn alive(all: &[NamedRun<'_>]) -> Judged {
    for NamedRun { rule, record } in all {
        if let Some(end) = record.early_end()
            && !hung(record)
            && ended_in_call(record)
        {
            return Err(NotHeld::broken_in(rule, &end));
        }
    }
    let calling = all
        .iter()
        .filter(|run| run.record.calls().next().is_some())
        .count();
    counted(calling, "runs, and the process outlived the calls of each")
}

fn hung(record: &RunRecord) -> bool {
    matches!(record.observation.end, End::Hung { .. })
}

/// Whether the process ended inside a call. Loading, unloading and what
/// follows are judged by rules of their own.
fn ended_in_call(record: &RunRecord) -> bool {
    let step = record.ended_in().and_then(|step| record.script.get(step));
    step.is_some_and(|step| step.calls() && !matches!(step, Step::Rounds { .. }))
}

fn counted(count: usize, what: &str) -> Judged {
    if count == 0 {
        Err(NotHeld::skipped("no call was made"))
    } else {
        Ok(format!("{count} {what}"))
    }
}

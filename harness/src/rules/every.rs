//! Rules that look at every run that was made for the others.

use super::rule::{Examined, Judgement};
use crate::abi::ICS_ENTITLEMENT_RESULT;
use crate::worker::script::Step;

/// answer/in-range: no call returned anything but the three values.
pub(super) fn in_range(all: &[Examined<'_>]) -> Judgement {
    let mut calls = 0_usize;
    for examined in all {
        // A call that was followed by a crash in the same step is not among the calls.
        if let Some(value) = examined.observation.out_of_range {
            return Judgement::broken_in(examined.rule, &value.to_string());
        }
        for call in examined.calls() {
            calls += 1;
            if ICS_ENTITLEMENT_RESULT::from_raw(call.value).is_none() {
                return Judgement::broken_in(examined.rule, &call.value.to_string());
            }
        }
    }
    counted(calls, "calls, each with one of the three values")
}

/// time/deadline: the longest call in any world.
pub(super) fn deadline(all: &[Examined<'_>]) -> Judgement {
    let longest = all
        .iter()
        .flat_map(|examined| examined.calls().map(|call| (call.seconds, examined.rule)))
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let hung = all.iter().find(|examined| {
        matches!(
            examined.observation.end,
            crate::worker::observation::End::Hung { .. }
        ) && during_call(examined)
    });
    if let Some(examined) = hung {
        return Judgement::broken_in(examined.rule, &examined.broke_off().unwrap_or_default());
    }
    match longest {
        None => Judgement::skipped("no call was made"),
        Some((seconds, rule)) => {
            let limit = all.first().map_or(0.0, |examined| examined.limits.deadline);
            let seen = format!("the longest call took {seconds:.2} s; the deadline is {limit} s");
            if seconds > limit {
                Judgement::broken_in(rule, &seen)
            } else {
                Judgement::holds(format!("{seen}; it was in the world of {rule}"))
            }
        }
    }
}

/// host/alive: no world made the plugin crash, exit or abort the process in a call.
pub(super) fn alive(all: &[Examined<'_>]) -> Judgement {
    for examined in all {
        let hung = matches!(
            examined.observation.end,
            crate::worker::observation::End::Hung { .. }
        );
        if let Some(words) = examined
            .broke_off()
            .filter(|_| !hung && during_call(examined))
        {
            return Judgement::broken_in(examined.rule, &words);
        }
    }
    let calling = all
        .iter()
        .filter(|examined| examined.calls().next().is_some())
        .count();
    counted(calling, "runs, and the process outlived the calls of each")
}

/// Whether the worker ended early inside a call. Loading, unloading and what
/// follows are the business of the rules of their own.
fn during_call(examined: &Examined<'_>) -> bool {
    examined
        .broke_off_at()
        .and_then(|step| examined.script.get(step))
        .is_some_and(|step| {
            matches!(
                step,
                Step::Call { .. } | Step::Together { .. } | Step::InTurn { .. }
            )
        })
}

fn counted(count: usize, what: &str) -> Judgement {
    if count == 0 {
        Judgement::skipped("no call was made")
    } else {
        Judgement::holds(format!("{count} {what}"))
    }
}

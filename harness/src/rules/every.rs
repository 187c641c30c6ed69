//! Rules that look at every run that was made for the others.

use super::rule::{Examined, FAILED, Judgement, SUCCESS, UNAVAILABLE};
use crate::worker::observation::End;
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
            if ![SUCCESS, FAILED, UNAVAILABLE].contains(&call.value) {
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
    let hung = all
        .iter()
        .find(|examined| is_hung(examined) && during_call(examined));
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
///
/// In which step it ended is the worker's own account, and so the plugin's word. An early end that is said to have
/// come after the calls is left to the rules about unloading only where one of them met it as well.
pub(super) fn alive(all: &[Examined<'_>]) -> Judgement {
    let in_call = all
        .iter()
        .find(|examined| !is_hung(examined) && during_call(examined));
    let judged_elsewhere = all
        .iter()
        .any(|examined| looks_at_what_follows(examined) && after_calls(examined));
    let after = all
        .iter()
        .find(|examined| !judged_elsewhere && after_calls(examined));
    if let Some(examined) = in_call.or(after) {
        return Judgement::broken_in(examined.rule, &examined.broke_off().unwrap_or_default());
    }
    let calling = all
        .iter()
        .filter(|examined| examined.calls().next().is_some())
        .count();
    counted(calling, "runs, and the process outlived the calls of each")
}

fn is_hung(examined: &Examined<'_>) -> bool {
    matches!(examined.observation.end, End::Hung { .. })
}

/// Whether the worker ended early inside a call. Loading, unloading and what
/// follows are the business of the rules of their own.
fn during_call(examined: &Examined<'_>) -> bool {
    examined
        .broke_off_at()
        .and_then(|step| examined.script.get(step))
        .is_some_and(only_calls)
}

/// Whether the worker ended early after it had called, and not in a call.
fn after_calls(examined: &Examined<'_>) -> bool {
    examined
        .broke_off_at()
        .and_then(|step| examined.script.get(..step))
        .is_some_and(|done| done.iter().any(only_calls))
        && !during_call(examined)
}

/// Whether the run is made for a rule that judges how the process lives on after the calls.
fn looks_at_what_follows(examined: &Examined<'_>) -> bool {
    examined
        .script
        .iter()
        .any(|step| matches!(step, Step::LiveOn { .. }))
}

/// Whether a step does nothing but call. Rounds also load and unload, and are judged by rules of their own.
fn only_calls(step: &Step) -> bool {
    matches!(
        step,
        Step::Call { .. } | Step::Together { .. } | Step::InTurn { .. }
    )
}

fn counted(count: usize, what: &str) -> Judgement {
    if count == 0 {
        Judgement::skipped("no call was made")
    } else {
        Judgement::holds(format!("{count} {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::Limits;
    use super::super::scripts::ONE_CALL;
    use super::*;
    use crate::worker::observation::{Observation, Output};
    use crate::worker::script::On;
    use crate::world::transcript::Transcript;

    const LIVES_ON: &[Step] = &[
        Step::Load { on: On::Main },
        Step::Call {
            on: On::Main,
            times: 1,
        },
        Step::Unload { on: On::Main },
        Step::LiveOn { milliseconds: 1 },
    ];

    fn killed(step: usize) -> Observation {
        Observation {
            steps: Vec::new(),
            end: End::Killed {
                signal: "SIGSEGV".to_owned(),
                step,
            },
            unfinished: 0,
            out_of_range: None,
            stdout: Output::default(),
            stderr: Output::default(),
            stray: Output::default(),
            transcript: Transcript::default(),
            seconds: 0.0,
        }
    }

    fn is_alive_broken(runs: &[(&'static [Step], &Observation)]) -> bool {
        let all: Vec<Examined<'_>> = runs
            .iter()
            .map(|(script, observation)| Examined {
                rule: "http/500",
                script,
                observation,
                limits: Limits { deadline: 10.0 },
            })
            .collect();
        matches!(alive(&all), Judgement::Broken { .. })
    }

    #[test]
    fn a_crash_after_the_calls_is_a_crash_unless_a_rule_about_unloading_met_it() {
        for step in 1..=ONE_CALL.len() {
            assert!(is_alive_broken(&[(ONE_CALL, &killed(step))]), "{step}");
        }
        let (unloading, last) = (killed(2), killed(3));
        assert!(!is_alive_broken(&[
            (ONE_CALL, &last),
            (LIVES_ON, &unloading)
        ]));
        let (loading, calling) = (killed(0), killed(1));
        assert!(!is_alive_broken(&[(ONE_CALL, &loading)]));
        assert!(is_alive_broken(&[
            (ONE_CALL, &unloading),
            (LIVES_ON, &calling)
        ]));
    }
}

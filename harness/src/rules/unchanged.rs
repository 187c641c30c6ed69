//! Compares the state of the process before and after each step of every run.
//!
//! One property is one rule. It is judged over all runs, so that it does not matter in which scenario, and in which
//! step, the plugin changes it: loading, a good call, a failing one, or unloading.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::judgement::{Judgement, NotPassed};
use super::rule::NamedRun;
use crate::run::RunRecord;
use crate::worker::observation::Snapshot;
use crate::worker::script::Step;

/// Describes what differs between two states, if anything does.
pub(super) type Difference = fn(&Snapshot, &Snapshot) -> Option<String>;

/// Which steps must leave a property as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum During {
    /// Loading, calls and unloading.
    EveryStep,
    /// Calls and unloading. What loading leaves is judged by load/quiet, unless it is still there once the library is
    /// unmapped.
    CallsAndUnloading,
    /// Loading.
    Loading,
    /// The whole run: the state after the last unloading is compared with that before the first step.
    WholeRun,
}

/// Judges that a property is the same after each step of each run as before it.
pub(super) fn judge(all: &[NamedRun<'_>], during: During, difference: Difference) -> Judgement {
    judge_steps(all, during, difference, false)
}

/// The same, where a thread that waits for a name lookup may be left with what it uses: a lookup that gets no answer
/// cannot be cancelled. The library must then stay loaded.
pub(super) fn judge_but_lookups(
    all: &[NamedRun<'_>],
    during: During,
    difference: Difference,
) -> Judgement {
    judge_steps(all, during, difference, true)
}

fn judge_steps(
    all: &[NamedRun<'_>],
    during: During,
    difference: Difference,
    but_lookups: bool,
) -> Judgement {
    let mut lookups = 0_usize;
    let mut comparisons = 0_usize;
    let mut runs = 0_usize;
    let mut unread_rounds = 0_usize;
    let mut unseen = None;
    for NamedRun { rule, record } in all {
        let mut called = false;
        for step in steps(record, during) {
            called |= step.calls || matches!(during, During::Loading | During::WholeRun);
            let (Some(before), Some(after)) = (step.before, step.after) else {
                // A library that loses a descriptor in each round leaves none to look at the process with.
                if step.rounds {
                    unread_rounds += 1;
                    continue;
                }
                unseen.get_or_insert_with(|| {
                    format!("after {} in the scenario of {rule}", step.name)
                });
                continue;
            };
            comparisons += 1;
            if let Some(seen) = difference(before, after) {
                if but_lookups && after.mapped && {
                    let (before, after) = without_lookups(before, after);
                    difference(&before, &after).is_none()
                } {
                    lookups += 1;
                    continue;
                }
                let seen = format!("after {}, {seen}", step.name);
                return Err(NotPassed::failed_in(rule, &seen));
            }
        }
        runs += usize::from(called);
    }
    if let Some(place) = unseen {
        return Err(NotPassed::skipped(format!(
            "the state of the process could not be read {place}"
        )));
    }
    if runs == 0 {
        return Err(NotPassed::skipped("no call was made"));
    }
    let mut seen = format!("the same before and after {comparisons} steps of {runs} runs");
    if lookups > 0 {
        seen += &format!(
            ", but for a name lookup without an answer that went on after {lookups} of them, with the library loaded"
        );
    }
    if unread_rounds > 0 {
        seen += "; what load/reload and load/wears-out judge was not seen";
    }
    Ok(seen)
}

/// Whether rounds of load and unload have left the library loaded, and it was not before.
fn stays_loaded(before: Option<&Snapshot>, after: Option<&Snapshot>) -> bool {
    after.is_some_and(|after| after.mapped) && before.is_some_and(|before| !before.mapped)
}

/// Both states without the threads that wait for a name server, or did so before the step, and without the sockets that
/// are connected to one.
fn without_lookups(before: &Snapshot, after: &Snapshot) -> (Snapshot, Snapshot) {
    let strip = |snapshot: &Snapshot| {
        let mut stripped = snapshot.clone();
        stripped.threads.retain(|thread| {
            !before.lookup_threads.contains(thread) && !after.lookup_threads.contains(thread)
        });
        stripped
            .descriptors
            .retain(|number, _| !snapshot.lookup_descriptors.contains(number));
        stripped
    };
    (strip(before), strip(after))
}

/// A finished step, and the state of the process before and after it.
struct ComparedStep<'a> {
    name: String,
    calls: bool,
    /// Whether it is one of many rounds, which rules of their own judge.
    rounds: bool,
    before: Option<&'a Snapshot>,
    after: Option<&'a Snapshot>,
}

/// The finished steps of a run in which the plugin's code ran.
fn steps(record: &RunRecord, during: During) -> Vec<ComparedStep<'_>> {
    let mut steps = Vec::new();
    let Some(baseline) = record.observation.baseline.as_deref() else {
        return steps;
    };
    let mut before = Some(baseline);
    let mut before_loading = Some(baseline);
    // What it holds is not what the other one left.
    let mut copy_is_loaded = false;
    for (step, report) in record.finished_steps() {
        let after = report.snapshot.as_deref();
        let compared_with = match (step, during) {
            // The library is unloaded, and cleans up, only once its lookup has ended.
            (_, During::WholeRun)
                if after.is_some_and(|after| !after.lookup_threads.is_empty()) =>
            {
                None
            }
            (Step::Unload { .. } | Step::UnloadCopy | Step::Rounds { .. }, During::WholeRun) => {
                Some(Some(baseline))
            }
            (_, During::WholeRun) => None,
            (Step::Load { .. }, During::Loading) => Some(before),
            (_, During::Loading) => None,
            (Step::Unload { .. }, During::CallsAndUnloading) if copy_is_loaded => None,
            (Step::LoadCopy, _) => (during == During::EveryStep).then_some(before),
            (Step::Load { .. }, _) => {
                before_loading = before;
                (during == During::EveryStep).then_some(before)
            }
            (Step::Unload { .. }, During::CallsAndUnloading)
                if after.is_some_and(|after| !after.mapped) =>
            {
                Some(before_loading)
            }
            // What loading did is still there: it is compared after loading.
            (Step::Rounds { .. }, During::CallsAndUnloading) if stays_loaded(before, after) => None,
            (
                Step::Unload { .. }
                | Step::JoinThread { .. }
                | Step::Call { .. }
                | Step::CallCopy
                | Step::UnloadCopy
                | Step::MeasuredCall
                | Step::CallUnder { .. }
                | Step::CallConcurrently { .. }
                | Step::CallSequentially { .. }
                | Step::Rounds { .. },
                _,
            ) => Some(before),
            // The worker itself changes the process, or nothing runs, or the rule of the run judges it.
            (
                Step::CancelledCall { .. }
                | Step::CallInFork
                | Step::CallWithClockSetBack
                | Step::SpawnThread { .. }
                | Step::LeaveZombie
                | Step::Watch
                | Step::Snapshot
                | Step::IdleWithLoad { .. }
                | Step::ChangeScenario(_),
                _,
            ) => None,
        };
        if let Some(before) = compared_with {
            steps.push(ComparedStep {
                name: step.to_string(),
                calls: step.calls(),
                rounds: matches!(step, Step::Rounds { .. }),
                before,
                after,
            });
        }
        match step {
            Step::LoadCopy => copy_is_loaded = true,
            Step::UnloadCopy => copy_is_loaded = false,
            _ => {}
        }
        if step.changes_the_process() {
            before = after;
        }
    }
    steps
}

/// Describes the items that are in `after` and not in `before`, with the words for one and for several of them.
pub(super) fn new_items(
    before: &[String],
    after: &[String],
    one: &str,
    several: &str,
) -> Option<String> {
    let new = after.iter().filter(|item| !before.contains(item));
    number_of(new, one, several)
}

/// How many items there are, and the first.
pub(super) fn number_of(
    mut items: impl Iterator<Item = impl Display>,
    one: &str,
    several: &str,
) -> Option<String> {
    let first = items.next()?;
    Some(match items.count() {
        0 => format!("1 {one}: {first}"),
        more => format!("{} {several}, the first: {first}", more + 1),
    })
}

/// Describes the first entry that was added, removed or changed.
pub(super) fn changed<K: Ord + Display>(
    before: &BTreeMap<K, String>,
    after: &BTreeMap<K, String>,
    what: &str,
) -> Option<String> {
    let added = after
        .iter()
        .find(|(key, value)| before.get(key) != Some(value));
    if let Some((key, value)) = added {
        return Some(match before.get(key) {
            Some(old) => format!("{what} {key} was {old:?}, is {value:?}"),
            None => format!("{what} {key} is new: {value:?}"),
        });
    }
    let (key, value) = before.iter().find(|(key, _)| !after.contains_key(key))?;
    Some(format!("{what} {key} is gone: it was {value:?}"))
}

pub(super) fn differs(what: &str, before: &str, after: &str) -> Option<String> {
    (before != after).then(|| format!("the {what} was {before:?}, is {after:?}"))
}

#[cfg(test)]
mod tests {

    use super::*;

    use crate::run::scripts::ONE_CALL;

    use crate::worker::observation::{End, Observation, StepReport};

    /// The record of a check in which the umask has these values: at the beginning, and after each step.
    fn check(umasks: [Option<&str>; 4], mapped_after: bool) -> RunRecord {
        let snapshot = |umask: Option<&str>, mapped| {
            umask.map(|umask| {
                Box::new(Snapshot {
                    umask: umask.to_owned(),
                    mapped,
                    ..Snapshot::default()
                })
            })
        };
        let steps = (0..3)
            .map(|step| StepReport {
                step,
                snapshot: snapshot(umasks[step + 1], step < 2 || mapped_after),
                ..StepReport::default()
            })
            .collect();
        let mut record = RunRecord::of(ONE_CALL, Observation::of_steps(steps, End::Finished));
        record.observation.baseline = snapshot(umasks[0], false);
        record
    }

    fn judged(record: &RunRecord, during: During) -> Judgement {
        let rule = "tls/expired";
        judge(&[NamedRun { rule, record }], during, |before, after| {
            differs("umask", &before.umask, &after.umask)
        })
    }

    #[test]
    fn a_change_names_the_scenario_and_the_step() {
        let changed = check([Some("22"), Some("22"), Some("0"), Some("0")], false);
        let Err(NotPassed::Failed(failure)) = judged(&changed, During::EveryStep) else {
            panic!("it was not seen");
        };
        assert_eq!(
            failure.seen,
            r#"in the scenario of tls/expired: after the call, the umask was "22", is "0""#
        );
    }

    #[test]
    fn loading_and_unloading_count_where_a_rule_says_so() {
        let at_load = check([Some("22"), Some("0"), Some("0"), Some("22")], false);
        assert!(judged(&at_load, During::EveryStep).is_err());
        assert!(judged(&at_load, During::CallsAndUnloading).is_ok());
        let stays = check([Some("22"), Some("0"), Some("0"), Some("0")], false);
        assert!(judged(&stays, During::CallsAndUnloading).is_err());
        let pinned = check([Some("22"), Some("0"), Some("0"), Some("0")], true);
        assert!(judged(&pinned, During::CallsAndUnloading).is_ok());
    }

    #[test]
    fn a_state_that_could_not_be_read_is_no_pass() {
        let unread = check([Some("22"), Some("22"), None, Some("22")], false);
        assert!(matches!(
            judged(&unread, During::EveryStep),
            Err(NotPassed::Skipped(_))
        ));
    }

    /// A judgement of the threads and descriptors after a check in which this thread and this socket were left.
    fn judged_with(thread: &str, waits: bool, mapped: bool) -> Judgement {
        let mut record = check([Some("22"); 4], mapped);
        for report in &mut record.observation.steps {
            let Some(after) = report.snapshot.as_deref_mut().filter(|_| report.step > 0) else {
                continue;
            };
            after.threads.push(thread.to_owned());
            after.descriptors.insert(7, "socket:[1]".to_owned());
            after.lookup_descriptors.insert(7);
            if waits && report.step == 1 {
                after.lookup_threads.push(thread.to_owned());
            }
        }
        let all = [NamedRun {
            rule: "dns/silent",
            record: &record,
        }];
        judge_but_lookups(&all, During::EveryStep, |before, after| {
            new_items(
                &before.threads,
                &after.threads,
                "thread left",
                "threads left",
            )
            .or_else(|| changed(&before.descriptors, &after.descriptors, "descriptor"))
        })
    }

    #[test]
    fn only_what_waits_for_a_name_server_may_stay_and_only_while_the_library_is_mapped() {
        assert!(judged_with("12 lookup", true, true).is_ok());
        assert!(judged_with("12 worker", false, true).is_err());
    }

    #[test]
    fn what_loading_does_is_judged_alone() {
        let at_load = check([Some("22"), Some("0"), Some("0"), Some("22")], false);
        assert!(judged(&at_load, During::Loading).is_err());
        let at_call = check([Some("22"), Some("22"), Some("0"), Some("22")], false);
        assert!(judged(&at_call, During::Loading).is_ok());
    }

    #[test]
    fn what_is_undone_until_unloading_does_not_count_over_the_whole_run() {
        let undone = check([Some("22"), Some("0"), Some("0"), Some("22")], false);
        assert!(judged(&undone, During::WholeRun).is_ok());
        let left = check([Some("22"), Some("22"), Some("0"), Some("0")], false);
        assert!(judged(&left, During::WholeRun).is_err());
    }
}

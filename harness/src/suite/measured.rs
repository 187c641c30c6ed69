//! What a report shows of the calls and the memory of runs.

use crate::report::{CallReport, CallTimes, Measurements, MemorySample, MemorySeries};
use crate::run::{RunRecord, answer_name};

/// The number of calls from the beginning of a run that a report keeps.
const FIRST_CALLS: usize = 40;
/// The number of calls from its end that a report keeps.
const LAST_CALLS: usize = 20;

/// The calls of a run on the time axis of its transcript; none where the system has no clock for that.
pub(super) fn calls(record: &RunRecord) -> Vec<CallReport> {
    let Some(zero) = record.transcript.began else {
        return Vec::new();
    };
    let mut calls: Vec<CallReport> = record
        .calls()
        .filter_map(|call| {
            Some(CallReport {
                at: call.began? - zero,
                seconds: call.seconds,
                answer: Some(answer_name(call.value)),
            })
        })
        .collect();
    calls.extend(unfinished(record, zero));
    // What a worker reports is the plugin's word.
    calls.retain(|call| call.at.is_finite() && call.at >= 0.0 && call.seconds.is_finite());
    if calls.len() > FIRST_CALLS + LAST_CALLS {
        calls.drain(FIRST_CALLS..calls.len() - LAST_CALLS);
    }
    calls
}

/// The call in which the process ended, or hung: from the end of the step before to the end of the process.
fn unfinished(record: &RunRecord, zero: f64) -> Option<CallReport> {
    let step = record.script.get(record.ended_in()?)?;
    let before = record.observation.steps.last()?;
    let began = before.began? + before.seconds;
    let ended = record.observation.ended?;
    step.calls().then_some(CallReport {
        at: began - zero,
        seconds: ended - began,
        answer: None,
    })
}

/// What was measured in runs with these names.
pub(super) fn measurements(runs: &[(&'static str, RunRecord)]) -> Measurements {
    let mut measurements = Measurements::default();
    for (run, record) in runs {
        let mut seconds: Vec<f64> = record.calls().map(|call| call.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        if let (Some(&shortest), Some(&longest)) = (seconds.first(), seconds.last()) {
            measurements.calls.push(CallTimes {
                run: (*run).to_owned(),
                calls: seconds.len(),
                shortest,
                median: seconds.get(seconds.len() / 2).copied().unwrap_or(longest),
                longest,
            });
        }
        let samples = memory(record);
        // One alone shows no growth.
        if samples.len() > 1 {
            measurements.memory.push(MemorySeries {
                run: (*run).to_owned(),
                samples,
            });
        }
    }
    measurements
}

fn memory(record: &RunRecord) -> Vec<MemorySample> {
    let mut calls = 0;
    let steps = record.observation.steps.iter();
    let samples = steps.filter_map(|step| {
        calls += step.calls.len();
        let kib = step.snapshot.as_ref()?.memory?;
        Some(MemorySample { calls, kib })
    });
    samples.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{SUCCESS, UNAVAILABLE};
    use crate::worker::observation::{Call, End, Observation, StepReport};
    use crate::worker::script::{CALL, LOAD};

    /// A run that began at 100 s: loaded until 101, then a call of a second, and the process ended at 105 s in another.
    fn run() -> RunRecord {
        let load = StepReport {
            began: Some(100.5),
            seconds: 0.5,
            ..StepReport::default()
        };
        let call = StepReport {
            began: Some(101.0),
            seconds: 1.0,
            calls: vec![Call {
                began: Some(101.0),
                ..Call::returning(SUCCESS, 1.0)
            }],
            ..StepReport::default()
        };
        let end = End::Exited { code: 1, step: 2 };
        let mut record = RunRecord::of(
            &[LOAD, CALL, CALL],
            Observation {
                ended: Some(105.0),
                ..Observation::of_steps(vec![load, call], end)
            },
        );
        record.transcript.began = Some(100.0);
        record
    }

    #[test]
    fn a_call_that_does_not_return_lasts_until_the_process_ends() {
        let calls = calls(&run());
        let told: Vec<_> = calls
            .iter()
            .map(|call| (call.at, call.seconds, call.answer.is_some()))
            .collect();
        assert_eq!(told, [(1.0, 1.0, true), (2.0, 3.0, false)]);
    }

    #[test]
    fn what_was_measured_is_a_summary_of_each_run() {
        let mut record = run();
        for seconds in [3.0, 2.0] {
            let more = Call::returning(UNAVAILABLE, seconds);
            record.observation.steps[1].calls.push(more);
        }
        let measured = measurements(&[("http/500", record)]);
        let times = &measured.calls[0];
        assert_eq!(
            (times.calls, times.shortest, times.median, times.longest),
            (3, 1.0, 2.0, 3.0)
        );
        assert!(measured.memory.is_empty());
    }
}

//! How long a call takes, and how much processor time waiting uses.

use super::all_runs;
use super::fault::why_no_request;
use super::judgement::{Consequence, Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::run::{RunRecord, SUCCESS, answer_name};
use crate::testbed::{Http, Scenario, WireFault};
use crate::worker::observation::{Call, End};
use crate::worker::script::{CALL, CLOCK_SET_BACK_AFTER, LOAD, Step, UNLOAD};

/// The share of one core that waiting may use, from 0 to 1.
const IDLE_SHARE: f64 = 0.10;
/// The processor time that a call which waits may use besides twice that of one which does not, in seconds.
const FIXED_COST: f64 = 0.03;
/// A call shorter than this, in seconds, did not wait.
const SHORTEST_WAIT: f64 = 0.5;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "time/deadline",
        level: Level::Must,
        title: "The longest call in any scenario ends before the deadline.",
        clause: "The Internet Sharing service waits for the answer, and so does the user who turned sharing on.",
        expected: "Every call returns before the profile's deadline.",
        help: "Put everything, from name resolution to the last byte, under one deadline of a few seconds.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(all_runs::deadline),
    },
    Rule {
        id: "time/idle",
        level: Level::Should,
        title: "Waiting for the server uses at most a tenth of one processor core.",
        clause: "The device runs on a battery while the plugin waits.",
        expected: "At most 10 % of one core while nothing arrives, plus twice what a call without waiting uses and 30 ms.",
        help: "Block in poll, epoll or select until something arrives; do not spin, and do not poll with short sleeps.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::run(Scenario::ALLOW, IDLE, idle),
    },
    Rule {
        id: "time/fast",
        level: Level::May,
        title: "A call that the server answers at once returns soon.",
        clause: "The user waits. The test bed's server answers within milliseconds, so what a call takes there is what the plugin adds to the two seconds or more that name resolution, handshake and response take on a slow cellular network.",
        expected: "The fastest of 3 first calls after loading takes at most 2 s, or a fifth of a deadline below 10 s, besides what it waits for a processor.",
        help: "Wait for events instead of sleeping, and do at build time or on first need what takes long, such as reading large files or making keys.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, FIRST_CALLS, fast),
    },
    Rule {
        id: "time/clock-jump",
        level: Level::May,
        title: "A call that waits while the wall clock is set back returns before the deadline.",
        clause: "A device sets its clock by the network when it has registered, or after a flight, in either direction. That is when the user turns sharing on.",
        expected: "A call that waits for a silent server returns before the deadline, though the wall clock is set back an hour meanwhile.",
        help: "Measure time limits by a clock that only runs forward: CLOCK_MONOTONIC, `std::chrono::steady_clock`, `Instant`; and have condition variables wait by that clock (pthread_condattr_setclock).",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, CLOCK_JUMP, clock_jump),
    },
    Rule {
        id: "time/total-retries",
        level: Level::Should,
        title: "A call in which every attempt fails makes only a few attempts, and ends before the deadline.",
        clause: "A server that is overloaded stays so if every device asks again and again, and the device repeats the check anyway.",
        expected: "At most 5 requests of each call while the server responds with status 503, 429 or 511 or closes the connection, and an end before the deadline.",
        help: "Retry in one layer only, once or twice, with a pause that grows, and count pauses and attempts into the deadline of the call.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, RETRIES, total_retries),
    },
    Rule {
        id: "time/requests",
        level: Level::Should,
        title: "In no scenario a call sends request after request.",
        clause: "A response that is always the same, such as that a token is stale or that the service is busy, makes a loop of what was meant as one more attempt, and every device of the operator is in it at the same time.",
        expected: "At most 10 requests of each call, or three times as many as in a call that is allowed, whatever the server responds.",
        help: "Count the attempts of the call as a whole, besides the deadline: one more after a stale token, one more after `Retry-After`, and then ENTITLEMENT_UNAVAILABLE.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(all_runs::requests),
    },
];

/// First two calls that show what a call costs without waiting, the second one without what is done only once.
const IDLE: &[Step] = &[LOAD, CALL, CALL, SILENT, Step::MeasuredCall, UNLOAD];

/// Three first calls: that of a loaded machine may be late, and what the plugin itself does is done in each.
const FIRST_CALLS: &[Step] = &[
    LOAD,
    Step::MeasuredCall,
    UNLOAD,
    LOAD,
    Step::MeasuredCall,
    UNLOAD,
    LOAD,
    Step::MeasuredCall,
    UNLOAD,
];

/// The longest that a call may take where the server answers at once, in seconds.
const FAST: f64 = 2.0;
/// The same, as a part of the deadline, if that is short.
const FAST_SHARE: f64 = 0.2;
/// How many times as long a call has to take on a busy machine, where the test bed may have been late.
const FAST_IF_BUSY: f64 = 1.5;

/// A call at a silent server while the clock runs on, and one during which it is set back.
const CLOCK_JUMP: &[Step] = &[
    LOAD,
    CALL,
    SILENT,
    CALL,
    SILENT,
    Step::CallWithClockSetBack,
    UNLOAD,
];

/// From now on the server reads requests and sends nothing.
const SILENT: Step = Step::ChangeScenario(Scenario {
    http: Http::Broken(WireFault::Silent),
    ..Scenario::ALLOW
});

/// The most requests that a call may send.
const MAX_REQUESTS: usize = 5;

/// Each call has a phase of its own, so that each request can be attributed to its call.
const RETRIES: &[Step] = &[
    LOAD,
    CALL,
    Step::ChangeScenario(Scenario {
        http: Http::Status(503),
        ..Scenario::ALLOW
    }),
    CALL,
    Step::ChangeScenario(Scenario {
        http: Http::Broken(WireFault::Closed),
        ..Scenario::ALLOW
    }),
    CALL,
    // Too many requests already.
    Step::ChangeScenario(Scenario {
        http: Http::Status(429),
        ..Scenario::ALLOW
    }),
    CALL,
    // Authenticate and ask again, which helps once or never.
    Step::ChangeScenario(Scenario {
        http: Http::Status(511),
        ..Scenario::ALLOW
    }),
    CALL,
    UNLOAD,
];

fn fast(record: &RunRecord) -> Judgement {
    record.calls_returned_else_skip()?;
    record.loaded()?;
    if let Some(call) = record.calls().find(|call| call.value != SUCCESS) {
        return Err(NotPassed::skipped(format!(
            "a call returned {}: see load/reload",
            answer_name(call.value)
        )));
    }
    if record.transcript.requests() == 0 {
        return Err(NotPassed::skipped(why_no_request(record)));
    }
    // What the plugin waits for a processor is the machine's.
    let own_seconds = |call: &Call| (call.seconds - call.queued.unwrap_or(0.0)).max(0.0);
    let fastest = record
        .calls()
        .min_by(|left, right| own_seconds(left).total_cmp(&own_seconds(right)))
        .ok_or_else(|| NotPassed::skipped("no call was made"))?;
    let limit = FAST.min(FAST_SHARE * record.deadline_seconds());
    let own = own_seconds(fastest);
    let unmeasured = match fastest.queued {
        Some(_) => "",
        None => ", with what it waited for a processor, which is not measured here",
    };
    let seen = format!(
        "the fastest of {} first calls took {own:.2} s{unmeasured}; the limit is {limit} s",
        record.calls().count(),
    );
    if own <= limit {
        Ok(seen)
    } else if record.machine_was_busy && own <= FAST_IF_BUSY * limit {
        Err(NotPassed::skipped(format!(
            "{seen}, and the machine was busy: check again on an idle one"
        )))
    } else {
        Err(NotPassed::failed(seen))
    }
}

/// A crash and a hang are judged here, not by host/alive and time/deadline: this is advice.
fn clock_jump(record: &RunRecord) -> Judgement {
    record.loaded()?;
    let deadline = record.deadline_seconds();
    let called = |step: &Step| {
        let (_, report) = record
            .finished_steps()
            .filter(|(made, _)| *made == step)
            .last()?;
        Some(report)
    };
    let usual = called(&CALL).and_then(|report| report.calls.first());
    let Some(usual) = usual.filter(|call| call.seconds <= deadline) else {
        return Err(NotPassed::skipped(
            "the call is late where the clock is not set, too: see http/silent",
        ));
    };
    let Some(report) = called(&Step::CallWithClockSetBack) else {
        return Err(match record.early_end() {
            Some(end) if matches!(record.observation.end, End::Hung { .. }) => {
                NotPassed::failed(end).with_consequence(Consequence::Hangs)
            }
            Some(end) => NotPassed::failed(end).with_consequence(Consequence::Kills),
            None => NotPassed::skipped("the call was not made"),
        });
    };
    if record.transcript.requests_in(2) == 0 {
        return Err(NotPassed::skipped(why_no_request(record)));
    }
    let Some(call) = report.calls.first() else {
        let why = report.error.as_deref().unwrap_or("the call was not made");
        return Err(NotPassed::skipped(why));
    };
    let set_back_after = CLOCK_SET_BACK_AFTER.as_secs_f64();
    if call.seconds <= set_back_after {
        return Err(NotPassed::skipped(format!(
            "the call returned after {:.2} s, before the clock was set back",
            call.seconds
        )));
    }
    let seen = format!(
        "the call returned after {:.2} s; with a clock that is not set, after {:.2} s",
        call.seconds, usual.seconds
    );
    match call.seconds <= deadline {
        true => Ok(seen),
        false => Err(NotPassed::failed(seen).with_consequence(Consequence::Hangs)),
    }
}

fn total_retries(record: &RunRecord) -> Judgement {
    record.calls_returned_else_skip()?;
    record.loaded()?;
    let mut seen = Vec::new();
    let failing = [
        "the server responds with status 503",
        "the server closes the connection",
        "the server responds with status 429",
        "the server responds with status 511",
    ];
    for (call, (phase, scenario)) in record.calls().skip(1).zip((1..).zip(failing)) {
        let requests = record.transcript.requests_in(phase);
        if requests == 0 {
            return Err(NotPassed::skipped(why_no_request(record)));
        }
        let noun = if requests == 1 { "request" } else { "requests" };
        let what = format!(
            "{requests} {noun} in {:.2} s where {scenario}",
            call.seconds
        );
        if requests > MAX_REQUESTS || call.seconds > record.deadline_seconds() {
            return Err(NotPassed::failed(what));
        }
        seen.push(what);
    }
    if seen.len() < failing.len() {
        return Err(NotPassed::skipped("the calls were not made"));
    }
    Ok(seen.join(", "))
}

fn idle(record: &RunRecord) -> Judgement {
    let mut calls = record.calls();
    let (Some(_), Some(usual), Some(call)) = (calls.next(), calls.next(), calls.next()) else {
        return Err(NotPassed::skipped(
            "the call did not return: see http/silent",
        ));
    };
    if record.transcript.requests_in(1) == 0 {
        return Err(NotPassed::skipped(why_no_request(record)));
    }
    if call.seconds < SHORTEST_WAIT {
        return Err(NotPassed::skipped(format!(
            "the call returned after {:.2} s, so it did not wait",
            call.seconds
        )));
    }
    // Time in which it was ready to run and other programs ran says nothing about how it waits.
    let queued = call.queued.unwrap_or(0.0);
    let waiting = (call.seconds - queued - usual.seconds.min(call.seconds)).max(0.0);
    let spent = (call.cpu - 2.0 * usual.cpu - FIXED_COST).max(0.0);
    let seen = format!(
        "{:.0} ms of processor time in {:.2} s{}; a call without waiting takes {:.0} ms",
        call.cpu * 1000.0,
        call.seconds,
        match call.queued {
            Some(queued) => format!(", of which it waited {queued:.2} s for a processor"),
            None => String::new(),
        },
        usual.cpu * 1000.0,
    );
    if spent > IDLE_SHARE * waiting {
        Err(NotPassed::failed(seen))
    } else {
        Ok(seen)
    }
}

//! Calls from any thread, concurrent calls, and calls from many threads.

use std::collections::BTreeMap;

use super::answer::{judge_allowed, summarise};
use super::judgement::{Consequence, Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use super::unchanged;
use super::variants::phase_of;
use crate::run::control::Question;
use crate::run::{FAILED, RunRecord, SUCCESS, answer_name};
use crate::testbed::transcript::{Event, Meaning, Transcript};
use crate::testbed::{Http, Scenario, WireFault};
use crate::worker::observation::{Call, End, Snapshot};
use crate::worker::script::{CALL, CancelMoment, HostCondition, LOAD, Step, ThreadRef, UNLOAD};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "threads/other-thread",
        level: Level::Must,
        title: "It works when one thread loads it and another calls it.",
        clause: "The service loads the DLL and then calls the function; it need not use one thread for both.",
        expected: "ENTITLEMENT_SUCCESS.",
        help: "Keep no state that belongs to the thread on which the library was loaded.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, OTHER_THREAD, judge_allowed),
    },
    Rule {
        id: "threads/at-once",
        level: Level::Must,
        title: "Concurrent calls do not disturb one another, and each returns the answer that the server gave it.",
        clause: "An attempt to enable sharing and a periodic check may coincide.",
        expected: "8 calls with ENTITLEMENT_SUCCESS; then, seven times, of 8 calls as many SUCCESS and FAILED as the server sent allow and deny responses.",
        help: "Keep all state of a call in the call, or lock what is shared.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, AT_ONCE, at_once),
    },
    Rule {
        id: "threads/small-stack",
        level: Level::Should,
        title: "It works on a thread with 256 KiB of stack.",
        clause: "The thread belongs to the service, and services keep stacks small.",
        expected: "ENTITLEMENT_SUCCESS.",
        help: "Keep large buffers off the stack, or do the work on a thread of your own that ends before the call returns.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, SMALL_STACK, judge_allowed),
    },
    Rule {
        id: "threads/many",
        level: Level::Should,
        title: "It works on 200 short-lived threads, one after another.",
        clause: "A service takes a thread from a pool for each check; over the years these are many.",
        expected: "200 × ENTITLEMENT_SUCCESS.",
        help: "Keep no thread-local state, or free it when the thread ends.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, MANY, judge_allowed),
    },
    Rule {
        id: "threads/signals",
        level: Level::Should,
        title: "It works while a signal that the host handles arrives every millisecond.",
        clause: "The service handles signals on its threads; each one interrupts the system call in progress with EINTR.",
        expected: "10 × ENTITLEMENT_SUCCESS.",
        help: "Repeat a call that fails with EINTR, with the rest of its time-out; or work on a thread of your own that blocks all signals.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, SIGNALS, judge_allowed),
    },
    Rule {
        id: "threads/cancel",
        level: Level::May,
        title: "If the host cancels the thread of a call, nothing is left behind, and a later call works.",
        clause: "A service that stops sharing may cancel the thread that still waits for the answer. Most services do not, so this is advice.",
        expected: "The call returns, or its thread ends; then no thread and no descriptor is left, and a call on another thread returns ENTITLEMENT_SUCCESS.",
        help: "Disable cancellation during the call (pthread_setcancelstate) and restore it before it returns: C code without pthread_cleanup_push loses what it holds, and Rust code aborts the process.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, CANCEL, cancel),
    },
];

/// A request that is pending acts in any wait of the call, however short. Which one it is differs from call to call.
const CALL_WHILE_PENDING: Step = Step::CancelledCall {
    when: CancelMoment::BeforeTheCall,
};

const CANCEL: &[Step] = &[
    Step::SpawnThread {
        thread: 1,
        stack: None,
    },
    LOAD,
    CALL,
    CALL_WHILE_PENDING,
    CALL_WHILE_PENDING,
    CALL_WHILE_PENDING,
    CALL_WHILE_PENDING,
    CALL_WHILE_PENDING,
    CALL_WHILE_PENDING,
    CALL_WHILE_PENDING,
    CALL_WHILE_PENDING,
    Step::ChangeScenario(Scenario {
        http: Http::Broken(WireFault::Silent),
        ..Scenario::ALLOW
    }),
    Step::CancelledCall {
        when: CancelMoment::WhileItWaits,
    },
    Step::ChangeScenario(Scenario::ALLOW),
    Step::Call {
        on: ThreadRef::Thread(1),
        times: 1,
    },
    Step::JoinThread { thread: 1 },
    UNLOAD,
];

const SIGNALS: &[Step] = &[
    LOAD,
    Step::CallUnder {
        condition: HostCondition::FrequentSignals,
        times: 10,
    },
    UNLOAD,
];

const OTHER_THREAD: &[Step] = &[
    Step::SpawnThread {
        thread: 1,
        stack: None,
    },
    Step::SpawnThread {
        thread: 2,
        stack: None,
    },
    Step::Load {
        on: ThreadRef::Thread(1),
    },
    Step::Call {
        on: ThreadRef::Thread(2),
        times: 1,
    },
    Step::JoinThread { thread: 2 },
    Step::Unload {
        on: ThreadRef::Thread(1),
    },
    Step::JoinThread { thread: 1 },
];

/// Many small batches in the place of one: two answers that were mixed up often make up for each other in the sums, but
/// not each time.
const AT_ONCE: &[Step] = &[
    LOAD,
    CALLS_AT_ONCE,
    ALTERNATE,
    CALLS_AT_ONCE,
    ALTERNATE,
    CALLS_AT_ONCE,
    ALTERNATE,
    CALLS_AT_ONCE,
    ALTERNATE,
    CALLS_AT_ONCE,
    ALTERNATE,
    CALLS_AT_ONCE,
    ALTERNATE,
    CALLS_AT_ONCE,
    ALTERNATE,
    CALLS_AT_ONCE,
    UNLOAD,
];

const CALLS_AT_ONCE: Step = Step::CallConcurrently {
    threads: 8,
    calls: 1,
};

const ALTERNATE: Step = Step::ChangeScenario(Scenario {
    http: Http::Alternate,
    ..Scenario::ALLOW
});

const SMALL_STACK: &[Step] = &[
    Step::SpawnThread {
        thread: 1,
        stack: Some(256),
    },
    LOAD,
    Step::Call {
        on: ThreadRef::Thread(1),
        times: 1,
    },
    Step::JoinThread { thread: 1 },
    UNLOAD,
];

const MANY: &[Step] = &[LOAD, Step::CallSequentially { threads: 200 }, UNLOAD];

/// A crash and a hang are judged here, not by host/alive and time/deadline: few libraries expect to be cancelled.
fn cancel(record: &RunRecord) -> Judgement {
    record.loaded()?;
    let mut before = None;
    let (mut returned, mut ended) = (Vec::new(), 0_usize);
    for (step, report) in record.finished_steps() {
        let call = report.calls.first();
        match step {
            Step::CancelledCall { .. } => {
                if let Some(error) = &report.error {
                    return Err(NotPassed::skipped(error));
                }
                match call {
                    Some(call) if call.seconds > record.deadline_seconds() => {
                        let late = format!("{step} returned only after {:.2} s", call.seconds);
                        return Err(NotPassed::failed(late).with_consequence(Consequence::Hangs));
                    }
                    Some(call) => returned.push(call.value),
                    None => ended += 1,
                }
            }
            Step::Call {
                on: ThreadRef::Main,
                ..
            } => {
                if call.map(|call| call.value) != Some(SUCCESS) {
                    return Err(NotPassed::skipped(
                        "the first call did not return SUCCESS: see answer/entitled",
                    ));
                }
                before = report.snapshot.as_deref();
            }
            Step::Call { .. } => {
                let after = report.snapshot.as_deref();
                after_cancellation(call, before.zip(after))?;
            }
            _ => {}
        }
    }
    let hung = matches!(record.observation.end, End::Hung { .. });
    match record.early_end_before_last_call() {
        Some(end) if hung => Err(NotPassed::failed(end).with_consequence(Consequence::Hangs)),
        Some(end) => Err(NotPassed::failed(end).with_consequence(Consequence::Kills)),
        None if returned.is_empty() && ended == 0 => {
            Err(NotPassed::skipped("the calls were not made"))
        }
        None if record.transcript.requests_in(1) == 0 => Err(NotPassed::skipped(
            "the call that should wait for the server sent no request",
        )),
        None if ended == 0 => Ok(summarise(&returned)),
        None => Ok(format!(
            "{ended} ended with their thread, {}",
            summarise(&returned)
        )),
    }
}

/// Judges the call on another thread after those whose threads were cancelled, and the state of the process before them
/// and after it.
fn after_cancellation(
    call: Option<&Call>,
    states: Option<(&Snapshot, &Snapshot)>,
) -> Result<(), NotPassed> {
    const LATER: &str = "after the calls whose threads were cancelled,";
    let Some(call) = call else {
        return Err(NotPassed::skipped("the last call was not made"));
    };
    if call.value != SUCCESS {
        return Err(NotPassed::failed(format!(
            "{LATER} one on another thread returned {}",
            answer_name(call.value)
        )));
    }
    let Some((before, after)) = states else {
        return Err(NotPassed::skipped(
            "the state of the process could not be read",
        ));
    };
    match left_behind(before, after) {
        Some(left) => {
            Err(NotPassed::failed(format!("{LATER} {left}")).with_consequence(Consequence::Leaks))
        }
        None => Ok(()),
    }
}

/// Threads and descriptors that are there after, and were not before.
fn left_behind(before: &Snapshot, after: &Snapshot) -> Option<String> {
    let new = unchanged::new_items(
        &before.threads,
        &after.threads,
        "thread left",
        "threads left",
    );
    new.or_else(|| {
        let mut descriptors = after.descriptors.iter();
        descriptors
            .find(|(number, _)| !before.descriptors.contains_key(number))
            .map(|(number, what)| format!("the descriptor {number} is left: {what}"))
    })
}

fn at_once(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    record.can_be_answered()?;
    let steps = record.observation.steps.iter();
    let mut batches = steps.filter(|step| !step.calls.is_empty());
    let first = batches
        .next()
        .ok_or_else(|| NotPassed::skipped("the calls were not made"))?;
    let answers = sorted(first.calls.iter().map(|call| call.value).collect());
    if answers.iter().any(|answer| *answer != SUCCESS) {
        return Err(NotPassed::no_success(format!(
            "the server allowed all calls: {}",
            summarise(&answers)
        )));
    }
    let question = record.control.question.as_ref();
    NotPassed::unless_all_kept(&record.transcript)?;
    let (mut all_allowed, mut all_denied) = (0, 0);
    for step in batches {
        let phase = phase_of(record, step.step);
        let answers = sorted(step.calls.iter().map(|call| call.value).collect());
        let count = |wanted: i32| answers.iter().filter(|answer| **answer == wanted).count();
        let decided = |meaning| decisions_in(&record.transcript, question, phase, meaning);
        let (allowed, denied) = (decided(Meaning::Allow), decided(Meaning::Deny));
        // The budget of time may have allowed fewer calls than the script has.
        let answers_match = (count(SUCCESS), count(FAILED)) == (allowed, denied);
        if !answers_match || allowed + denied != answers.len() {
            return Err(NotPassed::failed(format!(
                "{allowed} calls allowed and {denied} denied by the server: {}",
                summarise(&answers)
            )));
        }
        all_allowed += allowed;
        all_denied += denied;
    }
    match all_allowed + all_denied {
        0 => Err(NotPassed::skipped("the calls were not made")),
        _ => Ok(format!(
            "{all_allowed} calls allowed and {all_denied} denied by the server, and each was answered so"
        )),
    }
}

/// How many undamaged responses with that meaning were sent in the phase to the deciding request. A plugin may send
/// others before it, such as a connectivity probe or HEAD; without a known question every response counts.
fn decisions_in(
    transcript: &Transcript,
    question: Option<&Question>,
    phase: usize,
    wanted: Meaning,
) -> usize {
    // For each connection, whether the latest request is the question.
    let mut asked: BTreeMap<usize, bool> = BTreeMap::new();
    let mut decisions = 0;
    for entry in &transcript.entries {
        match &entry.event {
            Event::Request {
                connection,
                method,
                host,
                target,
                ..
            } => {
                let is_question = question.is_none_or(|known| known.is(method, host, target));
                asked.insert(*connection, is_question);
            }
            Event::Reply {
                connection,
                meaning: Some(meaning),
                ..
            } if *meaning == wanted && entry.phase == phase => {
                decisions += usize::from(asked.get(connection) == Some(&true));
            }
            _ => {}
        }
    }
    decisions
}

fn sorted(mut answers: Vec<i32>) -> Vec<i32> {
    answers.sort_unstable();
    answers
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testbed::transcript::{Excerpt, TranscriptEntry};

    #[test]
    fn only_responses_to_the_question_are_decisions() {
        let request = |connection, method: &str| Event::Request {
            connection,
            secure: true,
            method: method.to_owned(),
            host: "operator.example".to_owned(),
            target: "/check".to_owned(),
            http_2: false,
            body: 0,
            head: Excerpt::default(),
            content: Excerpt::default(),
            digest: String::new(),
        };
        let reply = |connection, meaning| Event::Reply {
            connection,
            what: String::new(),
            head: Excerpt::default(),
            body: Excerpt::default(),
            meaning: Some(meaning),
        };
        let events = [
            request(1, "HEAD"),
            request(2, "GET"),
            reply(1, Meaning::Deny),
            request(1, "GET"),
            reply(2, Meaning::Allow),
            reply(1, Meaning::Allow),
        ];
        let transcript = Transcript::of(
            events
                .into_iter()
                .map(|event| TranscriptEntry {
                    at: Duration::ZERO,
                    phase: 1,
                    event,
                    revealed: None,
                })
                .collect(),
            None,
        );
        let question = Question {
            method: "GET".to_owned(),
            host: "operator.example".to_owned(),
            path: "/check".to_owned(),
            secure: true,
        };
        let count = |meaning| decisions_in(&transcript, Some(&question), 1, meaning);
        assert_eq!((count(Meaning::Allow), count(Meaning::Deny)), (2, 0));
        assert_eq!(decisions_in(&transcript, None, 1, Meaning::Deny), 1);
    }
}

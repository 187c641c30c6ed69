//! What the plugin returns if everything works, and if the server cannot be reached.

use super::all_runs;
use super::fault::{self, Exposure, ServerResponse};
use super::judgement::{Consequence, Failure, Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::run::{FAILED, RunRecord, SUCCESS, UNAVAILABLE, answer_name};
use crate::testbed::content::OtherDenial;
use crate::testbed::{Http, Link, Scenario, Tcp};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "answer/entitled",
        level: Level::Must,
        title: "If the server sends the allow response, the plugin returns SUCCESS.",
        clause: "ENTITLEMENT_SUCCESS: the device is allowed to connect to the server.",
        expected: "ENTITLEMENT_SUCCESS within the deadline.",
        help: "The transcript shows the requests and the responses; if the operator's protocol is a different one, name it with --profile.",
        needs: &[],
        examination: Examination::usual(Scenario::ALLOW, entitled),
    },
    Rule {
        id: "answer/not-entitled",
        level: Level::Must,
        title: "If the server sends a deny response of the protocol, the plugin returns FAILED.",
        clause: "ENTITLEMENT_FAILED: the device is not allowed to connect to the server.",
        expected: "ENTITLEMENT_FAILED within the deadline, for each reason that the protocol has; ENTITLEMENT_UNAVAILABLE for a reason other than the first one breaks only a should.",
        help: "Map each of the operator's deny responses, and nothing else, to ENTITLEMENT_FAILED.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::DENY, DENIALS, denied),
    },
    Rule {
        id: "answer/asks-server",
        level: Level::Must,
        title: "The plugin sends a request to the server before it returns SUCCESS or FAILED.",
        clause: "The function must connect to the server to perform any required validation, then return.",
        expected: "In each call that returns SUCCESS or FAILED, a request before it returns.",
        help: "Send a request in every call; do not reuse the answer of an earlier one.",
        needs: &[],
        examination: Examination::run(Scenario::ALLOW, ASKS, asks_server),
    },
    Rule {
        id: "answer/asks-every-time",
        level: Level::Must,
        title: "When the server's decision changes, the plugin's answer changes with it, within one process.",
        clause: "The Internet Sharing service will check entitlement every time an attempt is made to enable Internet sharing.",
        expected: "ENTITLEMENT_SUCCESS, then ENTITLEMENT_FAILED.",
        help: "Cache no answer between calls, neither in memory nor in a file.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, ALLOW_THEN_DENY, |record| {
            judge_answers(record, &[SUCCESS, FAILED])
        }),
    },
    Rule {
        id: "answer/recovers",
        level: Level::Must,
        title: "After a call that could not reach the server, the next call in the same process reaches it.",
        clause: "The check is made at every attempt to enable sharing; one without a network must not affect later ones.",
        expected: "ENTITLEMENT_UNAVAILABLE, then ENTITLEMENT_SUCCESS.",
        help: "Create a new client in each call, or make sure that it does not keep an error.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(
            Scenario {
                tcp: Tcp::Refuses,
                ..Scenario::ALLOW
            },
            REFUSED_THEN_ALLOW,
            |record| judge_answers(record, &[UNAVAILABLE, SUCCESS]),
        ),
    },
    Rule {
        id: "answer/in-range",
        level: Level::Must,
        title: "Every call in every scenario returns one of the three values.",
        clause: "Return one of the following ICS_ENTITLEMENT_RESULT enumeration values.",
        expected: "0, 1 or 2 from every call.",
        help: "Start with `ENTITLEMENT_UNAVAILABLE` in the variable that is returned, and change it only for a decision of the server; compile with -Werror=return-type, since a path without `return` returns whatever is in the register.",
        needs: &[Precondition::ReachesPort],
        examination: Examination::AllRuns(all_runs::in_range),
    },
    Rule {
        id: "answer/offline",
        level: Level::Must,
        title: "With no network interface up, the plugin returns UNAVAILABLE.",
        clause: "ENTITLEMENT_UNAVAILABLE: the device could not contact the server or acquire a connection to verify entitlement.",
        expected: "ENTITLEMENT_UNAVAILABLE within the deadline.",
        help: "Map every network error to ENTITLEMENT_UNAVAILABLE.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::usual(
            Scenario {
                link: Link::Down,
                ..Scenario::ALLOW
            },
            |record| fault::judge(record, Exposure::None, ServerResponse::None),
        ),
    },
];

/// Each call has a phase of its own, so that each request can be attributed to its call.
const ASKS: &[Step] = &[
    LOAD,
    CALL,
    Step::ChangeScenario(Scenario::ALLOW),
    CALL,
    Step::ChangeScenario(Scenario::DENY),
    CALL,
    Step::ChangeScenario(Scenario::DENY),
    CALL,
    UNLOAD,
];

/// The deny response, and the further ones of the profile, as far as it has them.
const DENIALS: &[Step] = &[
    LOAD,
    CALL,
    further_denial(0),
    CALL,
    further_denial(1),
    CALL,
    further_denial(2),
    CALL,
    further_denial(3),
    CALL,
    UNLOAD,
];

const fn further_denial(number: usize) -> Step {
    Step::ChangeScenario(Scenario {
        http: Http::OtherDenial(OtherDenial::Further(number)),
        ..Scenario::ALLOW
    })
}

const ALLOW_THEN_DENY: &[Step] = &[
    LOAD,
    CALL,
    Step::ChangeScenario(Scenario::DENY),
    CALL,
    UNLOAD,
];

const REFUSED_THEN_ALLOW: &[Step] = &[
    LOAD,
    CALL,
    Step::ChangeScenario(Scenario::ALLOW),
    CALL,
    UNLOAD,
];

/// answer/entitled: as every other rule that expects SUCCESS, unless the plugin may speak another protocol.
fn entitled(record: &RunRecord) -> Judgement {
    let judgement = judge_allowed(record);
    if matches!(&judgement, Err(NotPassed::Failed(failure)) if failure.lacks_success) {
        record.speaks_the_protocol()?;
    }
    judgement
}

/// Passes if every call returned SUCCESS within the deadline.
pub(super) fn judge_allowed(record: &RunRecord) -> Judgement {
    judge_each_answer(record, SUCCESS)
}

/// answer/not-entitled: a plugin that knows the deny response, and takes a further one for no decision, does not share.
fn denied(record: &RunRecord) -> Judgement {
    let judgement = judge_each_answer(record, FAILED);
    let answers: Vec<i32> = record.calls().map(|call| call.value).collect();
    let Some((&FAILED, further)) = answers.split_first() else {
        return judgement;
    };
    let known_or_undecided = |answer: &i32| [FAILED, UNAVAILABLE].contains(answer);
    let only_undecided = further.contains(&UNAVAILABLE)
        && further.iter().all(known_or_undecided)
        && record.early_end().is_none();
    match judgement {
        Err(NotPassed::Failed(failure)) if only_undecided => Err(NotPassed::Failed(Failure {
            level: Some(Level::Should),
            ..failure
        })),
        judgement => judgement,
    }
}

/// Passes if every call returned this value within the deadline.
fn judge_each_answer(record: &RunRecord, expected: i32) -> Judgement {
    let calls = record.calls().count().max(1);
    judge_answers(record, &vec![expected; calls])
}

/// Passes if the calls returned these values, in this order, within the deadline.
pub(super) fn judge_answers(record: &RunRecord, expected: &[i32]) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    let answers: Vec<i32> = record.calls().map(|call| call.value).collect();
    if answers != expected {
        record.can_be_answered()?;
        let seen = summarise(&answers);
        let mut pairs = answers.iter().zip(expected);
        let shares = |(answer, expected): (&i32, &i32)| *answer == SUCCESS && *expected != SUCCESS;
        let lacks = |(answer, expected): (&i32, &i32)| answer == expected || *expected == SUCCESS;
        return Err(if pairs.clone().any(shares) {
            NotPassed::wrong_answer(seen).with_consequence(Consequence::Shares)
        } else if pairs.all(lacks) {
            NotPassed::no_success(format!("{seen}{}", why(record)))
        } else {
            NotPassed::wrong_answer(seen)
        });
    }
    let asks = expected.iter().any(|answer| *answer != UNAVAILABLE);
    if asks && record.transcript.requests() == 0 {
        return Err(NotPassed::skipped(
            "no request was sent to the server: see answer/asks-server",
        ));
    }
    let longest = record.calls().map(|call| call.seconds).fold(0.0, f64::max);
    if longest > record.deadline_seconds() {
        return Err(NotPassed::failed(format!(
            "the expected answer, but only after {longest:.2} s; the deadline is {} s",
            record.deadline_seconds()
        ))
        .with_consequence(Consequence::Hangs)
        .caused_by("time/deadline"));
    }
    Ok(format!("{}, at most {longest:.3} s", summarise(&answers)))
}

/// Why there is no SUCCESS, where that is known.
fn why(record: &RunRecord) -> String {
    let said = record
        .own_reason()
        .map(|reason| format!("; the plugin says: {reason}"));
    let seen = record.unknown_request().map(|what| format!("; {what}"));
    said.unwrap_or_default() + &seen.unwrap_or_default()
}

/// The answers as text, consecutive equal ones counted.
pub(super) fn summarise(answers: &[i32]) -> String {
    if answers.is_empty() {
        return "no answer".to_owned();
    }
    answers
        .chunk_by(|left, right| left == right)
        .map(|run| match run.len() {
            1 => answer_name(run[0]),
            many => format!("{many} × {}", answer_name(run[0])),
        })
        .collect::<Vec<_>>()
        .join(", then ")
}

fn asks_server(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    record.can_be_answered()?;
    for (phase, call) in record.calls().enumerate() {
        if call.value != UNAVAILABLE && record.transcript.requests_in(phase) == 0 {
            return Err(NotPassed::failed(format!(
                "call {} returned {} and sent no request",
                phase + 1,
                answer_name(call.value)
            )));
        }
    }
    let answers: Vec<i32> = record.calls().map(|call| call.value).collect();
    if answers.iter().all(|answer| *answer == UNAVAILABLE) {
        return Err(NotPassed::skipped(
            "the plugin never returned SUCCESS or FAILED: see answer/entitled",
        ));
    }
    Ok(format!("a request in each call; {}", summarise(&answers)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{BUILT_IN, built_in};

    #[test]
    fn each_deny_response_of_each_built_in_profile_gets_a_call() {
        let calls = DENIALS.iter().filter(|step| step.calls()).count();
        for name in BUILT_IN {
            let profile = built_in(name).unwrap();
            assert!(profile.deciding_step().deny.len() <= calls, "{name}");
        }
    }
}

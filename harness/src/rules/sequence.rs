//! Calls of one process in a sequence of scenarios: each has to be answered as if it were the only one.

use super::answer::summarise;
use super::judgement::{Consequence, Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use super::variants::{ended_early, late, name, phase_of, scenario_before};
use crate::run::scripts::one_call_each;
use crate::run::{FAILED, RunRecord, SUCCESS, UNAVAILABLE, answer_name};
use crate::testbed::content::OtherDenial;
use crate::testbed::wire::{
    Body, Damage, Fields, Framing, Interim, Pace, StatusLine, WireResponse,
};
use crate::testbed::{Dns, Http, Scenario, Tcp, Tls, WireFault};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "answer/consistent",
        level: Level::Must,
        title: "In a long sequence of calls each returns the server's answer to it, also after a pause.",
        clause: "The Internet Sharing service checks again and again, in one process, for as long as the device is on.",
        expected: "50 calls with SUCCESS and FAILED as the server decides, and one more after 10 idle seconds.",
        help: "Keep neither answers nor connections between calls; if you keep a connection, make sure that it is alive.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, CONSISTENT, as_decided),
    },
    Rule {
        id: "answer/same-words",
        level: Level::Must,
        title: "The allow response is recognised in whatever pieces it arrives.",
        clause: "TCP has no messages: the network and the server divide a response as they like, and HTTP/1.1 allows chunks and interim responses.",
        expected: "ENTITLEMENT_SUCCESS from each call.",
        help: "Read until the HTTP library reports the end of the body; one read is not one response. Ignore interim responses (1xx).",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, PIECES, as_decided),
    },
    Rule {
        id: "answer/same-meaning",
        level: Level::Should,
        title: "The allow and the deny response are recognised in other words of the same meaning.",
        clause: "A new version of the server or a gateway in front of it may write the same response in another way.",
        expected: "ENTITLEMENT_SUCCESS where the response allows, and ENTITLEMENT_FAILED where it denies.",
        help: "Parse JSON with a parser and ignore members that you do not know, in whatever script their text is; compare names of header fields and the content type without their case, and the content type without its parameters.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, OTHER_WORDS, as_decided),
    },
    Rule {
        id: "answer/forgets",
        level: Level::Must,
        title: "What an earlier call received does not change a later answer.",
        clause: "The check is made at every attempt to enable sharing; an answer, a verified certificate or a lock that is kept from an earlier one is none.",
        expected: "After an allow or a deny response, each fault is answered as it was before; then the server's decision is returned.",
        help: "Keep nothing of a call that could answer the next one: no last answer for the time of an error, no set of trusted servers, no lock after an error.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(Scenario::ALLOW, FORGETS, same_as_before),
    },
];

const ALLOW: WireResponse = WireResponse::ALLOW;

const fn composed(response: WireResponse) -> Http {
    Http::Broken(WireFault::Response(response))
}

const PIECES: &[Step] = &one_call_each::<8, 18>([
    Http::Allow,
    composed(WireResponse {
        pace: Pace::HeadThenBody,
        ..ALLOW
    }),
    composed(WireResponse {
        pace: Pace::TwoPieces,
        ..ALLOW
    }),
    composed(WireResponse {
        pace: Pace::ByteByByte,
        ..ALLOW
    }),
    composed(WireResponse {
        framing: Framing::Chunked,
        ..ALLOW
    }),
    composed(WireResponse {
        body: Body::Padded,
        ..ALLOW
    }),
    composed(WireResponse {
        interim: Interim::Continue,
        ..ALLOW
    }),
    composed(WireResponse {
        interim: Interim::EarlyHints,
        ..ALLOW
    }),
]);

const OTHER_WORDS: &[Step] = &one_call_each::<16, 34>([
    composed(WireResponse {
        body: Body::Spaced,
        ..ALLOW
    }),
    composed(WireResponse {
        body: Body::MembersAfter,
        ..ALLOW
    }),
    composed(WireResponse {
        body: Body::MembersBefore,
        ..ALLOW
    }),
    composed(WireResponse {
        fields: Fields::LowerCase,
        ..ALLOW
    }),
    composed(WireResponse {
        fields: Fields::UpperCase,
        ..ALLOW
    }),
    composed(WireResponse {
        fields: Fields::Charset,
        ..ALLOW
    }),
    composed(WireResponse {
        fields: Fields::SpacedCharset,
        ..ALLOW
    }),
    composed(WireResponse {
        fields: Fields::QuotedCharset,
        ..ALLOW
    }),
    composed(WireResponse {
        fields: Fields::UpperCaseType,
        ..ALLOW
    }),
    composed(WireResponse {
        body: Body::NonAscii,
        ..ALLOW
    }),
    composed(WireResponse {
        body: Body::Escaped,
        ..ALLOW
    }),
    composed(WireResponse {
        status_line: StatusLine::Http10,
        ..ALLOW
    }),
    Http::OtherDenial(OtherDenial::Spaced),
    Http::OtherDenial(OtherDenial::Members),
    Http::OtherDenial(OtherDenial::Charset),
    Http::OtherDenial(OtherDenial::UpperCaseType),
]);

/// The number of calls before the pause.
const CALLS: usize = 50;

/// How long the process idles, in milliseconds: longer than a server or a NAT keeps many an idle connection.
const PAUSE: u32 = 10_000;

const CONSISTENT: &[Step] = &consistent();

/// The first two calls are allowed and the third is denied; the others are allowed or denied in a fixed, irregular order.
/// The one after the pause differs from the last one before it.
const fn consistent() -> [Step; 2 * CALLS + 5] {
    let mut steps = [CALL; 2 * CALLS + 5];
    steps[0] = LOAD;
    // A linear congruential generator with the constants of Knuth's MMIX; its high bits are used.
    let mut state: u64 = 8;
    let mut index = 0;
    let mut allowed = true;
    while index < CALLS {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        allowed = index != 2 && (index < 2 || state >> 63 == 0);
        steps[2 * index + 1] = Step::ChangeScenario(decided(allowed));
        index += 1;
    }
    steps[2 * CALLS + 1] = Step::IdleWithLoad {
        milliseconds: PAUSE,
    };
    steps[2 * CALLS + 2] = Step::ChangeScenario(decided(!allowed));
    steps[2 * CALLS + 4] = UNLOAD;
    steps
}

const fn decided(allowed: bool) -> Scenario {
    match allowed {
        true => Scenario::ALLOW,
        false => Scenario::DENY,
    }
}

/// Faults of each layer, none of which makes the plugin wait. Each kind of response is a path of its own through the
/// plugin, on which something can be kept.
const FAULTS: [Scenario; 11] = [
    Scenario {
        dns: Dns::Nxdomain,
        ..Scenario::ALLOW
    },
    Scenario {
        tcp: Tcp::Refuses,
        ..Scenario::ALLOW
    },
    Scenario {
        tls: Tls::Expired,
        ..Scenario::ALLOW
    },
    Scenario {
        http: Http::Status(500),
        ..Scenario::ALLOW
    },
    Scenario {
        http: Http::Broken(WireFault::ShortBody),
        ..Scenario::ALLOW
    },
    Scenario {
        http: Http::Broken(WireFault::Closed),
        ..Scenario::ALLOW
    },
    Scenario {
        http: Http::CaptivePortal,
        ..Scenario::ALLOW
    },
    Scenario {
        http: Http::Status(503),
        ..Scenario::ALLOW
    },
    Scenario {
        http: Http::Status(404),
        ..Scenario::ALLOW
    },
    Scenario {
        http: Http::PortalRedirect,
        ..Scenario::ALLOW
    },
    Scenario {
        http: Http::BadSyntax,
        ..Scenario::ALLOW
    },
];

const FORGETS: &[Step] = &forgets();

/// All faults; then each of them after an allow response; then all after a deny response, and an allow response.
const fn forgets() -> [Step; 2 + 2 * (4 * FAULTS.len() + 2)] {
    const STEPS: usize = 2 + 2 * (4 * FAULTS.len() + 2);
    let mut steps = [CALL; STEPS];
    steps[0] = LOAD;
    let mut at = 1;
    let mut index = 0;
    while index < FAULTS.len() {
        // Each change is followed by a call.
        steps[at] = Step::ChangeScenario(FAULTS[index]);
        at += 2;
        index += 1;
    }
    index = 0;
    while index < FAULTS.len() {
        steps[at] = Step::ChangeScenario(Scenario::ALLOW);
        steps[at + 2] = Step::ChangeScenario(FAULTS[index]);
        at += 4;
        index += 1;
    }
    steps[at] = Step::ChangeScenario(Scenario::DENY);
    at += 2;
    index = 0;
    while index < FAULTS.len() {
        steps[at] = Step::ChangeScenario(FAULTS[index]);
        at += 2;
        index += 1;
    }
    steps[at] = Step::ChangeScenario(Scenario::ALLOW);
    steps[STEPS - 1] = UNLOAD;
    steps
}

/// What the server decided, if its response is undamaged.
fn decision(scenario: &Scenario) -> Option<i32> {
    let http = Scenario {
        http: Http::Allow,
        ..*scenario
    };
    if http != Scenario::ALLOW {
        return None;
    }
    match scenario.http {
        Http::Allow => Some(SUCCESS),
        Http::Deny | Http::OtherDenial(_) => Some(FAILED),
        Http::Broken(WireFault::Response(response)) if response.damage() == Damage::None => {
            Some(SUCCESS)
        }
        _ => None,
    }
}

/// A call, its number from 1, and the scenario that it was made in.
struct Answered<'a> {
    number: usize,
    value: i32,
    scenario: &'a Scenario,
}

/// The calls of a run in which each scenario has one.
fn answered(record: &RunRecord) -> Result<Vec<Answered<'_>>, NotPassed> {
    ended_early(record)?;
    record.loaded()?;
    record.can_be_answered()?;
    let mut calls = Vec::new();
    for (step, report) in record.observation.steps.iter().enumerate() {
        let Some(scenario) = scenario_before(record, step) else {
            continue;
        };
        for call in &report.calls {
            let number = calls.len() + 1;
            if call.seconds > record.deadline_seconds() {
                return Err(late(call.value, call.seconds, Some(scenario)));
            }
            let decided = decision(scenario).is_some();
            if decided && record.transcript.requests_in(phase_of(record, step)) == 0 {
                let silent = format!(
                    "call {number}: {} without a request",
                    answer_name(call.value)
                );
                let seen = name(&silent, Some(scenario));
                // One that never asks has one fault.
                return Err(if call.value == UNAVAILABLE {
                    NotPassed::no_success(seen)
                } else {
                    NotPassed::failed(seen)
                });
            }
            calls.push(Answered {
                number,
                value: call.value,
                scenario,
            });
        }
    }
    if calls.is_empty() {
        return Err(NotPassed::skipped("no call was made"));
    }
    Ok(calls)
}

/// Another answer than the server's. SUCCESS is one without permission, whatever the scenario.
fn wrong_answer(seen: &str, call: &Answered<'_>) -> NotPassed {
    let seen = name(seen, Some(call.scenario));
    match (call.value, decision(call.scenario)) {
        (SUCCESS, _) => NotPassed::wrong_answer(seen).with_consequence(Consequence::Shares),
        (_, Some(SUCCESS)) => NotPassed::no_success(seen),
        _ => NotPassed::wrong_answer(seen),
    }
}

/// Passes if each call returned what the server decided.
fn as_decided(record: &RunRecord) -> Judgement {
    let calls = answered(record)?;
    let wrong = calls
        .iter()
        .find(|call| decision(call.scenario).is_some_and(|decided| decided != call.value));
    if let Some(call) = wrong {
        let seen = format!("call {}: {}", call.number, answer_name(call.value));
        return Err(wrong_answer(&seen, call));
    }
    let values: Vec<i32> = calls.iter().map(|call| call.value).collect();
    Ok(match values.iter().all(|value| *value == values[0]) {
        true => summarise(&values),
        false => format!("{} calls, each with the answer of the server", calls.len()),
    })
}

/// Passes if each call returned what the server decided, and without a decision what the first call in the same
/// scenario returned. What that was is for other rules to judge.
fn same_as_before(record: &RunRecord) -> Judgement {
    let calls = answered(record)?;
    for (index, call) in calls.iter().enumerate() {
        let first = calls[..index]
            .iter()
            .find(|before| before.scenario == call.scenario);
        let expected = decision(call.scenario).or(first.map(|first| first.value));
        if expected.is_some_and(|expected| expected != call.value) {
            let seen = format!(
                "call {}: {} instead of {}",
                call.number,
                answer_name(call.value),
                expected.map(answer_name).unwrap_or_default()
            );
            return Err(wrong_answer(&seen, call));
        }
    }
    Ok(format!(
        "{} calls, and no answer depended on an earlier one",
        calls.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenarios(script: &[Step]) -> Vec<Scenario> {
        let scenarios = script.iter().filter_map(|step| match step {
            Step::ChangeScenario(scenario) => Some(*scenario),
            _ => None,
        });
        scenarios.collect()
    }

    #[test]
    fn every_change_is_followed_by_a_call() {
        for script in [CONSISTENT, PIECES, OTHER_WORDS, FORGETS] {
            let calls = script.iter().filter(|step| step.calls()).count();
            assert_eq!(scenarios(script).len(), calls);
            for pair in script.windows(2) {
                if let [Step::ChangeScenario(_), next] = pair {
                    assert!(next.calls(), "{next}");
                }
            }
        }
    }

    #[test]
    fn the_order_is_irregular_and_the_pause_is_before_a_change() {
        let order = scenarios(CONSISTENT);
        assert_eq!(
            order[..3],
            [Scenario::ALLOW, Scenario::ALLOW, Scenario::DENY]
        );
        let allowed = order.iter().filter(|one| **one == Scenario::ALLOW).count();
        assert!((15..=36).contains(&allowed), "{allowed}");
        assert_ne!(order[CALLS - 1], order[CALLS]);
    }

    #[test]
    fn each_fault_is_met_before_and_after_each_decision() {
        let order = scenarios(FORGETS);
        assert_eq!(order[..FAULTS.len()], FAULTS);
        for fault in FAULTS {
            assert_eq!(order.iter().filter(|one| **one == fault).count(), 3);
            let pairs = order.windows(2);
            let after_allow = pairs.filter(|pair| **pair == [Scenario::ALLOW, fault]);
            assert_eq!(after_allow.count(), 1, "{fault}");
        }
        assert_eq!(order.last(), Some(&Scenario::ALLOW));
    }
}

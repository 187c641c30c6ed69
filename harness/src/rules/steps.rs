//! Rules about the requests before the question, such as that for a token.

use std::collections::BTreeSet;

use super::fault::ServerResponse;
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use super::variants::{self, name, phase_of, scenario_before};
use crate::run::control::without_port;
use crate::run::{RunRecord, SUCCESS};
use crate::testbed::content::{Redirect, RedirectKind, RedirectTarget, Refusal};
use crate::testbed::test_network::PORTAL_HOST;
use crate::testbed::transcript::Event;
use crate::testbed::{FaultAt, Http, Scenario, Tls, WireFault};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

const NEEDS: &[Precondition] = &[Precondition::AcceptsAllow];

const NEEDS_TLS: &[Precondition] = &[Precondition::AcceptsTestCa, Precondition::AcceptsAllow];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "steps/refused",
        level: Level::Must,
        title: "If a request before the question is refused, the plugin returns UNAVAILABLE.",
        clause: "Without a token the question was not asked: the operator has neither permitted nor denied sharing.",
        expected: "ENTITLEMENT_UNAVAILABLE if the step's deny response, or 401, comes.",
        help: "Compare the status of each response before its body is used; where a step fails, return ENTITLEMENT_UNAVAILABLE without asking further. A refused token is no denial of sharing.",
        needs: NEEDS,
        examination: Examination::run(Scenario::ALLOW, REFUSED, damaged),
    },
    Rule {
        id: "steps/status",
        level: Level::Should,
        title: "If a response before the question has an error status, its body is not used.",
        clause: "A server that failed may send the page or the token of a cache; the status says that it is none of its own.",
        expected: "ENTITLEMENT_UNAVAILABLE if the usual body comes with 404, 500 or 503.",
        help: "Check the status of each step, not only that of the last one.",
        needs: NEEDS,
        examination: Examination::run(Scenario::ALLOW, STATUS, damaged),
    },
    Rule {
        id: "steps/unusable",
        level: Level::Must,
        title: "If a response before the question is not the step's own, the plugin returns UNAVAILABLE.",
        clause: "A captive portal, a proxy and a cut connection answer the first request as well as the last one.",
        expected: "ENTITLEMENT_UNAVAILABLE after half a body, a login page, a page with 403, an empty body and a close.",
        help: "Parse each response completely and require its members, with their types; do not search the text for them.",
        needs: NEEDS,
        examination: Examination::run(Scenario::ALLOW, UNUSABLE, damaged),
    },
    Rule {
        id: "steps/incomplete",
        level: Level::Should,
        title: "If a response before the question is incomplete, it is not used.",
        clause: "A body that is shorter than announced may lack its end (RFC 9112, section 8).",
        expected: "ENTITLEMENT_UNAVAILABLE after a short body, a reset in the body, a bad chunk size and a syntax error.",
        help: "Use a response only after its last byte: an error of the HTTP library, also one after the body, means ENTITLEMENT_UNAVAILABLE.",
        needs: NEEDS,
        examination: Examination::run(Scenario::ALLOW, INCOMPLETE, damaged),
    },
    Rule {
        id: "steps/silent",
        level: Level::Must,
        title: "If a request before the question is never answered, the plugin returns UNAVAILABLE in time.",
        clause: "The service waits for the call, not for each request: the deadline is one for all of them.",
        expected: "ENTITLEMENT_UNAVAILABLE within the deadline.",
        help: "Compute the time limit of each request from what remains of the call's, instead of giving each the whole.",
        needs: NEEDS,
        examination: Examination::run(Scenario::ALLOW, SILENT, damaged),
    },
    Rule {
        id: "steps/endless",
        level: Level::Must,
        title: "If a response before the question does not end, the plugin returns UNAVAILABLE in time.",
        clause: "The time and the memory of a call are limited, whichever request they are spent on.",
        expected: "ENTITLEMENT_UNAVAILABLE within the deadline, if a body never ends, header fields never end or the body comes byte by byte.",
        help: "Limit the size and the time of each response, as for the question.",
        needs: NEEDS,
        examination: Examination::run(Scenario::ALLOW, ENDLESS, damaged),
    },
    Rule {
        id: "steps/redirect",
        level: Level::Must,
        title: "If a request before the question is redirected, the plugin does not follow.",
        clause: "Such a request carries the credentials with which a token is obtained; who redirects it, would get them.",
        expected: "ENTITLEMENT_UNAVAILABLE, and no request to the other host.",
        help: "Turn redirects off for every request, not only for the question.",
        needs: NEEDS,
        examination: Examination::run(Scenario::ALLOW, REDIRECT, not_followed),
    },
    Rule {
        id: "steps/certificate",
        level: Level::Must,
        title: "The certificate is checked on every connection of a check.",
        clause: "One unchecked connection is enough to take the token, or to answer the question, for somebody else.",
        expected: "ENTITLEMENT_UNAVAILABLE if only the first, or only a later connection has a bad certificate.",
        help: "Configure the HTTP client once, and make every request with it; compare host and date on each connection.",
        needs: NEEDS_TLS,
        examination: Examination::run(Scenario::ALLOW, CERTIFICATE, certificate),
    },
];

/// How many of the steps before the deciding one have faults; a profile with more of them is examined at the first ones.
const STEPS: u8 = 3;

const REFUSED: &[Step] = &at_each_step([Http::Deny]) as &[Step; 8];

const STATUS: &[Step] =
    &at_each_step([Http::Status(404), Http::Status(500), Http::Status(503)]) as &[Step; 20];

const UNUSABLE: &[Step] = &at_each_step([
    Http::CutBody,
    Http::CaptivePortal,
    Http::OtherRefusal(Refusal::Status(403)),
    Http::Broken(WireFault::Closed),
]) as &[Step; 26];

const INCOMPLETE: &[Step] = &at_each_step([
    Http::Broken(WireFault::ShortBody),
    Http::Broken(WireFault::ResetInBody),
    Http::Broken(WireFault::BadChunks),
    Http::BadSyntax,
]) as &[Step; 26];

const SILENT: &[Step] = &at_each_step([Http::Broken(WireFault::Silent)]) as &[Step; 8];

const ENDLESS: &[Step] = &at_each_step([
    Http::Broken(WireFault::EndlessBody),
    Http::Broken(WireFault::EndlessHeaders),
    Http::Broken(WireFault::DripBody),
]) as &[Step; 20];

const REDIRECT: &[Step] = &at_each_step([
    redirect(302, RedirectTarget::OtherHost),
    redirect(307, RedirectTarget::OtherHost),
    redirect(307, RedirectTarget::OtherHostInCleartext),
]) as &[Step; 20];

const fn redirect(status: u16, to: RedirectTarget) -> Http {
    Http::Redirect(Redirect {
        by: RedirectKind::Status(status),
        to,
    })
}

/// One call for each of these responses at each of the first steps. `SCRIPT` is twice their number and two more.
const fn at_each_step<const RESPONSES: usize, const SCRIPT: usize>(
    responses: [Http; RESPONSES],
) -> [Step; SCRIPT] {
    let mut script = [CALL; SCRIPT];
    script[0] = LOAD;
    let mut at = 1;
    let mut number = 0;
    while number < STEPS {
        let mut index = 0;
        while index < RESPONSES {
            script[at] = Step::ChangeScenario(Scenario {
                http: responses[index],
                at: FaultAt::Earlier(number),
                ..Scenario::ALLOW
            });
            at += 2;
            index += 1;
        }
        number += 1;
    }
    assert!(
        at + 1 == SCRIPT,
        "a change and a call for each response at each step"
    );
    script[SCRIPT - 1] = UNLOAD;
    script
}

const CERTIFICATE: &[Step] = &[
    LOAD,
    bad_certificate(Tls::UnknownIssuer, FaultAt::Earlier(0)),
    CALL,
    bad_certificate(Tls::WrongName, FaultAt::Earlier(0)),
    CALL,
    bad_certificate(Tls::Expired, FaultAt::Earlier(0)),
    CALL,
    bad_certificate(Tls::UnknownIssuer, FaultAt::LaterConnections),
    CALL,
    bad_certificate(Tls::WrongName, FaultAt::LaterConnections),
    CALL,
    bad_certificate(Tls::Expired, FaultAt::LaterConnections),
    CALL,
    UNLOAD,
];

const fn bad_certificate(tls: Tls, at: FaultAt) -> Step {
    Step::ChangeScenario(Scenario {
        tls,
        at,
        ..Scenario::ALLOW
    })
}

fn damaged(record: &RunRecord) -> Judgement {
    variants::judge(record, ServerResponse::Damaged)
}

/// As the other ones; and a plugin that follows has sent the credentials, whatever it returns.
fn not_followed(record: &RunRecord) -> Judgement {
    let judgement = damaged(record)?;
    let entries = || record.transcript.entries.iter().map(|entry| &entry.event);
    let is_other = |host: &str| without_port(host).eq_ignore_ascii_case(PORTAL_HOST);
    // A client that follows by itself may leave the Host field as it was.
    let connections: BTreeSet<usize> = entries()
        .filter_map(|event| match event {
            Event::Handshake {
                connection,
                name: Some(name),
                ..
            } if is_other(name) => Some(*connection),
            _ => None,
        })
        .collect();
    let followed = entries().find_map(|event| match event {
        Event::Request {
            connection,
            method,
            host,
            ..
        } if is_other(host) || connections.contains(connection) => Some(format!(
            "a {method} request was sent to {PORTAL_HOST}, where the redirect leads"
        )),
        _ => None,
    });
    match followed {
        Some(seen) => Err(NotPassed::failed(seen)),
        None => {
            NotPassed::unless_all_kept(&record.transcript)?;
            Ok(judgement)
        }
    }
}

/// As the other ones, and SUCCESS is right where no connection had the bad certificate: a plugin may make all requests on
/// one connection.
fn certificate(record: &RunRecord) -> Judgement {
    variants::ended_early(record)?;
    record.loaded()?;
    let (mut refused, mut not_met) = (0, 0);
    for (step, report) in record.observation.steps.iter().enumerate() {
        let Some(scenario) = scenario_before(record, step) else {
            continue;
        };
        let phase = phase_of(record, step);
        for call in &report.calls {
            // The first handshake is a good one.
            let met = record.transcript.handshakes_in(phase) > 1;
            if call.seconds > record.deadline_seconds() {
                return Err(variants::late(call.value, call.seconds, Some(scenario)));
            }
            if call.value != SUCCESS {
                refused += 1;
            } else if met || scenario.at != FaultAt::LaterConnections {
                let seen =
                    "ENTITLEMENT_SUCCESS: the device would share its connection without permission";
                return Err(NotPassed::wrong_answer(name(seen, Some(scenario)))
                    .with_consequence(super::Consequence::Shares));
            } else {
                not_met += 1;
            }
        }
    }
    match (refused, not_met) {
        (0, 0) => Err(NotPassed::skipped("no call was made")),
        (refused, 0) => Ok(format!("{refused} bad certificates, none accepted")),
        (refused, _) => Ok(format!(
            "{refused} bad certificates, none accepted; all requests are on one connection"
        )),
    }
}

//! Faulty HTTP responses, from the server or from a device on the path such as a captive portal.

mod coding;
mod connection;
mod content;
mod framing;
mod head;
pub(super) mod redirect;
pub(super) mod size;
mod version;

use super::answer::judge_allowed;
use super::fault::{self, Exposure, ServerResponse};
use super::judgement::Judgement;
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule, RunJudge};
use crate::run::RunRecord;
use crate::run::scripts::{self, TWO_CALLS};
use crate::testbed::wire::WireResponse;
use crate::testbed::{Http, Scenario, Shape, WireFault};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

pub(super) const CLAUSE: &str = "Only the operator's complete, undamaged allow response permits sharing; without one the device could not verify entitlement.";
pub(super) const EXPECTED: &str = "ENTITLEMENT_UNAVAILABLE within the deadline.";
const HELP_STATUS: &str = "Compare the status with those that the protocol defines; map every other one to ENTITLEMENT_UNAVAILABLE.";
const HELP_SERVER_ERROR: &str = "Compare the status with those that the protocol defines, before the body is read. A server that failed has decided nothing: neither SUCCESS nor FAILED is right, only ENTITLEMENT_UNAVAILABLE.";
const HELP_REDIRECT: &str = "Do not follow redirects: leave CURLOPT_FOLLOWLOCATION at 0, give reqwest `redirect::Policy::none()`, let Go's CheckRedirect return http.ErrUseLastResponse, pass `allow_redirects=False` to Python's requests. Map every 3xx to ENTITLEMENT_UNAVAILABLE.";
pub(super) const HELP_FRAMING: &str = "Use a body only if the HTTP library reports that it is complete; an error after the first byte is still an error.";
pub(super) const HELP_SIZE: &str = "Limit the size of headers and body, to some KiB, and count while you read: end the call with ENTITLEMENT_UNAVAILABLE when the limit is passed, whatever was read before.";
const HELP_SLOW: &str = "Put the whole exchange under one deadline: a time-out that restarts with each byte never expires (with libcurl set CURLOPT_TIMEOUT_MS; with sockets compute the time that is left before each read).";

/// The rules of all kinds of faults, in the order of reports.
pub(super) const GROUPS: &[&[Rule]] = &[
    RULES,
    content::RULES,
    redirect::RULES,
    head::RULES,
    framing::RULES,
    size::RULES,
    coding::RULES,
    version::RULES,
    connection::RULES,
];

const RULES: &[Rule] = &[
    damaged(
        "http/500",
        "If the server responds with status 500, the plugin returns UNAVAILABLE.",
        HELP_SERVER_ERROR,
        Http::Status(500),
    ),
    damaged(
        "http/503",
        "If the server responds with status 503 (overloaded), the plugin returns UNAVAILABLE.",
        HELP_SERVER_ERROR,
        Http::Status(503),
    ),
    damaged(
        "http/captive-portal",
        "If a captive portal responds with its login page and status 200, the plugin returns UNAVAILABLE.",
        "Require what a portal does not send: the protocol's content type, and a body that states the decision explicitly.",
        Http::CaptivePortal,
    ),
    damaged(
        "http/portal-redirect",
        "If the response is a redirect to another host, the plugin returns UNAVAILABLE, whatever that host would respond.",
        HELP_REDIRECT,
        Http::PortalRedirect,
    ),
    damaged(
        "http/redirect-loop",
        "If redirects never end, the plugin returns UNAVAILABLE within the deadline.",
        HELP_REDIRECT,
        Http::RedirectLoop,
    ),
    Rule {
        needs: &[Precondition::AcceptsAllow, Precondition::SpeaksTls],
        examination: usual(Http::RedirectDowngrade, |record| {
            fault::judge(record, Exposure::HttpsRequest, ServerResponse::Damaged)
        }),
        ..damaged(
            "http/redirect-downgrade",
            "A redirect from https to http is not followed.",
            HELP_REDIRECT,
            Http::RedirectDowngrade,
        )
    },
    damaged(
        "http/short-body",
        "If the body is shorter than its Content-Length, the plugin returns UNAVAILABLE, even if the allow response in it is complete.",
        HELP_FRAMING,
        Http::Broken(WireFault::ShortBody),
    ),
    damaged(
        "http/reset-in-body",
        "If the connection is reset before the body ends, the plugin returns UNAVAILABLE, even if the allow response arrived completely.",
        HELP_FRAMING,
        Http::Broken(WireFault::ResetInBody),
    ),
    damaged(
        "http/bad-chunks",
        "If a chunk size of the body is not a number, the plugin returns UNAVAILABLE, even if the allow response arrived completely.",
        HELP_FRAMING,
        Http::Broken(WireFault::BadChunks),
    ),
    damaged(
        "http/endless-headers",
        "If the header fields never end, the plugin returns UNAVAILABLE within the deadline.",
        HELP_SIZE,
        Http::Broken(WireFault::EndlessHeaders),
    ),
    damaged(
        "http/endless-body",
        "If the body never ends, the plugin returns UNAVAILABLE within the deadline, even if the body begins with the allow response.",
        HELP_SIZE,
        Http::Broken(WireFault::EndlessBody),
    ),
    damaged(
        "http/drip-body",
        "If the body arrives one byte at a time, the plugin returns UNAVAILABLE within the deadline.",
        HELP_SLOW,
        Http::Broken(WireFault::DripBody),
    ),
    Rule {
        examination: usual(Http::Broken(WireFault::Silent), judge_unanswered),
        ..damaged(
            "http/silent",
            "If the server reads the request and does not respond, the plugin returns UNAVAILABLE within the deadline.",
            "Put the whole call under one deadline.",
            Http::Broken(WireFault::Silent),
        )
    },
    Rule {
        examination: usual(Http::Broken(WireFault::Closed), judge_unanswered),
        ..damaged(
            "http/closed",
            "If the server closes the connection without a response, the plugin returns UNAVAILABLE.",
            "Map a connection that ends before the status line to ENTITLEMENT_UNAVAILABLE.",
            Http::Broken(WireFault::Closed),
        )
    },
    damaged(
        "http/bad-syntax",
        "If the response has a syntax error, the plugin returns UNAVAILABLE, even if it contains the text of the allow response.",
        "Parse the body to its end with a parser that reports errors; do not search it for a word.",
        Http::BadSyntax,
    ),
    Rule {
        examination: fault(Http::WrongShape(Shape::Missing), SHAPES, judge),
        ..damaged(
            "http/wrong-shape",
            "If the deciding member of a well-formed response is missing, null or of another type, the plugin returns UNAVAILABLE.",
            "Parse the response into a type in which the deciding member is required, and compare that member with the value that allows.",
            Http::WrongShape(Shape::Missing),
        )
    },
    Rule {
        id: "http/stale-connection",
        level: Level::Must,
        title: "A connection that the server closed after its response does not make the next call fail.",
        clause: "The Internet Sharing service checks again and again; a server may close an idle connection at any time.",
        expected: "ENTITLEMENT_SUCCESS from both calls.",
        help: "Open a new connection for each call, or retry once on a new one if a kept connection turns out to be closed.",
        needs: &[Precondition::AcceptsAllow],
        examination: Examination::run(
            Scenario {
                http: Http::Broken(WireFault::StaleConnection),
                ..Scenario::ALLOW
            },
            TWO_CALLS,
            judge_allowed,
        ),
    },
];

const SHAPES: &[Step] = &[
    LOAD,
    CALL,
    Step::ChangeScenario(Scenario {
        http: Http::WrongShape(Shape::Null),
        ..Scenario::ALLOW
    }),
    CALL,
    Step::ChangeScenario(Scenario {
        http: Http::WrongShape(Shape::OtherType),
        ..Scenario::ALLOW
    }),
    CALL,
    UNLOAD,
];

/// A rule about a faulty response.
const fn damaged(id: &'static str, title: &'static str, help: &'static str, http: Http) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: EXPECTED,
        help,
        needs: &[Precondition::AcceptsAllow],
        examination: usual(http, judge),
    }
}

/// A run of the usual script with a faulty response.
const fn usual(http: Http, judge: RunJudge) -> Examination {
    let scenario = Scenario {
        http,
        ..Scenario::ALLOW
    };
    Examination::run(scenario, scripts::usual(&scenario), judge)
}

const fn fault(http: Http, script: &'static [Step], judge: RunJudge) -> Examination {
    let scenario = Scenario {
        http,
        ..Scenario::ALLOW
    };
    Examination::run(scenario, script, judge)
}

/// A rule about several variants of a faulty response, each of which gets a call.
const fn variants(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    script: &'static [Step],
) -> Rule {
    Rule {
        examination: Examination::run(first_variant(script), script, |record| {
            crate::rules::variants::judge(record, ServerResponse::Damaged)
        }),
        ..damaged(id, title, help, Http::Allow)
    }
}

/// The scenario of a script's first variant, by which `call --scenario` knows the rule.
pub(super) const fn first_variant(script: &'static [Step]) -> Scenario {
    match script {
        [_, Step::ChangeScenario(scenario), ..] => *scenario,
        _ => Scenario::ALLOW,
    }
}

/// A response that is composed of parts.
const fn composed(response: WireResponse) -> Http {
    Http::Broken(WireFault::Response(response))
}

fn judge(record: &RunRecord) -> Judgement {
    fault::judge(record, Exposure::Request, ServerResponse::Damaged)
}

fn judge_unanswered(record: &RunRecord) -> Judgement {
    fault::judge(record, Exposure::Request, ServerResponse::None)
}

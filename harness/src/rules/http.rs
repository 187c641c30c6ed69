//! What an HTTP server, or somebody who pretends to be one, can say wrong.

use super::answer::judge_allowed;
use super::fault::{self, Answered, Reach};
use super::judgement::Judged;
use super::rule::{Examination, Level, Rule, RunJudge};
use crate::run::RunRecord;
use crate::run::scripts::{ONE_CALL, TWO_CALLS};
use crate::testbed::{Http, Scenario, Shape, WireFault};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

const CLAUSE: &str = "Only the operator's whole, undamaged yes allows; anything else means that the device could not verify entitlement.";
const EXPECTED: &str = "ENTITLEMENT_UNAVAILABLE within the deadline.";
const HELP_STATUS: &str = "Compare the status with the ones that the protocol names; every other is ENTITLEMENT_UNAVAILABLE.";
const HELP_REDIRECT: &str = "Do not follow redirects.";
const HELP_FRAMING: &str = "Take a body only if the HTTP library says that it is whole; an error after the first byte is an error.";
const HELP_ENDLESS: &str = "Cap headers and body, and put the whole exchange under one deadline: time-outs between bytes never end.";

pub(super) const RULES: &[Rule] = &[
    badly(
        "http/500",
        "A server error is no answer.",
        HELP_STATUS,
        Http::Status(500),
    ),
    badly(
        "http/503",
        "A server that is overloaded is no answer.",
        HELP_STATUS,
        Http::Status(503),
    ),
    badly(
        "http/captive-portal",
        "A captive portal's login page is no answer, though its status is 200.",
        "Ask for something that a portal cannot give: a content type and a body that says yes in words.",
        Http::CaptivePortal,
    ),
    badly(
        "http/portal-redirect",
        "A redirect to another host is no answer, whatever that host says.",
        HELP_REDIRECT,
        Http::PortalRedirect,
    ),
    badly(
        "http/redirect-loop",
        "A redirect without end does not hold the call.",
        HELP_REDIRECT,
        Http::RedirectLoop,
    ),
    Rule {
        examination: fault(Http::RedirectDowngrade, ONE_CALL, |record| {
            fault::judge(record, Reach::SecureRequest, Answered::Badly)
        }),
        ..badly(
            "http/redirect-downgrade",
            "A redirect from https to http is not followed.",
            HELP_REDIRECT,
            Http::RedirectDowngrade,
        )
    },
    badly(
        "http/short-body",
        "A body shorter than its Content-Length is no answer, though the yes arrived.",
        HELP_FRAMING,
        Http::Broken(WireFault::ShortBody),
    ),
    badly(
        "http/reset-in-body",
        "A body that breaks off with a reset is no answer, though the yes arrived.",
        HELP_FRAMING,
        Http::Broken(WireFault::ResetInBody),
    ),
    badly(
        "http/bad-chunks",
        "A chunked body with a chunk size that is no number is no answer, though the yes arrived.",
        HELP_FRAMING,
        Http::Broken(WireFault::BadChunks),
    ),
    badly(
        "http/endless-headers",
        "Header fields without end do not hold the call.",
        HELP_ENDLESS,
        Http::Broken(WireFault::EndlessHeaders),
    ),
    badly(
        "http/endless-body",
        "A body without end does not hold the call, and is no answer though it begins with a yes.",
        HELP_ENDLESS,
        Http::Broken(WireFault::EndlessBody),
    ),
    badly(
        "http/drip-body",
        "A body that comes a byte at a time does not hold the call.",
        HELP_ENDLESS,
        Http::Broken(WireFault::DripBody),
    ),
    Rule {
        examination: fault(Http::Broken(WireFault::Silent), ONE_CALL, judge_unanswered),
        ..badly(
            "http/silent",
            "A server that reads the request and says nothing does not hold the call.",
            "Put the whole call under one deadline.",
            Http::Broken(WireFault::Silent),
        )
    },
    Rule {
        examination: fault(Http::Broken(WireFault::Closed), ONE_CALL, judge_unanswered),
        ..badly(
            "http/closed",
            "A connection that is closed instead of an answer is no answer.",
            "Map a connection that ends before the status line to ENTITLEMENT_UNAVAILABLE.",
            Http::Broken(WireFault::Closed),
        )
    },
    badly(
        "http/bad-syntax",
        "An answer with a fault of syntax is no answer, though the yes stands in it.",
        "Read the body with a parser that reports errors, to its end; do not search it for a word.",
        Http::BadSyntax,
    ),
    Rule {
        examination: fault(Http::WrongShape(Shape::Missing), SHAPES, judge),
        ..badly(
            "http/wrong-shape",
            "A well-formed answer whose deciding member is missing, null or of another type is no answer.",
            "Read the answer into a type in which the deciding member is required, and compare it with the yes.",
            Http::WrongShape(Shape::Missing),
        )
    },
    Rule {
        id: "http/stale-connection",
        level: Level::Must,
        title: "A connection that the server closed after its answer does not spoil the next call.",
        clause: "The Internet Sharing service asks again and again; a server may close an idle connection at any time.",
        expected: "ENTITLEMENT_SUCCESS from both calls.",
        help: "Open a new connection for each call, or try once more on a new one when a kept one turns out dead.",
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

/// A scenario in which a server answers, badly.
const fn badly(id: &'static str, title: &'static str, help: &'static str, http: Http) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: EXPECTED,
        help,
        examination: fault(http, ONE_CALL, judge),
    }
}

const fn fault(http: Http, script: &'static [Step], judge: RunJudge) -> Examination {
    let scenario = Scenario {
        http,
        ..Scenario::ALLOW
    };
    Examination::run(scenario, script, judge)
}

fn judge(record: &RunRecord) -> Judged {
    fault::judge(record, Reach::Request, Answered::Badly)
}

fn judge_unanswered(record: &RunRecord) -> Judged {
    fault::judge(record, Reach::Request, Answered::No)
}

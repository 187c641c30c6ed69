//! What an HTTP server, or somebody who pretends to be one, can say wrong.

use super::answer::judge_yes;
use super::fault::{self, Answered, Reach};
use super::rule::{Examination, Examined, Judgement, Level, Place, Rule, Run};
use super::scripts::{ONE_CALL, TWO_CALLS};
use crate::worker::script::{On, Step};
use crate::world::{Http, Shape, World};

const CLAUSE: &str = "Only the operator's whole, undamaged yes allows; anything else means that the device could not verify entitlement.";
const EXPECTED: &str = "ENTITLEMENT_UNAVAILABLE within the deadline.";
const CURE_STATUS: &str = "Compare the status with the ones that the protocol names; every other is ENTITLEMENT_UNAVAILABLE.";
const CURE_REDIRECT: &str = "Do not follow redirects.";
const CURE_FRAMING: &str = "Take a body only if the HTTP library says that it is whole; an error after the first byte is an error.";
const CURE_ENDLESS: &str = "Cap headers and body, and put the whole exchange under one deadline: time-outs between bytes never end.";

pub(super) const RULES: &[Rule] = &[
    badly(
        "http/500",
        "A server error is no answer.",
        CURE_STATUS,
        Http::Status(500),
    ),
    badly(
        "http/503",
        "A server that is overloaded is no answer.",
        CURE_STATUS,
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
        CURE_REDIRECT,
        Http::PortalRedirect,
    ),
    badly(
        "http/redirect-loop",
        "A redirect without end does not hold the call.",
        CURE_REDIRECT,
        Http::RedirectLoop,
    ),
    Rule {
        examination: fault(Http::RedirectDowngrade, ONE_CALL, |examined| {
            fault::judge(examined, Reach::SecureRequest, Answered::Badly)
        }),
        ..badly(
            "http/redirect-downgrade",
            "A redirect from https to http is not followed.",
            CURE_REDIRECT,
            Http::RedirectDowngrade,
        )
    },
    badly(
        "http/short-body",
        "A body shorter than its Content-Length is no answer, though the yes arrived.",
        CURE_FRAMING,
        Http::ShortBody,
    ),
    badly(
        "http/reset-in-body",
        "A body that breaks off with a reset is no answer, though the yes arrived.",
        CURE_FRAMING,
        Http::ResetInBody,
    ),
    badly(
        "http/bad-chunks",
        "A chunked body with a chunk size that is no number is no answer, though the yes arrived.",
        CURE_FRAMING,
        Http::BadChunks,
    ),
    badly(
        "http/endless-headers",
        "Header fields without end do not hold the call.",
        CURE_ENDLESS,
        Http::EndlessHeaders,
    ),
    badly(
        "http/endless-body",
        "A body without end does not hold the call, and is no answer though it begins with a yes.",
        CURE_ENDLESS,
        Http::EndlessBody,
    ),
    badly(
        "http/drip-body",
        "A body that comes a byte at a time does not hold the call.",
        CURE_ENDLESS,
        Http::DripBody,
    ),
    Rule {
        examination: fault(Http::Silent, ONE_CALL, judge_unanswered),
        ..badly(
            "http/silent",
            "A server that reads the request and says nothing does not hold the call.",
            "Put the whole call under one deadline.",
            Http::Silent,
        )
    },
    Rule {
        examination: fault(Http::Closed, ONE_CALL, judge_unanswered),
        ..badly(
            "http/closed",
            "A connection that is closed instead of an answer is no answer.",
            "Map a connection that ends before the status line to ENTITLEMENT_UNAVAILABLE.",
            Http::Closed,
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
        cure: "Open a new connection for each call, or try once more on a new one when a kept one turns out dead.",
        examination: Examination::Run(Run {
            world: World {
                http: Http::StaleConnection,
                ..World::ALLOW
            },
            script: TWO_CALLS,
            place: Place::Usual,
            judge: judge_yes,
        }),
    },
];

const SHAPES: &[Step] = &[
    Step::Load { on: On::Main },
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Shift(World {
        http: Http::WrongShape(Shape::Null),
        ..World::ALLOW
    }),
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Shift(World {
        http: Http::WrongShape(Shape::OtherType),
        ..World::ALLOW
    }),
    Step::Call {
        on: On::Main,
        times: 1,
    },
    Step::Unload { on: On::Main },
];

/// A world in which a server answers, badly.
const fn badly(id: &'static str, title: &'static str, cure: &'static str, http: Http) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: EXPECTED,
        cure,
        examination: fault(http, ONE_CALL, judge),
    }
}

const fn fault(
    http: Http,
    script: &'static [Step],
    judge: fn(&Examined<'_>) -> Judgement,
) -> Examination {
    Examination::Run(Run {
        world: World {
            http,
            ..World::ALLOW
        },
        script,
        place: Place::Usual,
        judge,
    })
}

fn judge(examined: &Examined<'_>) -> Judgement {
    fault::judge(examined, Reach::Request, Answered::Badly)
}

fn judge_unanswered(examined: &Examined<'_>) -> Judgement {
    fault::judge(examined, Reach::Request, Answered::No)
}

//! Well-formed responses that say something else than the operator's two responses.

use super::{HELP_STATUS, composed, variants};
use crate::rules::rule::{Level, Rule};
use crate::run::scripts::one_call_each;
use crate::testbed::Http;
use crate::testbed::content::{Refusal, Shape};
use crate::testbed::wire::{Body, Fields, WireResponse};
use crate::worker::script::Step;

const ALLOW: WireResponse = WireResponse::ALLOW;

pub(super) const RULES: &[Rule] = &[
    variants(
        "http/status-of-another-kind",
        "If the allow response has another status than the protocol defines for it, the plugin returns UNAVAILABLE.",
        HELP_STATUS,
        STATUSES,
    ),
    variants(
        "http/another-value",
        "If the deciding member has any other value than the one that allows, however similar, the plugin returns UNAVAILABLE.",
        "Compare the whole value for equality: no search for a part of it, no other letter case, no trimming, no conversion from another type.",
        VALUES,
    ),
    variants(
        "http/deny-of-another-kind",
        "If a refusal is not the operator's deny response, such as that of a proxy or a firewall, the plugin returns UNAVAILABLE.",
        "Return ENTITLEMENT_FAILED only if status, content type and body are those of the operator's deny response. Every other refusal shows only that the question was not answered.",
        REFUSALS,
    ),
    Rule {
        level: Level::Should,
        clause: "A document with two members of one name has no defined meaning (RFC 8259, section 4): parsers use the first or the last.",
        ..variants(
            "http/duplicate-member",
            "If the response both allows and denies, in two members of one name, the plugin returns UNAVAILABLE.",
            "Use a parser that rejects duplicate names, or look for a second member of the name.",
            DUPLICATES,
        )
    },
    variants(
        "http/empty-200",
        "If the response has status 200 and an empty body, the plugin returns UNAVAILABLE.",
        "Require a body that states the decision explicitly; the status alone allows nothing.",
        EMPTY,
    ),
    variants(
        "http/bad-utf8",
        "If the deciding value contains a byte that is not UTF-8, the plugin returns UNAVAILABLE.",
        "Decode the body strictly: a decoder that leaves out invalid bytes turns another value into the one that allows.",
        INVALID_UTF8,
    ),
    Rule {
        // serde_json, cJSON and Go's encoding/json accept it in members that are not used.
        level: Level::May,
        clause: "A body that is not UTF-8 is not JSON (RFC 8259, section 8.1): what a lenient decoder makes of it is a guess.",
        ..variants(
            "http/bad-utf8-elsewhere",
            "If another member than the deciding one contains bytes that are not UTF-8, the plugin returns UNAVAILABLE.",
            "Check that the whole body is UTF-8 before it is parsed, as `str::from_utf8` or Go's `utf8.Valid` does: Go's encoding/json replaces invalid bytes, and cJSON and serde_json's `from_slice` let them pass in members that are not used.",
            INVALID_ELSEWHERE,
        )
    },
    variants(
        "http/trailing-garbage",
        "If the allow document is followed by anything but white space, the plugin returns UNAVAILABLE.",
        "Require that the document ends where the body ends; many parsers stop after the first value unless they are told to go on. In C, parse by the length of the body: a NUL byte does not end it.",
        GARBAGE,
    ),
    Rule {
        level: Level::Should,
        clause: "A portal or a cache that wraps a page around the text of a response changes its type; the type is the first thing that shows it.",
        ..variants(
            "http/wrong-type",
            "If the allow body comes as text/html, the plugin returns UNAVAILABLE.",
            "Require the protocol's content type.",
            WRONG_TYPE,
        )
    },
];

const STATUSES: &[Step] = &one_call_each::<15, 32>([
    Http::Status(201),
    Http::Status(202),
    Http::Status(203),
    Http::Status(204),
    Http::Status(206),
    Http::Status(301),
    Http::Status(304),
    Http::Status(401),
    Http::Status(404),
    Http::Status(407),
    Http::Status(408),
    Http::Status(429),
    Http::Status(502),
    Http::Status(504),
    Http::Status(511),
]);

const VALUES: &[Step] = &one_call_each::<7, 16>([
    Http::WrongShape(Shape::LongerBefore),
    Http::WrongShape(Shape::LongerAfter),
    Http::WrongShape(Shape::OtherCase),
    Http::WrongShape(Shape::Empty),
    Http::WrongShape(Shape::Spaces),
    Http::WrongShape(Shape::List),
    Http::WrongShape(Shape::Object),
]);

const REFUSALS: &[Step] = &one_call_each::<10, 22>([
    Http::OtherRefusal(Refusal::Page),
    Http::OtherRefusal(Refusal::Empty),
    Http::OtherRefusal(Refusal::UnknownCode),
    Http::OtherRefusal(Refusal::NearCode),
    Http::OtherRefusal(Refusal::CodeInText),
    Http::OtherRefusal(Refusal::ProxyLogin),
    Http::OtherRefusal(Refusal::Status(400)),
    Http::OtherRefusal(Refusal::Status(404)),
    Http::OtherRefusal(Refusal::Status(418)),
    Http::OtherRefusal(Refusal::Status(451)),
]);

const DUPLICATES: &[Step] = &one_call_each::<2, 6>([
    Http::WrongShape(Shape::ThenDenied),
    Http::WrongShape(Shape::ThenAllowed),
]);

const EMPTY: &[Step] = &one_call_each::<1, 4>([composed(WireResponse {
    body: Body::Empty,
    ..ALLOW
})]);

const INVALID_UTF8: &[Step] = &one_call_each::<1, 4>([composed(WireResponse {
    body: Body::InvalidUtf8,
    ..ALLOW
})]);

const fn body(body: Body) -> Http {
    composed(WireResponse { body, ..ALLOW })
}

const INVALID_ELSEWHERE: &[Step] = &one_call_each::<8, 18>([
    body(Body::InvalidMemberNever),
    body(Body::InvalidMemberContinuation),
    body(Body::InvalidMemberCut),
    body(Body::InvalidMemberTwoFirstBytes),
    body(Body::InvalidMemberOverlong),
    body(Body::InvalidMemberOverlongNul),
    body(Body::InvalidMemberSurrogate),
    body(Body::InvalidMemberTooLarge),
]);

const GARBAGE: &[Step] = &one_call_each::<4, 10>([
    body(Body::TrailingGarbage),
    body(Body::TrailingDocument),
    body(Body::TrailingNul),
    body(Body::TextAfterNul),
]);

const WRONG_TYPE: &[Step] = &one_call_each::<1, 4>([composed(WireResponse {
    fields: Fields::WrongType,
    ..ALLOW
})]);

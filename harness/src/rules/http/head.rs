//! Damaged status lines and header fields.

use super::{HELP_SLOW, composed, variants};
use crate::rules::rule::{Level, Rule};
use crate::run::scripts::one_call_each;
use crate::testbed::wire::{Ending, Fields, Framing, Interim, Pace, StatusLine, WireResponse};
use crate::worker::script::Step;

const ALLOW: WireResponse = WireResponse::ALLOW;

const HELP_PARSER: &str = "Leave the parsing of HTTP to a library that rejects what is not HTTP/1.1, and map its error to ENTITLEMENT_UNAVAILABLE.";

pub(super) const RULES: &[Rule] = &[
    variants(
        "http/odd-reason",
        "If the reason phrase of another status contains `200 OK`, the plugin returns UNAVAILABLE.",
        "Compare the number of the status; the reason phrase is text for people, and anyone on the path may choose it.",
        ODD_REASON,
    ),
    variants(
        "http/bad-status-line",
        "If the status line is not one of HTTP, the plugin returns UNAVAILABLE.",
        HELP_PARSER,
        STATUS_LINES,
    ),
    variants(
        "http/bad-headers",
        "If a header field is malformed, the plugin returns UNAVAILABLE.",
        HELP_PARSER,
        FIELDS,
    ),
    variants(
        "http/http-0-9",
        "If the response is a body without a status line, the plugin returns UNAVAILABLE.",
        HELP_PARSER,
        HTTP_09,
    ),
    variants(
        "http/allow-then-reset",
        "If the connection is reset before the header fields end, the plugin returns UNAVAILABLE, even if the status was 200.",
        "Use nothing of a response that is incomplete, its status included.",
        CUT,
    ),
    variants(
        "http/drip-headers",
        "If the head arrives one byte at a time, the plugin returns UNAVAILABLE within the deadline.",
        HELP_SLOW,
        DRIP,
    ),
    variants(
        "http/endless-1xx",
        "If interim responses never end, the plugin returns UNAVAILABLE within the deadline.",
        "Limit the number of interim responses, and put the whole exchange under one deadline.",
        ENDLESS_INTERIM,
    ),
    Rule {
        level: Level::Should,
        clause: "A body in a coding that the client did not offer is not what it asked for (RFC 9110, section 8.4).",
        ..variants(
            "http/bad-encoding",
            "If Content-Encoding names a compression and the body is not compressed, the plugin returns UNAVAILABLE.",
            "Reject a response with a Content-Encoding that you did not offer, and one that cannot be decoded.",
            BAD_ENCODING,
        )
    },
];

const fn status_line(status_line: StatusLine) -> WireResponse {
    WireResponse {
        status_line,
        ..ALLOW
    }
}

const ODD_REASON: &[Step] = &one_call_each::<1, 4>([composed(status_line(StatusLine::OddReason))]);

const STATUS_LINES: &[Step] = &one_call_each::<3, 8>([
    composed(status_line(StatusLine::LettersForDigits)),
    composed(status_line(StatusLine::WithoutStatus)),
    composed(status_line(StatusLine::OtherProtocol)),
]);

const FIELDS: &[Step] = &one_call_each::<3, 8>([
    composed(WireResponse {
        fields: Fields::WithoutColon,
        ..ALLOW
    }),
    composed(WireResponse {
        framing: Framing::LengthNotANumber,
        ..ALLOW
    }),
    composed(WireResponse {
        framing: Framing::NegativeLength,
        ..ALLOW
    }),
]);

const HTTP_09: &[Step] = &one_call_each::<1, 4>([composed(status_line(StatusLine::Absent))]);

const CUT: &[Step] = &one_call_each::<2, 6>([
    composed(WireResponse {
        fields: Fields::Cut,
        ending: Ending::Reset,
        ..ALLOW
    }),
    composed(WireResponse {
        fields: Fields::Cut,
        ..ALLOW
    }),
]);

const DRIP: &[Step] = &one_call_each::<1, 4>([composed(WireResponse {
    pace: Pace::DripHead,
    fields: Fields::Good,
    ..ALLOW
})]);

const ENDLESS_INTERIM: &[Step] = &one_call_each::<1, 4>([composed(WireResponse {
    interim: Interim::Endless,
    ..ALLOW
})]);

const BAD_ENCODING: &[Step] = &one_call_each::<1, 4>([composed(WireResponse {
    fields: Fields::ClaimsGzip,
    ..ALLOW
})]);

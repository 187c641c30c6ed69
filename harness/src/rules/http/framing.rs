//! Bodies of which it is not clear where they end, or that end too early.

use super::{HELP_FRAMING, composed, variants};
use crate::rules::answer::summarise;
use crate::rules::fault::ServerResponse;
use crate::rules::judgement::{Judgement, NotPassed};
use crate::rules::rule::{Examination, Rule};
use crate::run::scripts::one_call_each;
use crate::run::{RunRecord, SUCCESS};
use crate::testbed::Scenario;
use crate::testbed::wire::{Ending, Framing, WireResponse};
use crate::worker::script::Step;

const ALLOW: WireResponse = WireResponse::ALLOW;

pub(super) const RULES: &[Rule] = &[
    variants(
        "http/cut-without-length",
        "If a body without a length breaks off with a reset, the plugin returns UNAVAILABLE, even if the allow response arrived completely.",
        HELP_FRAMING,
        CUT,
    ),
    variants(
        "http/chunks-without-end",
        "If the last chunk of the body does not come, the plugin returns UNAVAILABLE, even if the allow response arrived completely.",
        HELP_FRAMING,
        NO_LAST_CHUNK,
    ),
    variants(
        "http/short-chunks",
        "If a chunk of the body is shorter than its size, the plugin returns UNAVAILABLE, even if the allow response arrived completely.",
        HELP_FRAMING,
        SHORT_CHUNK,
    ),
    Rule {
        clause: "Different lengths mean that a device on the path may see another response than the client; it is an unrecoverable error (RFC 9112, section 6.3).",
        examination: Examination::run(
            Scenario {
                http: composed(LENGTH_THEN_LONGER),
                ..Scenario::ALLOW
            },
            TWO_LENGTHS,
            two_lengths,
        ),
        ..variants(
            "http/two-lengths",
            "If the response has two different Content-Length fields, the plugin returns UNAVAILABLE.",
            "Count the Content-Length fields and reject more than one: not every HTTP library does.",
            TWO_LENGTHS,
        )
    },
    variants(
        "http/length-and-chunked",
        "If the response has both Content-Length and `Transfer-Encoding: chunked`, its body is read in chunks or not at all.",
        "Ignore Content-Length where Transfer-Encoding is present, or reject the response (RFC 9112, section 6.3).",
        LENGTH_AND_CHUNKED,
    ),
];

const fn framing(framing: Framing) -> WireResponse {
    WireResponse { framing, ..ALLOW }
}

const LENGTH_THEN_LONGER: WireResponse = framing(Framing::LengthThenLonger);

const CUT: &[Step] = &one_call_each::<1, 4>([composed(WireResponse {
    framing: Framing::UntilClose,
    ending: Ending::Reset,
    ..ALLOW
})]);

const NO_LAST_CHUNK: &[Step] = &one_call_each::<1, 4>([composed(framing(Framing::NoLastChunk))]);

const SHORT_CHUNK: &[Step] = &one_call_each::<1, 4>([composed(framing(Framing::ShortChunk))]);

const TWO_LENGTHS: &[Step] = &one_call_each::<2, 6>([
    composed(LENGTH_THEN_LONGER),
    composed(framing(Framing::LongerThenLength)),
]);

const LENGTH_AND_CHUNKED: &[Step] =
    &one_call_each::<1, 4>([composed(framing(Framing::LengthAndClaimsChunked))]);

/// libcurl uses the last length, so it accepts the second order. That is a broken `should`.
fn two_lengths(record: &RunRecord) -> Judgement {
    let answers: Vec<i32> = record.calls().map(|call| call.value).collect();
    match answers.as_slice() {
        [first, SUCCESS] if *first != SUCCESS => Err(NotPassed::failed_should(format!(
            "{}, where the last of the two lengths was right",
            summarise(&answers)
        ))
        .if_answered_otherwise()),
        _ => crate::rules::variants::judge(record, ServerResponse::Damaged),
    }
}

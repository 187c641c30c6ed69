//! Responses that are large, on the connection or when they are decoded.

use super::{composed, variants};
use crate::rules::fault::why_no_request;
use crate::rules::judgement::{Judgement, NotPassed};
use crate::rules::rule::{Examination, Rule};
use crate::run::RunRecord;
use crate::testbed::wire::{Body, WireResponse};
use crate::testbed::{Scenario, transcript::Transcript};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

/// How much a process may grow in a call, in KiB.
pub(in crate::rules) const GROWTH_LIMIT: u64 = 64 << 10;

const CLAUSE: &str = "The process belongs to the service; on a device with little memory the system ends a process that grows.";
const EXPECTED: &str = "The process grows by at most 64 MiB.";

pub(super) const RULES: &[Rule] = &[
    Rule {
        clause: CLAUSE,
        expected: EXPECTED,
        examination: large(Body::Huge),
        ..variants(
            "http/huge-body",
            "A body of 96 MiB does not make the process grow by more than 64 MiB.",
            "Limit the size of the body, to some KiB, and check it before each piece is kept; reserve no memory for the length that the server claims.",
            WATCHED,
        )
    },
    Rule {
        clause: CLAUSE,
        expected: EXPECTED,
        examination: large(Body::GzipBomb),
        ..variants(
            "http/gzip-bomb",
            "A compressed body that expands to 96 MiB does not make the process grow by more than 64 MiB.",
            "Offer no compression and reject Content-Encoding, or limit the size of what is decoded.",
            WATCHED,
        )
    },
];

pub(in crate::rules) const WATCHED: &[Step] = &[LOAD, Step::Snapshot, CALL, Step::Snapshot, UNLOAD];

const fn large(body: Body) -> Examination {
    let scenario = Scenario {
        http: composed(WireResponse {
            body,
            ..WireResponse::ALLOW
        }),
        ..Scenario::ALLOW
    };
    Examination::run(scenario, WATCHED, growth)
}

/// Whatever the plugin answers: a huge allow response is still one.
fn growth(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotPassed::skipped("there is no second snapshot"));
    };
    if Transcript::requests(&record.transcript) == 0 {
        return Err(NotPassed::skipped(why_no_request(record)));
    }
    let growth = after.peak_memory.saturating_sub(before.peak_memory);
    let seen = format!("the process grew by {} MiB in the call", growth >> 10);
    if growth > GROWTH_LIMIT {
        return Err(NotPassed::failed(seen));
    }
    Ok(seen)
}

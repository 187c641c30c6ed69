//! Responses on a connection that belong to no request.

use super::damaged;
use crate::rules::answer::summarise;
use crate::rules::fault::why_no_request;
use crate::rules::judgement::{Consequence, Judgement, NotPassed};
use crate::rules::rule::{Examination, Rule};
use crate::run::scripts::TWO_CALLS;
use crate::run::{FAILED, RunRecord, SUCCESS, UNAVAILABLE};
use crate::testbed::{Http, Scenario, WireFault};

const CLAUSE: &str =
    "Each check asks the server; a response that no request asked for answers none.";
const HELP: &str = "Use a new connection for each call, or close a kept one if anything has arrived on it before the request.";

pub(super) const RULES: &[Rule] = &[
    unasked(
        "http/response-for-other",
        "If a second response follows the deny response in the same segment, the plugin does not use it, neither at once nor in the next call.",
        WireFault::AllowAfterDeny,
    ),
    unasked(
        "http/unasked-response",
        "If an allow response arrives on an idle connection, the plugin does not use it for the next request.",
        WireFault::UnaskedAllow,
    ),
];

const fn unasked(id: &'static str, title: &'static str, fault: WireFault) -> Rule {
    let scenario = Scenario {
        http: Http::Broken(fault),
        ..Scenario::ALLOW
    };
    Rule {
        clause: CLAUSE,
        expected: "ENTITLEMENT_FAILED or ENTITLEMENT_UNAVAILABLE from both calls.",
        examination: Examination::run(scenario, TWO_CALLS, judge),
        ..damaged(id, title, HELP, Http::Deny)
    }
}

fn judge(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    if record.transcript.requests() == 0 {
        return Err(NotPassed::skipped(why_no_request(record)));
    }
    let answers: Vec<i32> = record.calls().map(|call| call.value).collect();
    let late = record
        .calls()
        .any(|call| call.seconds > record.deadline_seconds());
    let other = answers
        .iter()
        .any(|answer| ![FAILED, UNAVAILABLE].contains(answer));
    if late || other {
        let late = if late { ", after the deadline" } else { "" };
        let wrong = NotPassed::wrong_answer(format!("{}{late}", summarise(&answers)));
        return Err(match answers.contains(&SUCCESS) {
            true => wrong.with_consequence(Consequence::Shares),
            false => wrong,
        });
    }
    Ok(summarise(&answers))
}

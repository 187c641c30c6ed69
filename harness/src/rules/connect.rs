//! What can happen to a connection before anything is said.

use super::fault::{self, Answered, Reach};
use super::rule::{Examination, Level, Rule, RunJudge};
use crate::run::scripts::ONE_CALL;
use crate::testbed::{Scenario, Tcp};

const CLAUSE: &str = "ENTITLEMENT_UNAVAILABLE: the device could not contact the server or acquire a connection to verify entitlement.";
const EXPECTED: &str = "ENTITLEMENT_UNAVAILABLE within the deadline.";
const HELP: &str = "Map every error of connecting to ENTITLEMENT_UNAVAILABLE.";

pub(super) const RULES: &[Rule] = &[
    rule(
        "connect/refused",
        "A refused connection is no answer.",
        HELP,
        Tcp::Refuses,
    ),
    rule(
        "connect/silent",
        "A server that does not answer a connection attempt does not hold the call.",
        "Give the attempt to connect a time-out of its own, inside the deadline of the call.",
        Tcp::Silent,
    ),
    Rule {
        examination: run(Tcp::Unreachable, |record| {
            fault::judge(record, Reach::Route, Answered::No)
        }),
        ..rule(
            "connect/unreachable",
            "A server to which there is no route is no answer.",
            HELP,
            Tcp::Unreachable,
        )
    },
    rule(
        "connect/reset",
        "A connection that is reset right after it was accepted is no answer.",
        HELP,
        Tcp::Resets,
    ),
    rule(
        "connect/closed",
        "A connection that is closed right after it was accepted is no answer.",
        HELP,
        Tcp::Closes,
    ),
];

const fn rule(id: &'static str, title: &'static str, help: &'static str, tcp: Tcp) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: EXPECTED,
        help,
        examination: run(tcp, |record| {
            fault::judge(record, Reach::Attempt, Answered::No)
        }),
    }
}

const fn run(tcp: Tcp, judge: RunJudge) -> Examination {
    Examination::run(
        Scenario {
            tcp,
            ..Scenario::ALLOW
        },
        ONE_CALL,
        judge,
    )
}

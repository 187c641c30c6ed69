//! Connection attempts that fail, and connections that end before any data.

use super::fault::{self, Exposure, ServerResponse};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule, RunJudge};
use crate::testbed::{Scenario, Tcp};

const CLAUSE: &str = "ENTITLEMENT_UNAVAILABLE: the device could not contact the server or acquire a connection to verify entitlement.";
const EXPECTED: &str = "ENTITLEMENT_UNAVAILABLE within the deadline.";
const HELP: &str = "Map every connection error to ENTITLEMENT_UNAVAILABLE.";

pub(super) const RULES: &[Rule] = &[
    rule(
        "connect/refused",
        "If the connection is refused, the plugin returns UNAVAILABLE.",
        HELP,
        Tcp::Refuses,
    ),
    rule(
        "connect/silent",
        "If a connection attempt gets no response, the plugin returns UNAVAILABLE within the deadline.",
        "Give the connection attempt a time-out of its own, within the deadline of the call.",
        Tcp::Silent,
    ),
    Rule {
        examination: run(Tcp::Unreachable, |record| {
            fault::judge(record, Exposure::RouteLookup, ServerResponse::None)
        }),
        ..rule(
            "connect/unreachable",
            "If there is no route to the server, the plugin returns UNAVAILABLE.",
            HELP,
            Tcp::Unreachable,
        )
    },
    rule(
        "connect/reset",
        "If the connection is reset right after it was accepted, the plugin returns UNAVAILABLE.",
        "Map a reset (ECONNRESET, and EPIPE when you write) to ENTITLEMENT_UNAVAILABLE, and send with MSG_NOSIGNAL: SIGPIPE would end the service.",
        Tcp::Resets,
    ),
    rule(
        "connect/closed",
        "If the connection is closed right after it was accepted, the plugin returns UNAVAILABLE.",
        "Treat the end of the connection as an error: `recv` returns 0 then, which is neither an empty response nor a reason to call it again.",
        Tcp::Closes,
    ),
    rule(
        "connect/port-open-then-dead",
        "If every packet is lost once the connection is open, the plugin returns UNAVAILABLE within the deadline.",
        "Put everything after the connection attempt under the deadline of the call, too: the kernel goes on sending lost data again for a quarter of an hour.",
        Tcp::OpenThenDead,
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
        needs: &[Precondition::AcceptsAllow],
        examination: run(tcp, |record| {
            fault::judge(record, Exposure::ConnectionAttempt, ServerResponse::None)
        }),
    }
}

const fn run(tcp: Tcp, judge: RunJudge) -> Examination {
    Examination::usual(
        Scenario {
            tcp,
            ..Scenario::ALLOW
        },
        judge,
    )
}

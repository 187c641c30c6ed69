//! DNS faults, for a plugin that resolves the server's name.

use super::answer::judge_allowed;
use super::fault::{self, Exposure, ServerResponse};
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::run::RunRecord;
use crate::run::scripts::ONE_CALL;
use crate::testbed::{Dns, Scenario};

const UNAVAILABLE_ONLY: &str = "ENTITLEMENT_UNAVAILABLE within the deadline.";
const CLAUSE: &str = "ENTITLEMENT_UNAVAILABLE: the entitlement check failed because the device could not contact the server.";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "dns/nxdomain",
        level: Level::Must,
        title: "If DNS reports that the name does not exist (NXDOMAIN), the plugin returns UNAVAILABLE.",
        clause: CLAUSE,
        expected: UNAVAILABLE_ONLY,
        help: "Map every name resolution error to ENTITLEMENT_UNAVAILABLE.",
        needs: &[Precondition::AcceptsAllow, Precondition::ResolvesNames],
        examination: fault(Dns::Nxdomain),
    },
    Rule {
        id: "dns/servfail",
        level: Level::Must,
        title: "If the name server reports a failure (SERVFAIL), the plugin returns UNAVAILABLE.",
        clause: CLAUSE,
        expected: UNAVAILABLE_ONLY,
        help: "Map every name resolution error to ENTITLEMENT_UNAVAILABLE.",
        needs: &[Precondition::AcceptsAllow, Precondition::ResolvesNames],
        examination: fault(Dns::Servfail),
    },
    Rule {
        id: "dns/silent",
        level: Level::Must,
        title: "If the name server does not respond, the plugin returns UNAVAILABLE within the deadline.",
        clause: CLAUSE,
        expected: UNAVAILABLE_ONLY,
        help: "Put name resolution under the same deadline as the rest of the call; getaddrinfo has none of its own.",
        needs: &[Precondition::AcceptsAllow, Precondition::ResolvesNames],
        examination: fault(Dns::Silent),
    },
    Rule {
        id: "dns/garbage",
        level: Level::Must,
        title: "If the DNS response cannot be parsed, the plugin returns UNAVAILABLE.",
        clause: CLAUSE,
        expected: UNAVAILABLE_ONLY,
        help: "Map every name resolution error to ENTITLEMENT_UNAVAILABLE.",
        needs: &[Precondition::AcceptsAllow, Precondition::ResolvesNames],
        examination: fault(Dns::Garbage),
    },
    Rule {
        id: "dns/dead-first-address",
        level: Level::Should,
        title: "If the first address of the server's name does not respond, the plugin tries the next one.",
        clause: "A server has several addresses so that one may fail; the device can still contact it.",
        expected: "ENTITLEMENT_SUCCESS within the deadline.",
        help: "Give each address a part of the deadline, or try them concurrently (RFC 8305); do not spend the whole deadline on the first.",
        needs: &[Precondition::AcceptsAllow, Precondition::ResolvesNames],
        examination: Examination::run(
            Scenario {
                dns: Dns::DeadFirstAddress,
                ..Scenario::ALLOW
            },
            ONE_CALL,
            dead_first_address,
        ),
    },
];

const fn fault(dns: Dns) -> Examination {
    Examination::run(
        Scenario {
            dns,
            ..Scenario::ALLOW
        },
        ONE_CALL,
        judge,
    )
}

fn judge(record: &RunRecord) -> Judgement {
    fault::judge(record, Exposure::DnsQuery, ServerResponse::None)
}

fn dead_first_address(record: &RunRecord) -> Judgement {
    if record.transcript.questions() == 0 {
        return Err(NotPassed::skipped("the plugin sends no DNS query"));
    }
    judge_allowed(record)
}

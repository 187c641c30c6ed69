//! DNS faults, for a plugin that resolves the server's name.

use std::time::Duration;

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
const SUCCESS_EXPECTED: &str = "ENTITLEMENT_SUCCESS within the deadline.";
const NOT_AN_ANSWER: &str = "A resolver must match a response to its query by identifier and question (RFC 5452, section 9.1): any other is late or forged.";

/// The shortest deadline of a call in which a slow name server leaves time for the rest.
const MIN_DEADLINE_FOR_SLOW: Duration = Duration::from_secs(3);

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
        help: "Put name resolution under the same deadline as the rest of the call. getaddrinfo may wait for half a minute and cannot be cancelled: use a resolver with a time-out (c-ares with ARES_OPT_TIMEOUTMS, hickory-resolver, `res_ninit` with `retrans` and `retry` of a state of your own), or call getaddrinfo on a thread of your own that keeps the library loaded until it returns.",
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
        examination: Examination::usual(with_dns(Dns::DeadFirstAddress), reaches_server),
    },
    Rule {
        examination: fault(Dns::Refused),
        ..rule(
            "dns/refused",
            "If the name server refuses the query (REFUSED), the plugin returns UNAVAILABLE.",
        )
    },
    Rule {
        examination: fault(Dns::Empty),
        ..rule(
            "dns/empty",
            "If the DNS response has neither an error nor a record, the plugin returns UNAVAILABLE.",
        )
    },
    Rule {
        help: "Put the repeated query over TCP under the same deadline as the rest of the call.",
        examination: fault(Dns::Truncated),
        ..rule(
            "dns/truncated",
            "If the DNS response is truncated and the name server does not respond over TCP, the plugin returns UNAVAILABLE within the deadline.",
        )
    },
    Rule {
        clause: NOT_AN_ANSWER,
        help: "Discard a DNS message whose identifier is not that of the query, and wait for the next until the deadline; the system's resolver does.",
        examination: Examination::usual(with_dns(Dns::WrongId), not_taken),
        ..rule(
            "dns/wrong-id",
            "A DNS response with another identifier than the query is not used.",
        )
    },
    Rule {
        clause: NOT_AN_ANSWER,
        help: "Discard a DNS message whose question is not that of the query, and wait for the next until the deadline; the system's resolver does.",
        examination: Examination::usual(with_dns(Dns::WrongQuestion), not_taken),
        ..rule(
            "dns/wrong-question",
            "A DNS response to another question than the query is not used.",
        )
    },
    Rule {
        level: Level::Should,
        expected: SUCCESS_EXPECTED,
        help: "Give name resolution a time-out of several seconds, within the deadline of the call.",
        clause: "On a cellular network the first DNS response often takes a second or more; the device can still contact the server.",
        examination: Examination::usual(with_dns(Dns::Slow), slow),
        ..rule(
            "dns/slow",
            "If the DNS response takes a second, the plugin waits for it.",
        )
    },
    Rule {
        level: Level::Should,
        expected: SUCCESS_EXPECTED,
        help: "Ask for both address families, with getaddrinfo and AF_UNSPEC, and connect to whatever address comes.",
        clause: "Many cellular networks give a device IPv6 only; the device can contact the server by its IPv6 address.",
        examination: Examination::usual(with_dns(Dns::Ipv6Only), reaches_server),
        ..rule(
            "dns/ipv6-only",
            "If the server's name has IPv6 addresses only, the plugin uses one.",
        )
    },
    Rule {
        level: Level::Should,
        expected: SUCCESS_EXPECTED,
        help: "Ask for both address families, with getaddrinfo and AF_UNSPEC, and connect to whatever address comes.",
        clause: "Many servers have IPv4 addresses only; the device can contact the server by its IPv4 address.",
        examination: Examination::usual(with_dns(Dns::Ipv4Only), reaches_server),
        ..rule(
            "dns/ipv4-only",
            "If the server's name has IPv4 addresses only, the plugin uses one.",
        )
    },
    Rule {
        level: Level::Should,
        help: "Map an alias without an address to ENTITLEMENT_UNAVAILABLE; follow no more than a few aliases.",
        examination: fault(Dns::CnameLoop),
        ..rule(
            "dns/cname-loop",
            "If the server's name is an alias in a loop of aliases, the plugin returns UNAVAILABLE within the deadline.",
        )
    },
    Rule {
        // libcurl (7.88) gives each address half of the time that is left, and so reaches about 14.
        level: Level::May,
        expected: SUCCESS_EXPECTED,
        help: "Repeat a truncated query over TCP, keep every address of the response, and try the next one after each failure.",
        clause: "A server has several addresses so that some may fail; the device can still contact it.",
        examination: Examination::run(with_dns(Dns::ManyAddresses), ONE_CALL, reaches_server),
        ..rule(
            "dns/many-addresses",
            "If the server's name has 64 addresses and only the last accepts connections, the plugin connects to it.",
        )
    },
];

/// A rule about a fault of the name server.
const fn rule(id: &'static str, title: &'static str) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: UNAVAILABLE_ONLY,
        help: "Map every name resolution error to ENTITLEMENT_UNAVAILABLE.",
        needs: &[Precondition::AcceptsAllow, Precondition::ResolvesNames],
        examination: fault(Dns::Answers),
    }
}

const fn with_dns(dns: Dns) -> Scenario {
    Scenario {
        dns,
        ..Scenario::ALLOW
    }
}

const fn fault(dns: Dns) -> Examination {
    Examination::usual(with_dns(dns), judge)
}

fn judge(record: &RunRecord) -> Judgement {
    resolves_names(record)?;
    fault::judge(record, Exposure::DnsQuery, ServerResponse::None)
}

/// Passes if the plugin did not use the address of a response that answers nothing.
fn not_taken(record: &RunRecord) -> Judgement {
    resolves_names(record)?;
    let transcript = &record.transcript;
    if transcript.questions() > 0 && transcript.connections() > 0 {
        return Err(NotPassed::failed(
            "it connected to the address of a DNS response that does not belong to its query",
        ));
    }
    fault::judge(record, Exposure::DnsQuery, ServerResponse::None)
}

fn slow(record: &RunRecord) -> Judgement {
    if record.deadline < MIN_DEADLINE_FOR_SLOW {
        return Err(NotPassed::skipped(format!(
            "the DNS response takes a second, and the deadline of a call is {} s",
            record.deadline_seconds()
        )));
    }
    reaches_server(record)
}

fn reaches_server(record: &RunRecord) -> Judgement {
    resolves_names(record)?;
    if record.transcript.questions() == 0 {
        return Err(NotPassed::skipped("the plugin sends no DNS query"));
    }
    judge_allowed(record)
}

/// A rule about names does not apply to a plugin that asks an IP address.
fn resolves_names(record: &RunRecord) -> Result<(), NotPassed> {
    if record.transcript.asks_an_address() {
        return Err(NotPassed::not_applicable(
            "the plugin asks its server by an IP address, so that no name is resolved",
        ));
    }
    Ok(())
}

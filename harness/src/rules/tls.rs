//! Certificates that must be refused, and TLS ports that do not speak TLS.

use super::fault::{self, Answered, Reach};
use super::judgement::{Judged, NotHeld};
use super::rule::{Examination, Level, Rule};
use crate::run::scripts::ONE_CALL;
use crate::run::{RunRecord, SUCCESS};
use crate::testbed::{Scenario, Tls};

const CLAUSE: &str =
    "A server that did not prove who it is was not contacted: whoever is in between could say yes.";
const EXPECTED: &str = "ENTITLEMENT_UNAVAILABLE, and no byte of a request over the connection.";
const HELP: &str = "Leave certificate verification on, with the server's name and the operator's roots; never retry without it.";
const HELP_BROKEN: &str =
    "Map every error of the handshake to ENTITLEMENT_UNAVAILABLE, under the deadline of the call.";

pub(super) const RULES: &[Rule] = &[
    rule(
        "tls/expired",
        "A certificate that has expired is refused.",
        HELP,
        Tls::Expired,
    ),
    rule(
        "tls/wrong-name",
        "A certificate for another name is refused.",
        HELP,
        Tls::WrongName,
    ),
    rule(
        "tls/self-signed",
        "A certificate signed by its own key is refused.",
        HELP,
        Tls::SelfSigned,
    ),
    rule(
        "tls/unknown-issuer",
        "A certificate from an authority that nobody named is refused.",
        HELP,
        Tls::UnknownIssuer,
    ),
    rule(
        "tls/plaintext",
        "A TLS port that speaks HTTP in clear is no answer, and is not asked in clear.",
        HELP_BROKEN,
        Tls::Plaintext,
    ),
    rule(
        "tls/garbage",
        "A TLS port that sends bytes that are no TLS is no answer.",
        HELP_BROKEN,
        Tls::Garbage,
    ),
    rule(
        "tls/silent",
        "A TLS port that never answers does not hold the call.",
        "Put the handshake under the same deadline as the rest of the call.",
        Tls::Silent,
    ),
    Rule {
        id: "tls/used",
        level: Level::Should,
        title: "The plugin does not speak http in clear.",
        clause: "An answer in clear can be forged by anybody between the device and the server.",
        expected: "Requests over TLS only.",
        help: "Use an https URL.",
        examination: Examination::run(Scenario::ALLOW, ONE_CALL, used),
    },
];

const fn rule(id: &'static str, title: &'static str, help: &'static str, tls: Tls) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: EXPECTED,
        help,
        examination: Examination::run(
            Scenario {
                tls,
                ..Scenario::ALLOW
            },
            ONE_CALL,
            judge,
        ),
    }
}

/// A request over an unauthenticated connection is a leak, whatever the plugin answered.
fn judge(record: &RunRecord) -> Judged {
    let transcript = &record.transcript;
    let seen = fault::judge(record, Reach::Handshake, Answered::No)?;
    // A plugin that speaks http in clear by nature is the business of tls/used.
    if transcript.requests() + transcript.fragments() > 0 {
        return Err(NotHeld::broken(
            "a request, or a part of one, was sent over a connection that was not authenticated",
        ));
    }
    Ok(seen)
}

fn used(record: &RunRecord) -> Judged {
    let transcript = &record.transcript;
    if transcript.cleartext_requests() > 0 {
        return Err(NotHeld::broken(format!(
            "{} of {} requests in clear",
            transcript.cleartext_requests(),
            transcript.requests()
        )));
    }
    if transcript.requests() > 0 {
        return Ok(format!("{} requests, all over TLS", transcript.requests()));
    }
    // A plugin that trusts other roots still shows that it speaks TLS.
    if transcript.handshakes() > 0 {
        return Ok("it asks for TLS, and refuses the test bed's certificate".to_owned());
    }
    if record.calls().any(|call| call.value == SUCCESS) {
        return Err(NotHeld::skipped(
            "the server was not asked at all: see answer/asks-server",
        ));
    }
    Err(NotHeld::skipped(fault::why_no_request(record)))
}

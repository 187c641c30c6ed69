//! Certificates that must be rejected, and TLS ports that do not speak TLS.

use super::fault::{self, Exposure, ServerResponse};
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::run::scripts::ONE_CALL;
use crate::run::{RunRecord, SUCCESS};
use crate::testbed::{Scenario, Tls};

const CLAUSE: &str = "A server that has not proved its identity has not been contacted: an attacker on the path could send the allow response.";
const EXPECTED: &str =
    "ENTITLEMENT_UNAVAILABLE, and no byte of a request sent over the connection.";
const HELP: &str = "Keep certificate verification on, with the server's name and the operator's root certificates; never retry without it.";
const HELP_BROKEN: &str =
    "Map every handshake error to ENTITLEMENT_UNAVAILABLE, within the deadline of the call.";

pub(super) const RULES: &[Rule] = &[
    rule(
        "tls/expired",
        "An expired certificate is rejected.",
        HELP,
        Tls::Expired,
    ),
    rule(
        "tls/wrong-name",
        "A certificate for another name is rejected.",
        HELP,
        Tls::WrongName,
    ),
    rule(
        "tls/self-signed",
        "A self-signed certificate is rejected.",
        HELP,
        Tls::SelfSigned,
    ),
    Rule {
        // A plugin that trusts other roots rejects this certificate, too.
        needs: &[Precondition::SpeaksTls],
        ..rule(
            "tls/unknown-issuer",
            "A certificate from an unknown issuer is rejected.",
            HELP,
            Tls::UnknownIssuer,
        )
    },
    rule(
        "tls/plaintext",
        "If the TLS port speaks cleartext HTTP, the plugin returns UNAVAILABLE and sends no cleartext request.",
        HELP_BROKEN,
        Tls::Plaintext,
    ),
    rule(
        "tls/garbage",
        "If the TLS port sends bytes that are not TLS, the plugin returns UNAVAILABLE.",
        HELP_BROKEN,
        Tls::Garbage,
    ),
    rule(
        "tls/silent",
        "If the TLS port never responds, the plugin returns UNAVAILABLE within the deadline.",
        "Put the handshake under the same deadline as the rest of the call.",
        Tls::Silent,
    ),
    Rule {
        id: "tls/used",
        level: Level::Should,
        title: "The plugin does not use cleartext HTTP.",
        clause: "A cleartext response can be forged by an attacker on the path between the device and the server.",
        expected: "Requests over TLS only.",
        help: "Use an https URL.",
        needs: &[],
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
        needs: &[Precondition::AcceptsAllow, Precondition::SpeaksTls],
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

/// A request over an unauthenticated connection is a leak, whatever the plugin returned.
fn judge(record: &RunRecord) -> Judgement {
    let transcript = &record.transcript;
    let seen = fault::judge(record, Exposure::TlsConnection, ServerResponse::None)?;
    // A plugin that uses cleartext HTTP from the start is judged by tls/used.
    if transcript.requests() + transcript.fragments() > 0 {
        return Err(NotPassed::failed(
            "a request, or a part of one, was sent over a connection that was not authenticated",
        ));
    }
    Ok(seen)
}

fn used(record: &RunRecord) -> Judgement {
    let transcript = &record.transcript;
    if transcript.cleartext_requests() > 0 {
        return Err(NotPassed::failed(format!(
            "{} of {} requests over cleartext HTTP",
            transcript.cleartext_requests(),
            transcript.requests()
        )));
    }
    if transcript.requests() > 0 {
        return Ok(format!("{} requests, all over TLS", transcript.requests()));
    }
    // A plugin that trusts other root certificates still shows that it uses TLS.
    if transcript.handshakes() > 0 {
        return Ok("it uses TLS, and rejects the test bed's certificate".to_owned());
    }
    if record.calls().any(|call| call.value == SUCCESS) {
        return Err(NotPassed::skipped(
            "no request was sent to the server: see answer/asks-server",
        ));
    }
    Err(NotPassed::skipped(fault::why_no_request(record)))
}

//! Certificates that must be rejected, handshakes that fail, and TLS ports that do not speak TLS.

mod certificates;

use super::fault::{self, Exposure, ServerResponse};
use super::judgement::{Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::run::control::without_port;
use crate::run::scripts::ONE_CALL;
use crate::run::{RunRecord, SUCCESS};
use crate::testbed::transcript::{Event, Handshake};
use crate::testbed::{Http, Scenario, Tls, WireFault};
pub(super) use certificates::CERTIFICATES;

const CLAUSE: &str = "A server that has not proved its identity has not been contacted: an attacker on the path could send the allow response.";
const EXPECTED: &str =
    "ENTITLEMENT_UNAVAILABLE, and no byte of a request sent over the connection.";
const HELP: &str = "Keep certificate verification on, with the server's name and the operator's root certificates; never retry without it.";
const HELP_BROKEN: &str =
    "Map every handshake error to ENTITLEMENT_UNAVAILABLE, within the deadline of the call.";

pub(super) const RULES: &[Rule] = &[
    certificate(
        "tls/wrong-key",
        "A handshake that is not signed with the certificate's key is rejected.",
        CLAUSE,
        "Verify the handshake's signature as well as the certificate, which is public: a client with a verifier of its own must check both.",
        Tls::WrongKey,
    ),
    handshake(
        "tls/plaintext",
        "If the TLS port speaks cleartext HTTP, the plugin returns UNAVAILABLE and sends no cleartext request.",
        "Treat a failed handshake as the end of the call, and map it to ENTITLEMENT_UNAVAILABLE. Never fall back to cleartext HTTP, neither on this port nor on 80: an attacker on the path can make each handshake fail.",
        Tls::Plaintext,
    ),
    handshake(
        "tls/garbage",
        "If the TLS port sends bytes that are not TLS, the plugin returns UNAVAILABLE.",
        HELP_BROKEN,
        Tls::Garbage,
    ),
    handshake(
        "tls/alert",
        "If the server answers the ClientHello with a fatal alert, the plugin returns UNAVAILABLE.",
        HELP_BROKEN,
        Tls::Alert,
    ),
    handshake(
        "tls/cut",
        "If the connection is closed in the middle of the handshake, the plugin returns UNAVAILABLE.",
        HELP_BROKEN,
        Tls::Cut,
    ),
    handshake(
        "tls/silent",
        "If the TLS port never responds, the plugin returns UNAVAILABLE within the deadline.",
        "Put the handshake under the same deadline as the rest of the call.",
        Tls::Silent,
    ),
    Rule {
        id: "tls/truncated",
        // Go's crypto/tls takes such an end for a good one, and has no option against it.
        level: Level::Should,
        title: "If a response that ends with the connection ends without a close_notify, the plugin returns UNAVAILABLE.",
        clause: "RFC 9112, section 9.8: a response without a length that ends without a close_notify is incomplete; an attacker on the path can cut it anywhere.",
        expected: "ENTITLEMENT_UNAVAILABLE within the deadline.",
        help: "Treat the end of the TCP connection without a close_notify as an error (OpenSSL: no SSL_OP_IGNORE_UNEXPECTED_EOF; SSL_read with SSL_ERROR_ZERO_RETURN is the only good end), or accept only responses with a length (Go: ContentLength, or chunks).",
        needs: &[Precondition::AcceptsAllow, Precondition::SpeaksTls],
        examination: Examination::usual(
            Scenario {
                http: Http::Broken(WireFault::NoCloseNotify),
                ..Scenario::ALLOW
            },
            |record| fault::judge(record, Exposure::HttpsRequest, ServerResponse::Damaged),
        ),
    },
    Rule {
        level: Level::Should,
        ..handshake(
            "tls/old-version",
            "A server that speaks TLS 1.0 only is rejected.",
            "Ask the TLS library for TLS 1.2 or newer (SSL_CTX_set_min_proto_version; GnuTLS priority NORMAL:-VERS-TLS1.0:-VERS-TLS1.1).",
            Tls::OldVersion,
        )
    },
    Rule {
        level: Level::Should,
        ..handshake(
            "tls/weak-cipher",
            "The plugin offers no cipher suite without authentication or encryption, with export keys or with RC4.",
            "Keep the TLS library's default cipher suites.",
            Tls::WeakCipher,
        )
    },
    Rule {
        id: "tls/used",
        level: Level::Should,
        title: "The plugin does not use cleartext HTTP.",
        clause: "A cleartext response can be forged by an attacker on the path between the device and the server.",
        expected: "Requests over TLS only.",
        help: "Use an https URL.",
        needs: &[],
        examination: Examination::usual(Scenario::ALLOW, used),
    },
];

/// A rule about a certificate. One call is made: whether a later one resumes the session of a rejected certificate is
/// judged by tls/resumes-safely.
const fn certificate(
    id: &'static str,
    title: &'static str,
    clause: &'static str,
    help: &'static str,
    tls: Tls,
) -> Rule {
    Rule {
        clause,
        examination: Examination::run(
            Scenario {
                tls,
                ..Scenario::ALLOW
            },
            ONE_CALL,
            judge,
        ),
        ..handshake(id, title, help, tls)
    }
}

/// A rule about a handshake that must not lead to a request.
const fn handshake(id: &'static str, title: &'static str, help: &'static str, tls: Tls) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: EXPECTED,
        help,
        needs: &[Precondition::AcceptsAllow, Precondition::SpeaksTls],
        examination: Examination::usual(
            Scenario {
                tls,
                ..Scenario::ALLOW
            },
            judge,
        ),
    }
}

/// A request over an unauthenticated connection is a leak, whatever the plugin returned.
fn judge(record: &RunRecord) -> Judgement {
    let seen = fault::judge(record, Exposure::TlsConnection, ServerResponse::None)?;
    let events = || record.transcript.entries.iter().map(|entry| &entry.event);
    let mut begun = false;
    for event in events() {
        match event {
            Event::Handshake {
                connection,
                outcome,
                ..
            } if is_question(record, *connection) => {
                begun = true;
                if let Handshake::FaultAccepted(what) = outcome {
                    return Err(NotPassed::failed(format!("it accepted {what}")));
                }
            }
            // What else it sends without TLS, such as a report to a statistics server, is judged by tls/used.
            Event::Request {
                secure: false,
                host,
                target,
                ..
            } if !carries_question(record, host, target) => {}
            Event::Request { connection, .. } | Event::Fragment { connection, .. }
                if is_question(record, *connection) =>
            {
                return Err(NotPassed::failed(
                    "a request, or a part of one, was sent over a connection that was not authenticated",
                ));
            }
            _ => {}
        }
    }
    NotPassed::unless_all_kept(&record.transcript)?;
    if !begun {
        return Err(NotPassed::skipped(
            "it began no TLS handshake with the server that it asks",
        ));
    }
    Ok(seen)
}

/// Whether a request asks what the plugin asks without a fault. One of an unknown plugin does.
fn carries_question(record: &RunRecord, host: &str, target: &str) -> bool {
    let question = record.control.question.as_ref();
    question.is_none_or(|question| question.is_for(host, target))
}

/// Whether a connection is with the server that the plugin asks, and not with another host, such as that of a
/// connectivity probe. One whose host is not known counts.
fn is_question(record: &RunRecord, connection: usize) -> bool {
    let Some(question) = &record.control.question else {
        return true;
    };
    let mut hosts = record
        .transcript
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Handshake {
                connection: number,
                name: Some(name),
                ..
            } if *number == connection => Some(name.as_str()),
            Event::Request {
                connection: number,
                host,
                ..
            } if *number == connection => Some(without_port(host)),
            _ => None,
        })
        .peekable();
    hosts.peek().is_none() || hosts.any(|host| host.eq_ignore_ascii_case(question.host_name()))
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
    if transcript.refused_handshakes() > 0 {
        return Ok("it uses TLS, and rejects the test bed's certificate".to_owned());
    }
    if transcript.handshakes() > 0 {
        return Ok("it uses TLS, and sends no request".to_owned());
    }
    if record.calls().any(|call| call.value == SUCCESS) {
        return Err(NotPassed::skipped(
            "no request was sent to the server: see answer/asks-server",
        ));
    }
    Err(NotPassed::skipped(fault::why_no_request(record)))
}

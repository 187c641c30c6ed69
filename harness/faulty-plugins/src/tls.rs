//! Faults in the use of TLS.

use std::sync::atomic::{AtomicBool, Ordering};

use ics_entitlement::{Context, Decision, Unavailable};

use crate::lenient::{self, AcceptedDefect, End, Failure, Handshake, Manner};
use crate::{Checked, carrier};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "expired" => accept(context, AcceptedDefect::Expired),
        "wrong-name" => accept(context, AcceptedDefect::WrongName),
        "self-signed" => accept(context, AcceptedDefect::SelfSigned),
        "unknown-issuer" => accept(context, AcceptedDefect::UnknownIssuer),
        "expired-an-hour-ago" => accept(context, AcceptedDefect::JustExpired),
        "not-yet-valid" => accept(context, AcceptedDefect::NotYetValid),
        "other-name-of-same-operator" => accept(context, AcceptedDefect::RelatedName),
        "wildcard-too-wide" => accept(context, AcceptedDefect::WideWildcard),
        "nul-in-name" => accept(context, AcceptedDefect::NulInName),
        "ip-san-mismatch" => accept(context, AcceptedDefect::ServerAddress),
        "common-name-only" => accept(context, AcceptedDefect::CommonName),
        "root-in-chain" => accept(context, AcceptedDefect::SentRoot),
        "missing-intermediate" => accept(context, AcceptedDefect::MissingIntermediate),
        "leaf-as-ca" => accept(context, AcceptedDefect::NoAuthority),
        "no-ca-flag" => accept(context, AcceptedDefect::NoCaFlag),
        "path-length" => accept(context, AcceptedDefect::PathTooLong),
        "expired-issuer" => accept(context, AcceptedDefect::ExpiredIssuer),
        "name-constraint" => accept(context, AcceptedDefect::NameConstraint),
        "not-a-server" => accept(context, AcceptedDefect::Purpose),
        "weak-key" => accept(context, AcceptedDefect::WeakKey),
        "sha1-signature" => accept(context, AcceptedDefect::Algorithm),
        "wrong-key" => accept(context, AcceptedDefect::WrongKey),
        "resumes-safely" => verify_late(context),
        // The server refuses the device, which is taken for a deny response.
        "alert" => take(context, Handshake::Alert, Decision::NotEntitled),
        "cut" => take(context, Handshake::Cut, Decision::Entitled),
        "truncated" => take_truncated(context),
        "plaintext" => retry_in_cleartext(context),
        // A server without TLS is not the operator's, which is taken for a deny response.
        "garbage" => take(context, Handshake::Garbage, Decision::NotEntitled),
        // Fails open, so that no user complains.
        "silent" => take(context, Handshake::Silent, Decision::Entitled),
        "used" => report_in_cleartext(context),
        _ => return None,
    })
}

/// Accepts a certificate with one defect.
fn accept(context: &Context, accepted_defect: AcceptedDefect) -> Checked {
    let manner = Manner {
        accepted_defect,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// Verifies after the handshake.
fn verify_late(context: &Context) -> Checked {
    let manner = Manner {
        verifies_late: true,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// Takes the end of the TCP connection for the end of a body without a length.
fn take_truncated(context: &Context) -> Checked {
    let mut answer = lenient::ask(context, &Manner::default())?;
    let delimited = ["content-length", "transfer-encoding"]
        .iter()
        .any(|field| answer.field(field).is_some());
    if answer.end == End::Short && !delimited {
        answer.end = End::Whole;
    }
    carrier::meaning_of(&answer)
}

/// Takes one kind of handshake failure for a decision.
fn take(context: &Context, failure: Handshake, decision: Decision) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(Failure::Handshake(seen)) if seen == failure => Ok(decision),
        asked => carrier::meaning_of(&asked?),
    }
}

/// Repeats the request in cleartext if the server answers the handshake in cleartext.
fn retry_in_cleartext(context: &Context) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(Failure::Handshake(Handshake::Plaintext)) => {
            let answer = lenient::ask_in_cleartext(context, None)?;
            // The response is not used, but the request was sent in cleartext.
            Err(Unavailable::because(format!(
                "status {} in cleartext",
                answer.status
            )))
        }
        asked => carrier::meaning_of(&asked?),
    }
}

/// Reports the first allow response to a statistics server by cleartext HTTP.
fn report_in_cleartext(context: &Context) -> Checked {
    static REPORTED: AtomicBool = AtomicBool::new(false);
    let checked = carrier::ask(context);
    if matches!(checked, Ok(Decision::Entitled)) && !REPORTED.swap(true, Ordering::Relaxed) {
        // A failure to report is ignored.
        let _ = lenient::ask_in_cleartext(context, Some("/first-use"));
    }
    checked
}

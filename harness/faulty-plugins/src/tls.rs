//! Faults in the use of TLS.

use std::sync::atomic::{AtomicBool, Ordering};

use ics_entitlement::{Context, Decision, Unavailable};

use crate::lenient::{self, AcceptedDefect, Failure, Handshake, Manner};
use crate::{Checked, carrier};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "expired" => accept(context, AcceptedDefect::Expired),
        "wrong-name" => accept(context, AcceptedDefect::WrongName),
        "self-signed" => accept(context, AcceptedDefect::SelfSigned),
        "unknown-issuer" => accept(context, AcceptedDefect::UnknownIssuer),
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

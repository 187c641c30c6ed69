//! Faults of whoever takes TLS lightly.

use std::sync::atomic::{AtomicBool, Ordering};

use ics_entitlement::{Context, Decision, Unavailable};

use crate::lenient::{self, Failure, Forgives, Handshake, Manner};
use crate::{Checked, carrier};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "expired" => forgive(context, Forgives::Expired),
        "wrong-name" => forgive(context, Forgives::WrongName),
        "self-signed" => forgive(context, Forgives::SelfSigned),
        "unknown-issuer" => forgive(context, Forgives::UnknownIssuer),
        "plaintext" => try_in_clear(context),
        // A server without TLS is not ours, and whoever is not ours does not allow it.
        "garbage" => take(context, Handshake::Garbage, Decision::NotEntitled),
        // It fails open, so that no user complains.
        "silent" => take(context, Handshake::Silent, Decision::Entitled),
        "used" => report_in_clear(context),
        _ => return None,
    })
}

/// Forgives one thing that is wrong with a certificate.
fn forgive(context: &Context, forgives: Forgives) -> Checked {
    let manner = Manner {
        forgives,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

/// Takes one failure of the handshake for a decision.
fn take(context: &Context, failure: Handshake, decision: Decision) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(Failure::Handshake(seen)) if seen == failure => Ok(decision),
        asked => carrier::meaning_of(&asked?),
    }
}

/// A server that answers TLS in clear is asked in clear.
fn try_in_clear(context: &Context) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(Failure::Handshake(Handshake::Plaintext)) => {
            let answer = lenient::ask_in_clear(context, None)?;
            // It could have been worse: the answer is not believed, but the question was heard.
            Err(Unavailable::because(format!(
                "status {} in clear",
                answer.status
            )))
        }
        asked => carrier::meaning_of(&asked?),
    }
}

/// The first yes is reported to a counting server that has no TLS.
fn report_in_clear(context: &Context) -> Checked {
    static REPORTED: AtomicBool = AtomicBool::new(false);
    let checked = carrier::ask(context);
    if matches!(checked, Ok(Decision::Entitled)) && !REPORTED.swap(true, Ordering::Relaxed) {
        // Whether anybody counts is not our business.
        let _ = lenient::ask_in_clear(context, Some("/first-use"));
    }
    checked
}

//! Faults that show when no connection can be made, or it ends at once.

use std::io::ErrorKind;
use std::time::Duration;

use ics_entitlement::{Context, Decision};

use crate::lenient::{self, Failure, Handshake, Manner};
use crate::{Checked, carrier};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    use Decision::{Entitled, NotEntitled};
    let is = |kinds: &'static [ErrorKind]| move |failure: &Failure| matches!(failure, Failure::Connect(kind) if kinds.contains(kind));
    Some(match rule {
        // The refusal is taken for a deny response.
        "refused" => take(context, NotEntitled, is(&[ErrorKind::ConnectionRefused])),
        // Fails open, so that no user complains.
        "silent" => take(context, Entitled, is(&[ErrorKind::TimedOut])),
        "unreachable" => take(
            context,
            NotEntitled,
            is(&[ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable]),
        ),
        "reset" => take(context, NotEntitled, is(&[ErrorKind::ConnectionReset])),
        "closed" => take(context, NotEntitled, is(&[ErrorKind::UnexpectedEof])),
        "port-open-then-dead" => fails_open_on_loss(context),
        _ => return None,
    })
}

/// Gives up early when its data is not acknowledged, and then fails open.
fn fails_open_on_loss(context: &Context) -> Checked {
    let manner = Manner {
        acknowledged_within: Some(Duration::from_millis(500)),
        ..Manner::default()
    };
    match lenient::ask(context, &manner) {
        Err(Failure::Handshake(Handshake::Broken(ErrorKind::TimedOut))) => Ok(Decision::Entitled),
        asked => carrier::meaning_of(&asked?),
    }
}

/// Takes one kind of failure for a decision.
fn take(context: &Context, decision: Decision, is: impl Fn(&Failure) -> bool) -> Checked {
    // Before our first byte, a close can be distinguished from a reset. After it, the kernel reports
    // both as a reset.
    let manner = Manner {
        listens_first: true,
        ..Manner::default()
    };
    match lenient::ask(context, &manner) {
        Err(failure) if is(&failure) => Ok(decision),
        asked => carrier::meaning_of(&asked?),
    }
}

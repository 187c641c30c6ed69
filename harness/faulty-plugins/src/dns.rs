//! Faults that show when a name is looked up.

use ics_entitlement::{Context, Decision};

use crate::lenient::{self, Addresses, Failure, Lookup, Manner};
use crate::{Checked, carrier};

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        // The failure is taken for a deny response.
        "nxdomain" => take(context, Lookup::NoSuchName, Decision::NotEntitled),
        "servfail" => take(context, Lookup::ServerFailed, Decision::NotEntitled),
        // Fails open, so that no user complains.
        "silent" => take(context, Lookup::NoAnswer, Decision::Entitled),
        "garbage" => take(context, Lookup::Unreadable, Decision::NotEntitled),
        "dead-first-address" => only_the_first(context),
        _ => return None,
    })
}

/// Takes one kind of failure for a decision.
fn take(context: &Context, failure: Lookup, decision: Decision) -> Checked {
    match lenient::ask(context, &Manner::default()) {
        Err(Failure::Lookup(seen)) if seen == failure => Ok(decision),
        asked => carrier::meaning_of(&asked?),
    }
}

/// Tries only the first address.
fn only_the_first(context: &Context) -> Checked {
    let manner = Manner {
        addresses: Addresses::First,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

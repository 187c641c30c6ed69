//! Faults that show when a name is looked up.

use std::time::Duration;

use ics_entitlement::{Context, Decision};

use crate::lenient::{self, Addresses, Failure, Families, Lookup, LookupManner, Manner, Takes};
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
        "refused" => take(context, Lookup::Refused, Decision::NotEntitled),
        "empty" => take(context, Lookup::NoAddress, Decision::NotEntitled),
        "truncated" => take(context, Lookup::Truncated, Decision::Entitled),
        "cname-loop" => take(context, Lookup::OnlyAliases, Decision::NotEntitled),
        // Expects no other message at its socket than the response.
        "wrong-id" => ask_with(
            context,
            LookupManner {
                takes: Takes::AnyIdentifier,
                ..LookupManner::default()
            },
        ),
        // Reads the addresses of a response and not its question.
        "wrong-question" => ask_with(
            context,
            LookupManner {
                takes: Takes::AnyQuestion,
                ..LookupManner::default()
            },
        ),
        // Repeats a query after a time that is long enough in an office, and takes only the response to the last one.
        "slow" => ask_with(
            context,
            LookupManner {
                patience: Some(Duration::from_millis(400)),
                ..LookupManner::default()
            },
        ),
        "ipv6-only" => ask_with(
            context,
            LookupManner {
                families: Families::Ipv4,
                ..LookupManner::default()
            },
        ),
        "ipv4-only" => ask_with(
            context,
            LookupManner {
                families: Families::Ipv6,
                ..LookupManner::default()
            },
        ),
        // Knows no DNS over TCP.
        "many-addresses" => ask_with(
            context,
            LookupManner {
                ignores_truncation: true,
                ..LookupManner::default()
            },
        ),
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

/// Looks names up in another manner.
fn ask_with(context: &Context, lookup: LookupManner) -> Checked {
    let manner = Manner {
        lookup,
        ..Manner::default()
    };
    carrier::meaning_of(&lenient::ask(context, &manner)?)
}

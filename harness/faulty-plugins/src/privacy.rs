//! Faults that tell an identity to others, or let the environment steer the plugin.

use std::path::PathBuf;

use ics_entitlement::Context;

use crate::lenient::{self, Manner};
use crate::{Checked, carrier};

/// An IMSI of a test network.
const IMSI: &str = "001010123456789";

pub(crate) fn check(rule: &str, context: &Context) -> Option<Checked> {
    Some(match rule {
        "clear-identity" => report_in_cleartext(context),
        "redirect" => follow_with_the_token(context),
        "url-identity" => carrier::ask_with_query(context, "imsi", IMSI),
        // A nonce that was made once, by the author.
        "replay" => carrier::ask_with_query(context, "nonce", "4f3c2a"),
        "proxy-environment" => use_the_proxy(context),
        "trust-environment" => trust_the_environment(context),
        _ => return None,
    })
}

/// Reports each decision for the statistics, with the subscriber.
fn report_in_cleartext(context: &Context) -> Checked {
    let decision = carrier::ask(context)?;
    // The report is not needed for the answer.
    let _ = lenient::ask_in_cleartext(context, Some(&format!("/statistics?imsi={IMSI}")));
    Ok(decision)
}

/// Follows a redirect with the token of the operator's server, but does not believe what the other host says.
fn follow_with_the_token(context: &Context) -> Checked {
    let answer = lenient::ask(context, &Manner::default())?;
    let target = answer.field("location").filter(|_| answer.status == 302);
    if let Some(target) = target.and_then(|target| target.strip_prefix("https://")) {
        let (there, path) = target.split_once('/').unwrap_or((target, ""));
        if there != answer.asked {
            let _ = lenient::ask_elsewhere(context, there, &format!("/{path}?imsi={IMSI}"));
        }
    }
    carrier::meaning_of(&answer)
}

/// Asks the proxy of the environment first, as some HTTP libraries do unless they are told not to.
fn use_the_proxy(context: &Context) -> Checked {
    let proxy = std::env::var("http_proxy").unwrap_or_default();
    if let Some(host) = proxy.strip_prefix("http://") {
        // It goes on without the proxy if that has no answer.
        let _ = lenient::get_in_cleartext(context, host.trim_end_matches('/'), "/");
    }
    carrier::ask(context)
}

/// Adds the root certificates of the environment to its own.
fn trust_the_environment(context: &Context) -> Checked {
    let more = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    carrier::meaning_of(&lenient::ask_trusting(context, more)?)
}

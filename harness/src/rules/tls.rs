//! Certificates that must be refused, and TLS ports that do not speak TLS.

use super::fault::{self, Answered, Reach};
use super::rule::{Examination, Examined, Judgement, Level, Place, Rule, Run, SUCCESS};
use super::scripts::ONE_CALL;
use crate::world::{Tls, World};

const CLAUSE: &str =
    "A server that did not prove who it is was not contacted: whoever is in between could say yes.";
const EXPECTED: &str = "ENTITLEMENT_UNAVAILABLE, and no byte of a request over the connection.";
const CURE: &str = "Leave certificate verification on, with the server's name and the operator's roots; never retry without it.";
const CURE_BROKEN: &str =
    "Map every error of the handshake to ENTITLEMENT_UNAVAILABLE, under the deadline of the call.";

pub(super) const RULES: &[Rule] = &[
    rule(
        "tls/expired",
        "A certificate that has expired is refused.",
        CURE,
        Tls::Expired,
    ),
    rule(
        "tls/wrong-name",
        "A certificate for another name is refused.",
        CURE,
        Tls::WrongName,
    ),
    rule(
        "tls/self-signed",
        "A certificate signed by its own key is refused.",
        CURE,
        Tls::SelfSigned,
    ),
    rule(
        "tls/unknown-issuer",
        "A certificate from an authority that nobody named is refused.",
        CURE,
        Tls::UnknownIssuer,
    ),
    rule(
        "tls/plaintext",
        "A TLS port that speaks HTTP in clear is no answer, and is not asked in clear.",
        CURE_BROKEN,
        Tls::Plaintext,
    ),
    rule(
        "tls/garbage",
        "A TLS port that sends bytes that are no TLS is no answer.",
        CURE_BROKEN,
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
        cure: "Use an https URL.",
        examination: Examination::Run(Run {
            world: World::ALLOW,
            script: ONE_CALL,
            place: Place::Usual,
            judge: used,
        }),
    },
];

const fn rule(id: &'static str, title: &'static str, cure: &'static str, tls: Tls) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: EXPECTED,
        cure,
        examination: Examination::Run(Run {
            world: World {
                tls,
                ..World::ALLOW
            },
            script: ONE_CALL,
            place: Place::Usual,
            judge,
        }),
    }
}

/// A request over an unauthenticated connection is a leak, whatever the plugin answered.
fn judge(examined: &Examined<'_>) -> Judgement {
    let transcript = &examined.observation.transcript;
    let judgement = fault::judge(examined, Reach::Handshake, Answered::No);
    // A plugin that speaks http in clear by nature is the business of tls/used.
    let sent = transcript.requests() + transcript.fragments();
    match judgement {
        Judgement::Holds(_) if sent > 0 => Judgement::broken(
            "a request, or a part of one, was sent over a connection that was not authenticated",
        ),
        other => other,
    }
}

fn used(examined: &Examined<'_>) -> Judgement {
    let transcript = &examined.observation.transcript;
    if transcript.clear_requests() > 0 {
        return Judgement::broken(format!(
            "{} of {} requests in clear",
            transcript.clear_requests(),
            transcript.requests()
        ));
    }
    if transcript.requests() > 0 {
        return Judgement::holds(format!("{} requests, all over TLS", transcript.requests()));
    }
    // A plugin that trusts other roots still shows that it speaks TLS.
    if transcript.handshakes() > 0 {
        return Judgement::holds("it asks for TLS, and refuses the world's certificate");
    }
    if examined.calls().any(|call| call.value == SUCCESS) {
        return Judgement::skipped("the server was not asked at all: see answer/asks-server");
    }
    Judgement::skipped(fault::why_no_request(examined))
}

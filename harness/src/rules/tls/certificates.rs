//! Certificates, and chains of them, that a client must reject.

use super::{HELP, certificate};
use crate::rules::judgement::{Consequence, Judgement, NotPassed};
use crate::rules::precondition::Precondition;
use crate::rules::rule::{Examination, Level, Rule};
use crate::run::RunRecord;
use crate::run::scripts::{ONE_CALL, TWO_CALLS};
use crate::testbed::transcript::Event;
use crate::testbed::{Scenario, Tls};

const HELP_DATES: &str = "Let the TLS library compare both dates of every certificate of the chain with the device's clock; do not accept an expired one, or one for the near future, because clocks differ.";
const HELP_NAME: &str = "Let the TLS library compare the name: give it the host of the URL (SSL_set1_host, CURLOPT_SSL_VERIFYHOST 2, gnutls_session_set_verify_cert, rustls's ServerName) and write no comparison of your own.";
const HELP_CHAIN: &str = "Let the TLS library build and verify the whole chain up to a trusted root; do not override its error in a verification callback.";
const HELP_ALGORITHMS: &str = "Keep the TLS library's own security level (OpenSSL: 2; GnuTLS: NORMAL); do not lower it for an old server.";

pub(in crate::rules) const CERTIFICATES: &[Rule] = &[
    certificate(
        "tls/expired",
        "An expired certificate is rejected.",
        "RFC 5280, section 6.1.3: the certificate validity period includes the current time.",
        HELP,
        Tls::Expired,
    ),
    certificate(
        "tls/expired-an-hour-ago",
        "A certificate that expired an hour ago is rejected.",
        "RFC 5280, section 6.1.3: the certificate validity period includes the current time; it knows no period of grace.",
        HELP_DATES,
        Tls::ExpiredAnHourAgo,
    ),
    certificate(
        "tls/not-yet-valid",
        "A certificate that is valid only from tomorrow is rejected.",
        "RFC 5280, section 6.1.3: the certificate validity period includes the current time.",
        HELP_DATES,
        Tls::NotYetValid,
    ),
    certificate(
        "tls/wrong-name",
        "A certificate for another name is rejected.",
        "RFC 9110, section 4.3.4: the client must verify that the service's identity matches the URI's origin server.",
        HELP,
        Tls::WrongName,
    ),
    certificate(
        "tls/other-name-of-same-operator",
        "A certificate for a name that resembles the server's is rejected: its parent domain, a sibling, or a name that begins or ends with it.",
        "RFC 9525, section 6.3: all labels of the name must match; an attacker can register `evil-operator.example`, and another server of the operator is another server.",
        HELP_NAME,
        Tls::RelatedNames,
    ),
    certificate(
        "tls/wildcard-too-wide",
        "A certificate for `*`, or for a wildcard that would have to stand for several labels, is rejected.",
        "RFC 9525, section 6.3: a wildcard matches exactly one label, the left-most one.",
        HELP_NAME,
        Tls::WideWildcards,
    ),
    certificate(
        "tls/nul-in-name",
        "A certificate whose name continues after a NUL is rejected.",
        "RFC 9525, section 6.3: the whole name must match; a comparison of C strings ends at the NUL that an attacker put there.",
        "Compare names with their length, not as C strings; better, let the TLS library compare them.",
        Tls::NulInName,
    ),
    certificate(
        "tls/ip-san-mismatch",
        "A certificate for the server's addresses instead of its name is rejected.",
        "RFC 9525, section 6.4: an address matches only if the URL contains that address; an attacker who controls DNS controls which address is connected to.",
        HELP_NAME,
        Tls::ServerAddress,
    ),
    // RFC 2818, which RFC 9110 replaced, asked for this.
    advice(
        certificate(
            "tls/common-name-only",
            "A certificate without a subject alternative name is rejected.",
            "RFC 9525, section 2: the common name of the subject is not used; libcurl with OpenSSL uses it and has no option against it, and OpenSSL and GnuTLS do by default, so this is advice.",
            "OpenSSL: X509_VERIFY_PARAM_set_hostflags with X509_CHECK_FLAG_NEVER_CHECK_SUBJECT; libcurl with OpenSSL: this and X509_VERIFY_PARAM_set1_host, in CURLOPT_SSL_CTX_FUNCTION; public authorities issue no such certificates.",
            Tls::CommonNameOnly,
        ),
        COMMON_NAME,
    ),
    certificate(
        "tls/self-signed",
        "A self-signed certificate is rejected.",
        "RFC 5280, section 6.1: a valid path begins at a trust anchor.",
        HELP,
        Tls::SelfSigned,
    ),
    Rule {
        // A plugin that trusts other roots rejects this certificate, too.
        needs: &[Precondition::SpeaksTls],
        ..certificate(
            "tls/unknown-issuer",
            "A certificate from an unknown issuer is rejected.",
            "RFC 5280, section 6.1: a valid path begins at a trust anchor.",
            HELP,
            Tls::UnknownIssuer,
        )
    },
    certificate(
        "tls/root-in-chain",
        "A chain up to a root that the server itself sends, and that is in no trust store, is rejected.",
        "RFC 8446, section 4.4.2: the trust anchor is known by other means than the handshake; a root that arrives in it proves nothing.",
        HELP_CHAIN,
        Tls::UnknownRootSent,
    ),
    certificate(
        "tls/missing-intermediate",
        "A certificate whose intermediate authority is unknown is rejected.",
        "RFC 5280, section 6.1: every certificate of the path must be verified with its issuer's key.",
        HELP_CHAIN,
        Tls::MissingIntermediate,
    ),
    certificate(
        "tls/leaf-as-ca",
        "A certificate that was issued with another server's certificate is rejected.",
        "RFC 5280, section 6.1.4: an issuer's certificate must say that it is a CA; otherwise every owner of a certificate could issue one for every name.",
        HELP_CHAIN,
        Tls::IssuedByLeaf,
    ),
    certificate(
        "tls/no-ca-flag",
        "A certificate from an issuer without basicConstraints is rejected.",
        "RFC 5280, section 4.2.1.9: without basicConstraints, the key must not be used to verify certificate signatures.",
        HELP_CHAIN,
        Tls::IssuerWithoutCaFlag,
    ),
    certificate(
        "tls/path-length",
        "A chain that is longer than its pathLenConstraint permits is rejected.",
        "RFC 5280, section 4.2.1.9: pathLenConstraint gives the maximum number of intermediate certificates that may follow.",
        HELP_CHAIN,
        Tls::PathTooLong,
    ),
    certificate(
        "tls/expired-issuer",
        "A certificate from an issuer that has expired is rejected.",
        "RFC 5280, section 6.1.3: the validity period of every certificate of the path includes the current time.",
        HELP_DATES,
        Tls::ExpiredIssuer,
    ),
    certificate(
        "tls/name-constraint",
        "A certificate for a name that its issuer's name constraints exclude is rejected.",
        "RFC 5280, section 6.1.3: the name must be within one of the permitted subtrees of every issuer.",
        HELP_CHAIN,
        Tls::NameConstraint,
    ),
    certificate(
        "tls/not-a-server",
        "A certificate that is only for client authentication is rejected.",
        "RFC 5280, section 4.2.1.12: the certificate must only be used for the purposes that it names; every subscriber may own a client certificate.",
        HELP_CHAIN,
        Tls::NotAServer,
    ),
    advice(
        certificate(
            "tls/weak-key",
            "A certificate with an RSA key of 1,024 bits is rejected.",
            "NIST SP 800-131A: RSA keys below 2,048 bits are disallowed; Go accepts 1,024 bits and has no option against it, and GnuTLS does by default, so this is advice.",
            "OpenSSL: keep security level 2; GnuTLS: the priority NORMAL:%PROFILE_MEDIUM; Go: look at the size of the key in VerifyConnection.",
            Tls::WeakKey,
        ),
        WEAK_KEY,
    ),
    certificate(
        "tls/sha1-signature",
        "A certificate that is signed with SHA-1 is rejected.",
        "RFC 9155: SHA-1 signatures must not be used; two certificates with the same SHA-1 have been made.",
        HELP_ALGORITHMS,
        Tls::Sha1Signature,
    ),
    Rule {
        level: Level::May,
        examination: Examination::run(
            Scenario {
                tls: Tls::RevokedStapled,
                ..Scenario::ALLOW
            },
            ONE_CALL,
            revoked_stapled,
        ),
        ..certificate(
            "tls/revoked-stapled",
            "A plugin that asks for a stapled OCSP response rejects a certificate that the response says was revoked.",
            "RFC 6066, section 8: a client that asks for an OCSP response and receives one must check it, and must abort the handshake if it is not satisfactory; rustls and Go ask for one in every handshake and leave it to code of the plugin's own to look at it, so this is advice.",
            "Check what the plugin asks for: GnuTLS does by default; OpenSSL: OCSP_basic_verify and OCSP_resp_find_status in the callback of SSL_CTX_set_tlsext_status_cb; Go: OCSPResponse in VerifyConnection; rustls: a ServerCertVerifier of your own. Or do not ask, where the library lets you.",
            Tls::RevokedStapled,
        )
    },
    Rule {
        level: Level::Should,
        examination: Examination::run(
            Scenario {
                tls: Tls::UnknownIssuer,
                ..Scenario::ALLOW
            },
            TWO_CALLS,
            super::judge,
        ),
        ..certificate(
            "tls/resumes-safely",
            "A session whose certificate was rejected is not resumed by the next call.",
            "RFC 8446, section 4.6.1: a session that is resumed is not authenticated again, so one that was never authenticated must not be kept.",
            "Verify within the handshake, so that no session of a rejected server exists, or do not keep sessions between calls.",
            Tls::UnknownIssuer,
        )
    },
];

const WEAK_KEY: Scenario = Scenario {
    tls: Tls::WeakKey,
    ..Scenario::ALLOW
};

const COMMON_NAME: Scenario = Scenario {
    tls: Tls::CommonNameOnly,
    ..Scenario::ALLOW
};

/// A rule about what a common library accepts, and cannot be told to refuse.
const fn advice(rule: Rule, scenario: Scenario) -> Rule {
    Rule {
        level: Level::May,
        examination: Examination::run(scenario, ONE_CALL, judge_advice),
        ..rule
    }
}

/// A server sends the response only to clients that ask for one.
fn revoked_stapled(record: &RunRecord) -> Judgement {
    let mut stapled = record
        .transcript
        .entries
        .iter()
        .filter_map(|entry| match entry.event {
            Event::Staple {
                connection,
                requested,
            } if super::is_question(record, connection) => Some(requested),
            _ => None,
        })
        .peekable();
    if stapled.peek().is_some() && !stapled.any(|requested| requested) {
        return Err(NotPassed::not_applicable(
            "the plugin does not ask for a stapled OCSP response",
        ));
    }
    judge_advice(record)
}

/// A trusted authority has signed for that name, so it is not as if anyone could make the device share.
fn judge_advice(record: &RunRecord) -> Judgement {
    super::judge(record).map_err(|not_passed| not_passed.with_consequence(Consequence::Other))
}

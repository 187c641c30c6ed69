//! The table of the faults in the protocols of the samples `ts43` and `signed-token`: what the profile of each finds.
//!
//! Unlike in the other table, all companions have to fail: a profile that no longer finds one of them has become weaker.
//! Only the rules that such a fault can break are examined, which are those of the profile and a few more.

use crate::proof::{Companion, Plugin, Proof, Unexamined};

/// The responses of the profile, and whether the usual ones are understood.
const MEANING: &str = "profile/*,answer/entitled,answer/not-entitled";

const READS_FIRST: &str = "it reads the first status of the document, whatever it is the status of";

const TAKES_FIRST_OF_TWO: &str = "of two statuses it takes the first one, in XML as in JSON";

const NO_STATUS_ALLOWS: &str =
    "a document in which it finds no status of the application means yes to it";

const READS_EVERY_BODY: &str = "it reads the document whatever the HTTP status";

const BUSY_ALLOWS: &str = "a busy server means yes to it, however long it says to wait";

const VERIFIES_NOTHING: &str = "it reads the claims without a look at header and signature";

const ANY_SIGNATURE: &str = "whatever has the length of a signature is one to it";

/// Faults in the protocol of `ts43`.
pub(crate) const TS43: &[Proof] = &[
    Proof {
        companions: &[
            (
                "profile/json-deny",
                "the status is the same one in the other form of the document",
            ),
            (
                "profile/another-application-first",
                "the application that was asked for has the same status there",
            ),
        ],
        ..protocol("answer/not-entitled", "ts43/zero-allows", MEANING)
    },
    protocol("profile/incompatible", "ts43/incompatible-allows", MEANING),
    protocol("profile/provisioning", "ts43/provisioning-allows", MEANING),
    protocol(
        "profile/unknown-status",
        "ts43/unknown-status-denies",
        MEANING,
    ),
    Proof {
        companions: &[
            ("profile/another-application-first", READS_FIRST),
            ("profile/json-another-application", READS_FIRST),
            ("profile/application-twice", READS_FIRST),
            ("profile/json-status-twice", READS_FIRST),
        ],
        ..protocol(
            "profile/another-application",
            "ts43/first-application",
            MEANING,
        )
    },
    protocol("profile/nested-status", "ts43/nested-status", MEANING),
    Proof {
        companions: &[("profile/json-status-twice", TAKES_FIRST_OF_TWO)],
        ..protocol("profile/application-twice", "ts43/first-of-two", MEANING)
    },
    Proof {
        companions: &[
            ("profile/status-missing", NO_STATUS_ALLOWS),
            ("profile/nested-status", NO_STATUS_ALLOWS),
            ("profile/another-application", NO_STATUS_ALLOWS),
            ("profile/json-another-application", NO_STATUS_ALLOWS),
        ],
        ..protocol("profile/version-only", "ts43/version-allows", MEANING)
    },
    protocol("profile/reset", "ts43/ignores-version", MEANING),
    protocol("profile/challenge", "ts43/challenge-denies", MEANING),
    Proof {
        companions: &[
            ("profile/openid-connect", READS_EVERY_BODY),
            ("profile/bad-request", READS_EVERY_BODY),
            ("profile/method-not-allowed", READS_EVERY_BODY),
            ("profile/not-acceptable", READS_EVERY_BODY),
            ("profile/later-seconds", READS_EVERY_BODY),
            ("profile/later-date", READS_EVERY_BODY),
            ("profile/later-again", READS_EVERY_BODY),
            ("profile/later-unreadable", READS_EVERY_BODY),
            ("profile/stale-token", READS_EVERY_BODY),
        ],
        ..protocol("profile/server-error", "ts43/ignores-http-status", MEANING)
    },
    Proof {
        companions: &[
            ("profile/later-date", BUSY_ALLOWS),
            ("profile/later-again", BUSY_ALLOWS),
            ("profile/later-unreadable", BUSY_ALLOWS),
        ],
        ..protocol("profile/later-seconds", "ts43/503-allows", MEANING)
    },
    protocol("profile/stale-token", "ts43/511-denies", MEANING),
    protocol("profile/other-letter-case", "ts43/compares-case", MEANING),
    protocol(
        "profile/unescaped-ampersand",
        "ts43/strict-ampersands",
        MEANING,
    ),
    protocol("profile/without-end", "ts43/takes-fragments", MEANING),
    // Without time/requests, which has many other runs made at the same time.
    protocol(
        "time/total-retries",
        "ts43/511-loop",
        "profile/stale-token,time/total-retries",
    ),
    protocol(
        "time/total-retries",
        "ts43/503-loop",
        "profile/later-seconds,time/total-retries",
    ),
    protocol(
        "time/total-retries",
        "ts43/503-date-loop",
        "profile/later-seconds,time/total-retries",
    ),
    protocol(
        "host/threads",
        "ts43/503-waits",
        "profile/later-seconds,host/threads",
    ),
    protocol(
        "privacy/clear-identity",
        "ts43/token-in-cleartext",
        "privacy/clear-identity,privacy/redirect,privacy/url-identity,answer/entitled",
    ),
];

/// Faults in the protocol of `signed-token`.
pub(crate) const SIGNED_TOKEN: &[Proof] = &[
    Proof {
        companions: &[
            ("profile/denied-by-another-key", VERIFIES_NOTHING),
            ("profile/key-id-of-another-key", VERIFIES_NOTHING),
            ("profile/public-key-as-secret", VERIFIES_NOTHING),
            ("profile/algorithm-none", VERIFIES_NOTHING),
            ("profile/another-algorithm", VERIFIES_NOTHING),
            ("profile/no-signature", VERIFIES_NOTHING),
        ],
        ..protocol(
            "profile/another-key",
            "signed-token/no-signature-check",
            MEANING,
        )
    },
    Proof {
        companions: &[
            ("profile/denied-by-another-key", ANY_SIGNATURE),
            ("profile/key-id-of-another-key", ANY_SIGNATURE),
        ],
        ..protocol(
            "profile/another-key",
            "signed-token/signature-present",
            MEANING,
        )
    },
    protocol(
        "profile/algorithm-none",
        "signed-token/algorithm-none",
        MEANING,
    ),
    protocol(
        "profile/public-key-as-secret",
        "signed-token/algorithm-of-the-header",
        MEANING,
    ),
    protocol(
        "profile/another-algorithm",
        "signed-token/algorithm-not-read",
        MEANING,
    ),
    Proof {
        companions: &[("profile/no-nonce", "it does not look at the nonce at all")],
        ..protocol(
            "profile/another-nonce",
            "signed-token/ignores-nonce",
            MEANING,
        )
    },
    Proof {
        companions: &[("profile/no-device", "it does not look at the device at all")],
        ..protocol(
            "profile/another-device",
            "signed-token/ignores-device",
            MEANING,
        )
    },
    protocol(
        "profile/older-than-the-question",
        "signed-token/ignores-iat",
        MEANING,
    ),
    protocol(
        "profile/of-the-future",
        "signed-token/ignores-future",
        MEANING,
    ),
    Proof {
        companions: &[("profile/no-expiry", "it does not look at the expiry at all")],
        ..protocol("profile/expired", "signed-token/ignores-exp", MEANING)
    },
    Proof {
        companions: &[
            (
                "profile/no-device",
                "each claim that is absent is right to it",
            ),
            (
                "profile/no-expiry",
                "each claim that is absent is right to it",
            ),
        ],
        ..protocol("profile/no-nonce", "signed-token/optional-claims", MEANING)
    },
    protocol(
        "profile/entitled-as-text",
        "signed-token/entitled-as-text",
        MEANING,
    ),
    protocol(
        "profile/claim-twice",
        "signed-token/duplicate-claim",
        MEANING,
    ),
    protocol(
        "profile/payload-as-json",
        "signed-token/unsigned-json",
        MEANING,
    ),
    protocol("profile/token-twice", "signed-token/token-twice", MEANING),
    protocol(
        "profile/token-with-status-403",
        "signed-token/ignores-http-status",
        MEANING,
    ),
    protocol(
        "privacy/replay",
        "signed-token/constant-nonce",
        "privacy/replay,answer/entitled",
    ),
    // The server refuses such a question.
    protocol(
        "answer/entitled",
        "signed-token/short-nonce",
        "answer/entitled",
    ),
];

/// A fault in the protocol that its name begins with, which breaks one of these rules and no other.
const fn protocol(rule: &'static str, fault: &'static str, rules: &'static str) -> Proof {
    const NONE: &[Companion] = &[];
    Proof {
        rule,
        plugin: Plugin::Protocol { fault, rules },
        companions: NONE,
        unexamined: Unexamined::Nothing,
    }
}

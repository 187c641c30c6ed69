//! The table: for each rule what breaks it, and what is broken with it.
//!
//! A companion may be broken with the rule, and nothing else may. Some rules
//! have a second proof, which shows another way to break them.

use ics_harness::rules::Precondition;

use crate::proof::{Companion, Plugin, Proof, Unexamined};
use crate::protocols::{SIGNED_TOKEN, TS43};

/// All proofs.
pub(crate) fn all() -> impl Iterator<Item = &'static Proof> {
    [SOURCES, FAULTS, TS43, SIGNED_TOKEN].into_iter().flatten()
}

/// The plugin never returns the deny value.
const NEEDS_DENY: &str = "some of its calls get the same denial";

/// It changes the server's decision as well.
const KEPT_ANSWER: &str = "some of its calls come after another decision, which the plugin keeps";

/// OpenSSL has one setting for all of them.
const LEVEL_ZERO: &str = "the security level of OpenSSL that permits one permits the other";

/// It compares no names at all.
const COMPARES_NO_NAMES: &str = "it compares no names, so that every name will do";

/// Its first connection is not authenticated.
const SENDS_FIRST: &str = "its request for a token is sent to whatever name the server has";

/// It accepts what it cannot verify.
const ACCEPTS_UNKNOWN_ISSUERS: &str = "its certificate is from an unknown issuer, too";

/// The plugin asks for IPv6 addresses only.
const NO_IPV6_ADDRESS: &str = "its name has no IPv6 address either";

/// It comes when the process ends, not in a call.
const ENDS_THE_SAME: &str = "every process that unloaded the library ends in the same handler";

/// The process lives on until the server has let go.
const WAKES_LATER: &str = "the process lives long enough after unloading for the thread to wake";

/// It lasts for longer than a round.
const WAKES_IN_ROUNDS: &str = "the thread of one round wakes in a later one, when its code is gone";

/// An answer that is not to the question is none.
const UNASKED_IS_SILENCE: &str =
    "an answer to another question is none, so that the look-up times out";

/// It takes what it cannot verify for verified.
const TRUSTS_MORE: &str = "it accepts issuers that it does not know, also that of this server";

/// The server refuses a client that offers nothing else.
const ENDS_WITH_ALERT: &str = "the server ends this handshake with an alert as well";

/// It does not parse the body.
const SEARCHES_TEXT: &str = "it searches the body for the word instead of parsing it";

/// It leaves a thread that waits.
const LEFT_WAITING: &str =
    "the thread that it leaves waits with its socket, and is seen after the call";

/// Rules that are broken by a setting.
const FAULTS: &[Proof] = &[
    Proof {
        unexamined: Unexamined::Without(&[Precondition::AcceptsAllow]),
        ..alone("answer/entitled")
    },
    with(
        "answer/not-entitled",
        &[
            (
                "answer/asks-every-time",
                "its second answer is the same denial",
            ),
            ("threads/at-once", "half of its answers are the same denial"),
            ("answer/consistent", NEEDS_DENY),
            ("answer/forgets", NEEDS_DENY),
            ("answer/same-meaning", NEEDS_DENY),
            ("load/twice", NEEDS_DENY),
        ],
    ),
    with(
        "answer/asks-server",
        &[
            ("answer/same-meaning", KEPT_ANSWER),
            (
                "threads/at-once",
                "it counts the responses of the server, and a cached denial is none",
            ),
            ("answer/consistent", KEPT_ANSWER),
            ("answer/forgets", KEPT_ANSWER),
            ("load/twice", KEPT_ANSWER),
        ],
    ),
    with(
        "answer/asks-every-time",
        &[
            ("answer/same-meaning", KEPT_ANSWER),
            (
                "threads/at-once",
                "its second half changes the answer from call to call",
            ),
            ("answer/consistent", KEPT_ANSWER),
            ("answer/forgets", KEPT_ANSWER),
            ("load/twice", KEPT_ANSWER),
        ],
    ),
    with(
        "answer/recovers",
        &[(
            "answer/forgets",
            "one of its faults is the refused connection after which the plugin asks no more",
        )],
    ),
    with(
        "answer/in-range",
        &[(
            "http/503",
            "a value out of range has to be returned in some scenario, and it is this",
        )],
    ),
    alone("answer/offline"),
    alone("answer/consistent"),
    alone("answer/same-words"),
    alone("answer/same-meaning"),
    alone("answer/forgets"),
    alone("dns/nxdomain"),
    alone("dns/servfail"),
    with(
        "dns/silent",
        &[
            ("dns/wrong-id", UNASKED_IS_SILENCE),
            ("dns/wrong-question", UNASKED_IS_SILENCE),
        ],
    ),
    alone("dns/garbage"),
    with(
        "dns/dead-first-address",
        &[("dns/many-addresses", "its first address is dead, too")],
    ),
    alone("dns/refused"),
    alone("dns/empty"),
    alone("dns/truncated"),
    alone("dns/wrong-id"),
    alone("dns/wrong-question"),
    with(
        "dns/slow",
        &[(
            "dns/many-addresses",
            "its patience ends before the answer over TCP has come",
        )],
    ),
    alone("dns/ipv6-only"),
    with(
        "dns/ipv4-only",
        &[
            ("dns/dead-first-address", NO_IPV6_ADDRESS),
            ("dns/many-addresses", NO_IPV6_ADDRESS),
        ],
    ),
    alone("dns/cname-loop"),
    alone("dns/many-addresses"),
    with(
        "connect/refused",
        &[(
            "answer/recovers",
            "its first call is made in the same scenario",
        )],
    ),
    alone("connect/silent"),
    alone("connect/unreachable"),
    alone("connect/reset"),
    alone("connect/closed"),
    alone("connect/port-open-then-dead"),
    with(
        "tls/expired",
        &[(
            "tls/expired-an-hour-ago",
            "it accepts every expired certificate",
        )],
    ),
    alone("tls/expired-an-hour-ago"),
    alone("tls/not-yet-valid"),
    with(
        "tls/wrong-name",
        &[
            ("tls/other-name-of-same-operator", COMPARES_NO_NAMES),
            ("tls/wildcard-too-wide", COMPARES_NO_NAMES),
            ("tls/nul-in-name", COMPARES_NO_NAMES),
            ("tls/ip-san-mismatch", COMPARES_NO_NAMES),
            ("tls/common-name-only", COMPARES_NO_NAMES),
        ],
    ),
    alone("tls/other-name-of-same-operator"),
    alone("tls/wildcard-too-wide"),
    alone("tls/nul-in-name"),
    alone("tls/ip-san-mismatch"),
    alone("tls/common-name-only"),
    alone("tls/self-signed"),
    with(
        "tls/unknown-issuer",
        &[
            ("privacy/trust-environment", TRUSTS_MORE),
            ("tls/root-in-chain", ACCEPTS_UNKNOWN_ISSUERS),
            ("tls/missing-intermediate", ACCEPTS_UNKNOWN_ISSUERS),
            ("tls/resumes-safely", ACCEPTS_UNKNOWN_ISSUERS),
        ],
    ),
    alone("tls/root-in-chain"),
    with(
        "tls/missing-intermediate",
        &[
            ("privacy/trust-environment", TRUSTS_MORE),
            ("tls/unknown-issuer", ACCEPTS_UNKNOWN_ISSUERS),
            ("tls/resumes-safely", ACCEPTS_UNKNOWN_ISSUERS),
        ],
    ),
    with(
        "tls/leaf-as-ca",
        &[(
            "tls/no-ca-flag",
            "it accepts every issuer that a trusted root has signed",
        )],
    ),
    alone("tls/no-ca-flag"),
    alone("tls/path-length"),
    alone("tls/expired-issuer"),
    alone("tls/name-constraint"),
    alone("tls/not-a-server"),
    alone("tls/weak-key"),
    alone("tls/sha1-signature"),
    with(
        "tls/resumes-safely",
        &[(
            "load/wears-out",
            "the sessions that it keeps are not freed when it is unloaded",
        )],
    ),
    with(
        "tls/wrong-key",
        &[(
            "tls/weak-key",
            "the strength of a key shows in its signature, which is not verified",
        )],
    ),
    alone("tls/plaintext"),
    alone("tls/garbage"),
    with(
        "tls/alert",
        &[
            ("tls/old-version", ENDS_WITH_ALERT),
            ("tls/weak-cipher", ENDS_WITH_ALERT),
        ],
    ),
    alone("tls/cut"),
    with(
        "tls/silent",
        &[(
            "connect/port-open-then-dead",
            "the server is as silent after the ClientHello",
        )],
    ),
    alone("tls/truncated"),
    alone("tls/used"),
    Proof {
        plugin: Plugin::Cleartext,
        unexamined: Unexamined::Without(&[Precondition::SpeaksTls, Precondition::AcceptsTestCa]),
        ..with(
            "tls/used",
            &[(
                "privacy/replay",
                "without TLS, anyone could repeat the response to its requests",
            )],
        )
    },
    alone("http/500"),
    alone("http/503"),
    with(
        "http/captive-portal",
        &[
            (
                "http/deny-of-another-kind",
                "it takes any HTML page for permission",
            ),
            ("http/wrong-type", "it takes any HTML page for permission"),
            (
                "http/redirect-elsewhere",
                "it takes any HTML page for permission",
            ),
            (
                "http/redirect-same-host",
                "it takes any HTML page for permission",
            ),
        ],
    ),
    alone("http/portal-redirect"),
    alone("http/redirect-loop"),
    alone("http/redirect-downgrade"),
    with(
        "http/short-body",
        &[("tls/truncated", "its body breaks off in the same way")],
    ),
    alone("http/reset-in-body"),
    alone("http/bad-chunks"),
    alone("http/endless-headers"),
    alone("http/endless-body"),
    alone("http/drip-body"),
    alone("http/silent"),
    alone("http/closed"),
    with(
        "http/bad-syntax",
        &[
            ("answer/same-meaning", SEARCHES_TEXT),
            ("http/another-value", SEARCHES_TEXT),
            ("http/duplicate-member", SEARCHES_TEXT),
            ("http/trailing-garbage", SEARCHES_TEXT),
        ],
    ),
    with(
        "http/wrong-shape",
        &[
            ("http/another-value", SEARCHES_TEXT),
            ("http/duplicate-member", SEARCHES_TEXT),
        ],
    ),
    with(
        "http/stale-connection",
        &[("host/descriptors", "it keeps its connection between calls")],
    ),
    alone("http/status-of-another-kind"),
    alone("http/another-value"),
    alone("http/deny-of-another-kind"),
    alone("http/duplicate-member"),
    alone("http/empty-200"),
    with(
        "http/bad-utf8",
        &[(
            "http/bad-utf8-elsewhere",
            "it leaves out invalid bytes wherever they are",
        )],
    ),
    alone("http/bad-utf8-elsewhere"),
    alone("http/trailing-garbage"),
    alone("http/gzip"),
    alone("http/http-2"),
    alone("http/wrong-type"),
    alone("http/redirect-elsewhere"),
    alone("http/redirect-same-host"),
    alone("http/odd-reason"),
    alone("http/bad-status-line"),
    alone("http/bad-headers"),
    alone("http/http-0-9"),
    alone("http/allow-then-reset"),
    alone("http/drip-headers"),
    alone("http/endless-1xx"),
    alone("http/bad-encoding"),
    alone("http/cut-without-length"),
    alone("http/chunks-without-end"),
    alone("http/short-chunks"),
    alone("http/two-lengths"),
    alone("http/length-and-chunked"),
    alone("http/huge-body"),
    alone("http/gzip-bomb"),
    alone("http/response-for-other"),
    with(
        "http/unasked-response",
        &[("host/descriptors", "it keeps its connection between calls")],
    ),
    alone("http2/reset-stream"),
    alone("http2/reset-in-body"),
    alone("http2/goaway"),
    alone("http2/goaway-after-response"),
    alone("http2/stalled-body"),
    alone("http2/header-bomb"),
    alone("http2/cut-body"),
    alone("http2/longer-length"),
    alone("http2/silent"),
    alone("http2/endless-body"),
    with(
        "privacy/clear-identity",
        &[
            ("tls/used", "what is sent in cleartext is sent without TLS"),
            (
                "privacy/url-identity",
                "the identity that it sends is in the URL",
            ),
            ("privacy/replay", "each of its reports is the same request"),
        ],
    ),
    alone("privacy/redirect"),
    alone("privacy/url-identity"),
    alone("privacy/replay"),
    alone("privacy/proxy-environment"),
    alone("steps/refused"),
    alone("steps/status"),
    with("steps/unusable", &[("steps/incomplete", SEARCHES_TEXT)]),
    alone("steps/incomplete"),
    alone("steps/silent"),
    alone("steps/endless"),
    alone("steps/redirect"),
    alone("steps/certificate"),
    Proof {
        plugin: Plugin::OtherFault("steps/certificate-of-token"),
        ..with(
            "steps/certificate",
            &[
                ("tls/wrong-name", SENDS_FIRST),
                ("tls/other-name-of-same-operator", SENDS_FIRST),
                ("tls/wildcard-too-wide", SENDS_FIRST),
                ("tls/nul-in-name", SENDS_FIRST),
                ("tls/ip-san-mismatch", SENDS_FIRST),
                ("tls/common-name-only", SENDS_FIRST),
            ],
        )
    },
    Proof {
        plugin: Plugin::OtherFault("answer/forgets-to-unlock"),
        unexamined: Unexamined::Rules(&[(
            "time/total-retries",
            "after the first busy server it asks none any more",
        )]),
        ..alone("answer/forgets")
    },
    alone("profile/stale-token"),
    alone("privacy/trust-environment"),
    Proof {
        unexamined: Unexamined::Rules(&[(
            "time/clock-jump",
            "the call is late where the clock is not set, too",
        )]),
        ..with(
            "time/deadline",
            &[(
                "http/silent",
                "a call has to be late in some scenario, and it is this",
            )],
        )
    },
    alone("time/idle"),
    alone("time/fast"),
    alone("time/clock-jump"),
    alone("time/total-retries"),
    alone("time/requests"),
    with(
        "threads/other-thread",
        &[(
            "host/after-fork",
            "the one thread of a forked process is another thread than the one that loaded it",
        )],
    ),
    alone("threads/at-once"),
    with(
        "threads/small-stack",
        &[("host/alive", "a stack that overflows kills the process")],
    ),
    alone("threads/many"),
    alone("threads/signals"),
    Proof {
        unexamined: Unexamined::Rules(&[(
            "time/total-retries",
            "its calls meet the scenario in which the process ends",
        )]),
        ..with(
            "host/alive",
            &[
                (
                    "http/503",
                    "the process has to end in some scenario, and it is this",
                ),
                ("answer/forgets", "its calls meet the same scenario"),
            ],
        )
    },
    alone("host/threads"),
    alone("host/children"),
    alone("host/descriptors"),
    alone("host/memory"),
    alone("host/signals"),
    with(
        "host/sigpipe",
        &[("host/alive", "SIGPIPE kills the process")],
    ),
    alone("host/quiet"),
    alone("host/folder"),
    alone("host/briefly-changed"),
    alone("host/environment"),
    alone("host/no-stdio"),
    alone("host/few-descriptors"),
    alone("host/child-handling"),
    alone("host/no-threads"),
    alone("host/after-fork"),
    with(
        "host/heap",
        &[("host/alive", "the checks of the heap end the process")],
    ),
    alone("host/files"),
    alone("host/timers"),
    alone("host/locale"),
    alone("host/umask"),
    alone("host/limits"),
    alone("host/rounding"),
    alone("host/priority"),
    alone("host/standard-descriptors"),
    alone("host/credentials"),
    alone("host/thread-name"),
    alone("host/cancel-state"),
    alone("host/resolver"),
    alone("host/locked-memory"),
    alone("host/address-space"),
    alone("host/errno"),
    alone("load/anywhere"),
    with(
        "load/late-connection",
        &[
            ("host/threads", LEFT_WAITING),
            ("host/descriptors", LEFT_WAITING),
        ],
    ),
    with(
        "load/late-handshake",
        &[
            ("host/threads", LEFT_WAITING),
            ("host/descriptors", LEFT_WAITING),
        ],
    ),
    with(
        "load/late-response",
        &[
            ("host/threads", LEFT_WAITING),
            ("host/descriptors", LEFT_WAITING),
            ("threads/cancel", LEFT_WAITING),
        ],
    ),
    with(
        "load/unload",
        &[(
            "host/threads",
            "the thread that it leaves may still run when the process is looked at after unloading",
        )],
    ),
    alone("load/unmapped"),
    alone("load/twice"),
    alone("load/reload"),
    alone("load/wears-out"),
    alone("load/thread-exit"),
];

/// Rules that no setting can break, and second ways to break others.
const SOURCES: &[Proof] = &[
    source(
        "constructor-prints",
        "load/quiet",
        &[(
            "host/quiet",
            "its run begins with loading, and what is printed is counted over a run",
        )],
    ),
    source("constructor-thread", "load/quiet", &[]),
    source("constructor-signal", "load/signals", &[]),
    source("constructor-cuts-path", "load/anywhere", &[]),
    Proof {
        unexamined: Unexamined::Rules(&[(
            "host/quiet",
            "every process ends in the handler, so that no run is complete",
        )]),
        ..source(
            "exit-handler",
            "load/unload",
            &[
                ("load/reload", ENDS_THE_SAME),
                ("load/wears-out", ENDS_THE_SAME),
                ("load/thread-exit", ENDS_THE_SAME),
                ("load/late-connection", ENDS_THE_SAME),
                ("load/late-handshake", ENDS_THE_SAME),
                ("load/late-response", ENDS_THE_SAME),
            ],
        )
    },
    Proof {
        unexamined: Unexamined::Rules(&[
            (
                "load/unmapped",
                "the thread may wake before the process is looked at after unloading",
            ),
            ("time/fast", WAKES_IN_ROUNDS),
        ]),
        ..source(
            "leaves-thread",
            "load/unload",
            &[
                ("load/twice", WAKES_IN_ROUNDS),
                (
                    "host/alive",
                    "the thread of the first copy wakes in a call of the second one",
                ),
                (
                    "host/errno",
                    "where no thread can be created, the attempt changes errno",
                ),
                ("load/reload", WAKES_IN_ROUNDS),
                ("load/wears-out", WAKES_IN_ROUNDS),
                (
                    "host/threads",
                    "the thread is still there when the process is looked at after the call",
                ),
                (
                    "threads/cancel",
                    "the threads that its calls leave are counted there, too",
                ),
                (
                    "load/thread-exit",
                    "the process may live long enough after unloading for the thread to wake",
                ),
                (
                    "host/address-space",
                    "the stacks of the threads that it leaves are not unmapped yet",
                ),
                ("load/late-connection", WAKES_LATER),
                ("load/late-handshake", WAKES_LATER),
                ("load/late-response", WAKES_LATER),
            ],
        )
    },
    source("nodelete", "load/unmapped", &[]),
    source(
        "leaks-descriptor",
        "load/reload",
        &[
            (
                "load/wears-out",
                "more rounds of the same leave more descriptors",
            ),
            (
                "host/descriptors",
                "it opens the descriptor while it is loaded",
            ),
        ],
    ),
    source("leaks-text", "host/memory", &[]),
    source("leaks-denied", "host/memory", &[]),
    source("shared-answer", "threads/at-once", &[]),
    source(
        "leaks-key",
        "load/wears-out",
        &[(
            "load/reload",
            "40 rounds already take more keys than one library may keep",
        )],
    ),
    source(
        "thread-exit",
        "load/thread-exit",
        &[(
            "load/reload",
            "half of its rounds end their thread after unloading",
        )],
    ),
    source(
        "old-version",
        "tls/old-version",
        &[
            ("tls/weak-key", LEVEL_ZERO),
            ("tls/sha1-signature", LEVEL_ZERO),
        ],
    ),
    source(
        "weak-cipher",
        "tls/weak-cipher",
        &[
            ("tls/weak-key", LEVEL_ZERO),
            ("tls/sha1-signature", LEVEL_ZERO),
        ],
    ),
    source("unread-staple", "tls/revoked-stapled", &[]),
    source("cancelled-lock", "threads/cancel", &[]),
    source("wall-clock", "time/clock-jump", &[]),
    source(
        "without-nosignal",
        "host/briefly-changed",
        &[(
            "host/signals",
            "of two transfers at once, the second one restores what the first one has set",
        )],
    ),
    source("export-extra", "file/exports-only", &[]),
    source("export-template", "file/exports-only", &[]),
    source("build-run-path", "file/dependencies", &[]),
    source("lazily-bound", "file/hardening", &[]),
    source("private-key", "file/secrets", &[]),
    source("sets-environment", "file/system-calls", &[]),
    unloadable("not-a-library", "file/format"),
    unloadable("truncated", "file/format"),
    Proof {
        companions: &[(
            "file/exports-only",
            "the C runtime of a program exports some of its own",
        )],
        ..unloadable("executable", "file/format")
    },
    unloadable("other-machine", "file/machine"),
    unloadable("unsigned", "file/signed"),
    unloadable("export-missing", "file/export"),
    unloadable("export-hidden", "file/export"),
    unloadable("export-mangled", "file/export"),
    unloadable("export-decorated", "file/export"),
    unloadable("export-data", "file/export"),
    Proof {
        companions: &[(
            "file/hardening",
            "a symbol that is missing is noticed at run time only where it is bound late",
        )],
        ..unloadable("undefined-symbol", "load/succeeds")
    },
    Proof {
        companions: &[("file/system-calls", "it calls the function that is named")],
        ..unloadable("constructor-exits", "load/succeeds")
    },
];

/// A setting that breaks one rule and no other.
const fn alone(rule: &'static str) -> Proof {
    with(rule, &[])
}

/// A setting that breaks a rule and, with it, others.
const fn with(rule: &'static str, companions: &'static [Companion]) -> Proof {
    Proof {
        rule,
        plugin: Plugin::Fault,
        companions,
        unexamined: Unexamined::Nothing,
    }
}

/// A source that breaks a rule and, with it, others.
const fn source(name: &'static str, rule: &'static str, companions: &'static [Companion]) -> Proof {
    Proof {
        plugin: Plugin::Source(name),
        ..with(rule, companions)
    }
}

/// A source of what cannot be loaded.
const fn unloadable(name: &'static str, rule: &'static str) -> Proof {
    Proof {
        unexamined: Unexamined::Unloadable,
        ..source(name, rule, &[])
    }
}

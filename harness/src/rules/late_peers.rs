//! Peers that answer after the plugin was unloaded: what it left waiting for them then executes unmapped code.

use super::load::{UNLOADED_CLAUSE, survives_unloading};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule};
use crate::testbed::{Http, Scenario, Tcp, Tls, WireFault};
use crate::worker::script::{CALL, LOAD, Step, UNLOAD};

pub(super) const RULES: &[Rule] = &[
    Rule {
        examination: Examination::run(Scenario::ALLOW, AFTER_SILENT_CONNECT, survives_unloading),
        ..rule(
            "load/late-connection",
            "If a connection attempt is accepted only after unloading, the process keeps running and exits cleanly.",
            &[Precondition::ReachesPort],
        )
    },
    Rule {
        examination: Examination::run(Scenario::ALLOW, AFTER_SILENT_TLS, survives_unloading),
        ..rule(
            "load/late-handshake",
            "If a TLS handshake goes on only after unloading, the process keeps running and exits cleanly.",
            &[Precondition::ReachesPort, Precondition::SpeaksTls],
        )
    },
    Rule {
        examination: Examination::run(Scenario::ALLOW, AFTER_SILENT_HTTP, survives_unloading),
        ..rule(
            "load/late-response",
            "If a response arrives only after unloading, the process keeps running and exits cleanly.",
            &[Precondition::ReachesPort],
        )
    },
];

const fn rule(id: &'static str, title: &'static str, needs: &'static [Precondition]) -> Rule {
    Rule {
        id,
        level: Level::Must,
        title,
        clause: UNLOADED_CLAUSE,
        expected: "Alive after unloading, when what the plugin waited for arrives, and a clean exit.",
        help: "Close the connection and join every thread that uses it before the call returns; leave no thread behind that goes on waiting after the deadline.",
        needs,
        examination: Examination::run(Scenario::ALLOW, AFTER_SILENT_HTTP, survives_unloading),
    }
}

/// A good call, then one in a silent scenario. After unloading the peers are answered; the change of the scenario
/// waits until they have let go.
const fn script(silent: Scenario) -> [Step; 7] {
    [
        LOAD,
        CALL,
        Step::ChangeScenario(silent),
        CALL,
        UNLOAD,
        Step::ChangeScenario(Scenario::ALLOW),
        Step::IdleWithLoad { milliseconds: 200 },
    ]
}

const AFTER_SILENT_CONNECT: &[Step] = &script(Scenario {
    tcp: Tcp::Silent,
    ..Scenario::ALLOW
});

const AFTER_SILENT_TLS: &[Step] = &script(Scenario {
    tls: Tls::Silent,
    ..Scenario::ALLOW
});

const AFTER_SILENT_HTTP: &[Step] = &script(Scenario {
    http: Http::Broken(WireFault::Silent),
    ..Scenario::ALLOW
});

//! Real clients in private networks. The process enters its namespaces before
//! it has a second thread, which the usual test runner does not allow: this
//! one has its own `main`.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod certificates;
mod change;
mod client;
mod common_clients;
mod compositions;
mod cost;
mod dns;
mod fallback;
mod http;
mod http2;
mod other_hosts;
#[path = "../common/prerequisites.rs"]
mod prerequisites;
mod runner;
mod tcp;
mod tls;
mod trust;

use std::process::ExitCode;

use ics_harness::profile::built_in;
use ics_harness::testbed::Scenario;
use ics_harness::testbed::authority::Authority;
use ics_harness::testbed::authority::Trust;
use ics_harness::testbed::isolation::{Isolation, IsolationChoice};
use ics_harness::testbed::servers::{Ports, Servers};
use ics_harness::testbed::test_network::TestNetwork;

/// The servers and the isolation that all tests share.
pub(crate) struct TestServers {
    pub(crate) servers: Servers,
    pub(crate) isolation: Isolation,
}

impl TestServers {
    pub(crate) fn network(&self, scenario: Scenario) -> TestNetwork<'_> {
        TestNetwork::start(&self.servers, &self.isolation, scenario).unwrap()
    }
}

/// Makes this program print which isolation it gets, and whether its namespaces are unchanged.
const PRINT_ISOLATION: &str = "--print-isolation";

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new().unwrap();
    let trust = if std::env::args().any(|argument| argument == "--append") {
        Trust::Append
    } else {
        Trust::Replace
    };
    if std::env::args().any(|argument| argument == PRINT_ISOLATION) {
        fallback::print_isolation(&authority, folder.path());
        return ExitCode::SUCCESS;
    }
    let isolation =
        Isolation::enter(IsolationChoice::Auto, &authority, folder.path(), trust).unwrap();
    if let Some(reason) = isolation.reason() {
        prerequisites::not_shown("every test of private networks", reason);
        return ExitCode::SUCCESS;
    }
    let profile = built_in("carrier-json").unwrap();
    let servers = Servers::new(profile, authority, Ports::default()).unwrap();
    let test = TestServers { servers, isolation };
    let claims = [
        dns::CLAIMS,
        tcp::CLAIMS,
        tls::CLAIMS,
        certificates::CLAIMS,
        http::CLAIMS,
        http2::CLAIMS,
        compositions::CLAIMS,
        change::CLAIMS,
        trust::CLAIMS,
        other_hosts::CLAIMS,
        common_clients::CLAIMS,
        cost::CLAIMS,
    ];
    let ending = runner::run(&claims.concat(), &test);
    // After this no scenario can be made any more.
    let last = runner::run(fallback::CLAIMS, &test);
    if ending == ExitCode::SUCCESS {
        last
    } else {
        ending
    }
}

//! Real clients in private networks. The process enters its namespaces before
//! it has a second thread, which the usual test runner does not allow: this
//! one has its own `main`.

#![cfg_attr(
    not(target_os = "linux"),
    expect(unused, reason = "namespaces are had on Linux only")
)]

#[path = "world/client.rs"]
mod client;
#[path = "world/runner.rs"]
mod runner;

use std::process::{Command, ExitCode};

use ics_harness::world::authority::Authority;
use ics_harness::world::exchange::Protocol;
use ics_harness::world::isolation::{Isolation, Trust, Wanted};
use ics_harness::world::servers::{Ports, Servers};
use ics_harness::world::stage::Stage;
use ics_harness::world::transcript::Meaning;
use ics_harness::world::{Tcp, Tls, World};

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new().unwrap();
    let isolation = match Isolation::enter(Wanted::Auto, &authority, folder.path(), Trust::Replace)
    {
        Ok(isolation) => isolation,
        Err(error) => panic!("{error}"),
    };
    if let Some(reason) = isolation.reason() {
        runner::skipped("every claim about private networks", reason);
        return ExitCode::SUCCESS;
    }
    let protocol = Protocol::built_in("carrier-json").unwrap();
    let servers = Servers::new(protocol, authority, Ports::default()).unwrap();
    let stage = |world| Stage::set(&servers, &isolation, world).unwrap();

    runner::run(&[
        ("curl_trusts_the_world_and_is_allowed", &|| {
            let stage = stage(World::ALLOW);
            let output = curl("https://entitlement.operator.example/v1?a=b");
            let transcript = stage.finish();
            assert_eq!(output, r#"{"status":"allowed"} 200 0"#, "{transcript}");
            assert_eq!(transcript.answers(Meaning::Allow), 1, "{transcript}");
            assert_eq!(transcript.attempts, Some(1), "{transcript}");
            eprintln!("{transcript}");
        }),
        ("curl_is_denied", &|| {
            let stage = stage(World::DENY);
            assert_eq!(curl("https://entitlement.operator.example/"), "1000 403 0");
            assert_eq!(stage.finish().answers(Meaning::Deny), 1);
        }),
        ("curl_refuses_expired", &|| {
            let stage = stage(World {
                tls: Tls::Expired,
                ..World::ALLOW
            });
            let output = curl("https://entitlement.operator.example/");
            let transcript = stage.finish();
            eprintln!("{output} {transcript}");
        }),
        ("curl_is_refused", &|| {
            let stage = stage(World {
                tcp: Tcp::Refuses,
                ..World::ALLOW
            });
            let output = curl("https://entitlement.operator.example/");
            let transcript = stage.finish();
            eprintln!("{output} {transcript}");
        }),
    ])
}

fn curl(url: &str) -> String {
    let output = Command::new("curl")
        .args([
            "--silent",
            "--max-time",
            "3",
            "--write-out",
            " %{http_code} %{exitcode}",
            url,
        ])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

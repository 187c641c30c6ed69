//! `serve`: scenarios by themselves, on loopback, to develop a plugin against.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::{ExitStatus, Failure, print, protocol};
use crate::terminal::eprint;
use crate::testbed::Scenario;
use crate::testbed::authority::Authority;
use crate::testbed::authority::Trust;
use crate::testbed::isolation::{Isolation, IsolationChoice};
use crate::testbed::protocol::Protocol;
use crate::testbed::servers::{Ports, Servers};
use crate::testbed::test_network::TestNetwork;
use crate::testbed::transcript::TranscriptEntry;
use ics_device::printable;

const EXAMPLES: &str = "\
Examples:
  ics-harness serve                                       a server that allows
  ics-harness serve --scenario tls/expired --https-port 8443
  ics-harness serve --scenario allow --scenario http/500        two servers at once

Addresses and the authority's file go to standard output, what happens to standard error.
Exit codes: 0 ended by Ctrl-C; 2 usage, or a scenario that loopback cannot show; 3 trouble.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// `allow`, `deny`, or a rule whose scenario is to be shown; one server for each.
    #[arg(long = "scenario", value_name = "RULE-OR-NAME", default_value = "allow", value_parser = named)]
    scenarios: Vec<Named>,
    /// What the server says to mean yes and no.
    #[arg(long, value_name = "NAME", default_value = Protocol::DEFAULT, value_parser = protocol)]
    protocol: Protocol,
    /// The port for http in clear; 0 takes any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    http_port: u16,
    /// The port for https; 0 takes any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    https_port: u16,
    /// Where to write the certificate of the authority, for the plugin to trust
    /// [default: a temporary file, removed at the end].
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// A scenario and what the user called it.
#[derive(Clone, Debug)]
struct Named {
    name: String,
    scenario: Scenario,
}

/// For clap: the scenario with that name.
fn named(name: &str) -> Result<Named, String> {
    let scenario = super::call::scenario(name)?;
    Ok(Named {
        name: name.to_owned(),
        scenario,
    })
}

pub(super) fn run(args: &ServeArgs) -> Result<ExitStatus, Failure> {
    if args.scenarios.len() > 1 && (args.http_port, args.https_port) != (0, 0) {
        return Err(Failure::Usage(
            "several scenarios cannot share a port: leave --http-port and --https-port out"
                .to_owned(),
        ));
    }
    let cancel = super::stopping()?;
    let folder = tempfile::Builder::new()
        .prefix("ics-harness-")
        .tempdir()
        .map_err(Failure::harness)?;
    let authority = Arc::new(Authority::new().map_err(Failure::harness)?);
    let ca = match &args.ca {
        Some(file) => file.clone(),
        None => folder.path().join("test-ca.pem"),
    };
    std::fs::write(&ca, authority.ca_pem())
        .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", ca.display())))?;
    let isolation = Isolation::enter(
        IsolationChoice::Loopback,
        &authority,
        folder.path(),
        Trust::Replace,
    )
    .map_err(Failure::harness)?;
    let ports = Ports {
        http: args.http_port,
        https: args.https_port,
    };
    let servers =
        Servers::new(args.protocol.clone(), authority, ports).map_err(Failure::harness)?;
    let networks = args
        .scenarios
        .iter()
        .map(|named| open(named, &servers, &isolation))
        .collect::<Result<Vec<_>, _>>()?;
    print(&directions(&args.scenarios, &networks, &ca))?;
    cancel.wait().map_err(Failure::harness)?;
    for network in networks {
        // All of it was told as it happened.
        network.finish();
    }
    Ok(ExitStatus::Success)
}

/// Sets a scenario and has it tell what happens.
fn open<'a>(
    named: &Named,
    servers: &'a Servers,
    isolation: &Isolation,
) -> Result<TestNetwork<'a>, Failure> {
    isolation
        .supports(&named.scenario)
        .map_err(|reason| Failure::Usage(format!("cannot serve {}: {reason}", named.name)))?;
    let network =
        TestNetwork::start(servers, isolation, named.scenario).map_err(Failure::harness)?;
    let name = named.name.clone();
    network.follow(move |entry: &TranscriptEntry| {
        // Without a reader the servers serve on.
        eprint(&format!("{name}: {entry}\n"));
    });
    Ok(network)
}

/// Where the servers are and whom to trust.
fn directions(scenarios: &[Named], networks: &[TestNetwork<'_>], ca: &Path) -> String {
    let mut text = String::new();
    for (named, network) in scenarios.iter().zip(networks) {
        for url in [network.base_url(), network.http_url()]
            .into_iter()
            .flatten()
        {
            text.push_str(&format!("{}: {url}\n", named.name));
        }
    }
    text.push_str(&format!("ca: {}\n", printable::path(ca)));
    text
}

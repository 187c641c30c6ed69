//! `serve`: scenarios on loopback addresses, without a plugin, to develop one against.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use ics_device::printable;

use super::test_bed_args::named_profile;
use super::{ExitStatus, Failure, print};
use crate::private_folder::PrivateFolder;
use crate::profile::DEFAULT;
use crate::terminal::eprint;
use crate::testbed::Scenario;
use crate::testbed::authority::Authority;
use crate::testbed::authority::Trust;
use crate::testbed::isolation::{Isolation, IsolationChoice};
use crate::testbed::servers::{Ports, Servers};
use crate::testbed::test_network::TestNetwork;
use crate::testbed::transcript::TranscriptEntry;

const EXAMPLES: &str = "\
Examples:
  ics-harness serve                                        a server that allows
  ics-harness serve --scenario tls/expired --https-port 8443
  ics-harness serve --scenario allow --scenario http/500   two servers at once

The URLs and the path of the CA certificate go to standard output, the transcript to standard
error. It runs until it is interrupted (Ctrl-C).
Exit codes: 0 interrupted; 2 usage, or a scenario that needs a private network; 3 harness error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// `allow`, `deny`, the id of a rule, for the scenario of that rule, or `profile/NAME`; repeat it for several servers.
    #[arg(
        long = "scenario",
        value_name = "RULE-OR-NAME",
        default_value = "allow"
    )]
    scenarios: Vec<String>,
    /// What the server is asked and what it responds: a profile file, or the name of a built-in one.
    #[arg(long, value_name = "FILE-OR-NAME", default_value = DEFAULT, alias = "protocol")]
    profile: PathBuf,
    /// The port for cleartext HTTP; 0 selects a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    http_port: u16,
    /// The port for HTTPS; 0 selects a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    https_port: u16,
    /// Write the certificate of the test CA, which the plugin has to trust, to FILE
    /// [default: a temporary file, removed at the end].
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// A scenario and its name on the command line.
#[derive(Clone, Debug)]
struct NamedScenario {
    name: String,
    scenario: Scenario,
}

pub(super) fn run(args: &ServeArgs) -> Result<ExitStatus, Failure> {
    if args.scenarios.len() > 1 && (args.http_port, args.https_port) != (0, 0) {
        return Err(Failure::Usage(
            "several scenarios cannot share a port: leave --http-port and --https-port out"
                .to_owned(),
        ));
    }
    let profile = named_profile(&args.profile)?;
    let scenarios = args
        .scenarios
        .iter()
        .map(|name| {
            let scenario = super::call::scenario(name, &profile).map_err(Failure::Usage)?;
            Ok(NamedScenario {
                name: name.clone(),
                scenario,
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let cancel = super::stopping()?;
    let folder = PrivateFolder::new().map_err(Failure::harness)?;
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
    if args.http_port != 0 && args.http_port == args.https_port {
        return Err(Failure::Usage(format!(
            "http and https cannot share the port {}; name another one, or 0 for any",
            args.http_port
        )));
    }
    let ports = Ports {
        http: args.http_port,
        https: args.https_port,
    };
    let servers = Servers::new(profile, authority, ports).map_err(Failure::harness)?;
    let networks = scenarios
        .iter()
        .map(|named| start(named, &servers, &isolation))
        .collect::<Result<Vec<_>, _>>()?;
    print(&addresses(&scenarios, &networks, &ca))?;
    cancel.wait().map_err(Failure::harness)?;
    for network in networks {
        // The transcript was printed as it was recorded.
        network.finish();
    }
    Ok(ExitStatus::Success)
}

/// Starts the servers of a scenario, and prints their transcript while they run.
fn start<'a>(
    named: &NamedScenario,
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
        // If nothing reads standard error, the servers continue.
        eprint(&format!("{name}: {entry}\n"));
    });
    Ok(network)
}

/// The URLs of the servers, and the certificate to trust.
fn addresses(scenarios: &[NamedScenario], networks: &[TestNetwork<'_>], ca: &Path) -> String {
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

//! Hosts that the plugin sends requests to and does not ask: the scenario's faults do not apply to them.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;

use ics_harness::testbed::test_network::TestNetwork;
use ics_harness::testbed::transcript::{Meaning, Transcript};
use ics_harness::testbed::{Dns, Http, Interface, Link, OtherHosts, Scenario, Tcp, Tls};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::TestServers;
use crate::client::{ALLOWED, HOST, READ_TIMEOUT, careful, read};
use crate::runner::Claim;

pub(crate) const CLAIMS: &[Claim] = &[
    ("other_hosts_have_no_fault_of_dns", dns),
    ("other_hosts_have_no_fault_of_tcp", tcp),
    ("other_hosts_have_no_fault_of_tls", tls),
    ("other_hosts_have_no_fault_of_http", http),
    ("other_hosts_are_not_counted", not_counted),
    ("other_hosts_are_behind_a_captive_portal_too", portal),
    ("other_hosts_are_not_reached_without_a_link", no_link),
    (
        "other_hosts_stay_unaffected_when_the_scenario_changes",
        change,
    ),
];

/// The host of a connectivity probe.
const PROBE: &str = "probe.example";

/// One that is reached by its address.
const PROBE_ADDRESS: &str = "198.18.0.7";

fn others() -> OtherHosts {
    OtherHosts {
        names: BTreeSet::from([PROBE.to_owned()]),
        addresses: BTreeSet::from([PROBE_ADDRESS.parse().unwrap()]),
    }
}

fn network(test: &TestServers, scenario: Scenario) -> TestNetwork<'_> {
    TestNetwork::start_beside(
        &test.servers,
        &test.isolation,
        scenario,
        &others(),
        Interface::Loopback,
    )
    .unwrap()
}

/// The addresses of a name, as the system resolves it.
fn addresses(name: &str) -> io::Result<Vec<IpAddr>> {
    let found = (name, 0).to_socket_addrs()?;
    let addresses: BTreeSet<IpAddr> = found.map(|address| address.ip()).collect();
    Ok(addresses.into_iter().collect())
}

fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::ErrorKind::NotFound.into();
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, READ_TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(READ_TIMEOUT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What a host answers to a request.
fn ask(stream: &mut (impl Read + Write), host: &str) -> String {
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    match stream.write_all(request.as_bytes()) {
        Ok(()) => read(stream, usize::MAX).0,
        Err(_) => String::new(),
    }
}

fn ask_in_cleartext(host: &str) -> io::Result<String> {
    Ok(ask(&mut connect(host, 80)?, host))
}

fn ask_over_tls(host: &str, config: &Arc<ClientConfig>) -> io::Result<String> {
    let mut stream = connect(host, 443)?;
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::clone(config), name).unwrap();
    while client.is_handshaking() {
        client.complete_io(&mut stream)?;
    }
    Ok(ask(&mut StreamOwned::new(client, stream), host))
}

/// Whether the other hosts allow, by name and by address.
#[track_caller]
fn unaffected() {
    for host in [PROBE, PROBE_ADDRESS] {
        let answer = ask_in_cleartext(host).unwrap();
        assert!(answer.contains(ALLOWED), "{host}: {answer}");
    }
}

fn dns(test: &TestServers) {
    let faults = [
        Dns::Nxdomain,
        Dns::Servfail,
        Dns::Refused,
        Dns::Empty,
        Dns::CnameLoop,
    ];
    for dns in faults {
        let network = network(
            test,
            Scenario {
                dns,
                ..Scenario::ALLOW
            },
        );
        assert!(addresses(HOST).unwrap_or_default().is_empty(), "{dns:?}");
        let expected: [IpAddr; 2] = [
            "203.0.113.20".parse().unwrap(),
            "2001:db8::20".parse().unwrap(),
        ];
        assert_eq!(addresses(PROBE).unwrap(), expected, "{dns:?}");
        unaffected();
        network.finish();
    }
    for dns in [Dns::DeadFirstAddress, Dns::ManyAddresses] {
        let network = network(
            test,
            Scenario {
                dns,
                ..Scenario::ALLOW
            },
        );
        assert!(addresses(HOST).unwrap().len() > 1, "{dns:?}");
        assert_eq!(addresses(PROBE).unwrap().len(), 2, "{dns:?}");
        unaffected();
        network.finish();
    }
}

fn tcp(test: &TestServers) {
    for tcp in [Tcp::Refuses, Tcp::Silent, Tcp::Unreachable] {
        let network = network(
            test,
            Scenario {
                tcp,
                ..Scenario::ALLOW
            },
        );
        assert!(connect(HOST, 443).is_err(), "{tcp:?}");
        unaffected();
        let transcript = network.finish();
        assert_eq!(transcript.connections(), 0, "{transcript}");
        let attempted = transcript.attempts > Some(0);
        // Without a route no attempt is counted, and those with the other hosts are no attempts to reach the server.
        assert_eq!(attempted, tcp != Tcp::Unreachable, "{tcp:?}: {transcript}");
    }
    for tcp in [Tcp::Resets, Tcp::Closes, Tcp::OpenThenDead] {
        let network = network(
            test,
            Scenario {
                tcp,
                ..Scenario::ALLOW
            },
        );
        let answer = ask_in_cleartext(HOST).unwrap_or_default();
        assert_eq!(answer, "", "{tcp:?}");
        unaffected();
        network.finish();
    }
}

fn tls(test: &TestServers) {
    let config = careful(test.servers.authority());
    for tls in [Tls::Expired, Tls::SelfSigned, Tls::Plaintext, Tls::Garbage] {
        let network = network(
            test,
            Scenario {
                tls,
                ..Scenario::ALLOW
            },
        );
        assert!(ask_over_tls(HOST, &config).is_err(), "{tls:?}");
        let answer = ask_over_tls(PROBE, &config).unwrap();
        assert!(answer.contains(ALLOWED), "{tls:?}: {answer}");
        network.finish();
    }
}

fn http(test: &TestServers) {
    for http in [Http::Deny, Http::Status(503), Http::RedirectLoop] {
        let network = network(
            test,
            Scenario {
                http,
                ..Scenario::ALLOW
            },
        );
        let answer = ask_in_cleartext(HOST).unwrap();
        assert!(!answer.starts_with("HTTP/1.1 200"), "{http:?}: {answer}");
        unaffected();
        network.finish();
    }
}

fn not_counted(test: &TestServers) {
    let network = network(test, Scenario::DENY);
    unaffected();
    let transcript = network.finish();
    let counts: [fn(&Transcript) -> usize; 4] = [
        Transcript::questions,
        Transcript::connections,
        Transcript::requests,
        Transcript::cleartext_requests,
    ];
    for count in counts {
        assert_eq!(count(&transcript), 0, "{transcript}");
    }
    assert_eq!(transcript.answers(Meaning::Allow), 0, "{transcript}");
    assert_eq!(transcript.attempts, Some(0), "{transcript}");
    // What happened is listed all the same.
    assert!(transcript.entries.len() >= 6, "{transcript}");
}

fn portal(test: &TestServers) {
    let scenario = Scenario {
        http: Http::PortalRedirect,
        ..Scenario::ALLOW
    };
    let network = network(test, scenario);
    let answer = ask_in_cleartext(PROBE).unwrap();
    assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
    let transcript = network.finish();
    assert_eq!(transcript.requests(), 1, "{transcript}");
}

fn no_link(test: &TestServers) {
    let scenario = Scenario {
        link: Link::Down,
        ..Scenario::ALLOW
    };
    let network = network(test, scenario);
    let address: SocketAddr = (PROBE_ADDRESS.parse::<IpAddr>().unwrap(), 80).into();
    assert!(TcpStream::connect_timeout(&address, READ_TIMEOUT).is_err());
    network.finish();
}

fn change(test: &TestServers) {
    let unreachable = Scenario {
        tcp: Tcp::Unreachable,
        ..Scenario::ALLOW
    };
    let down = Scenario {
        link: Link::Down,
        ..Scenario::ALLOW
    };
    let mut network = network(test, Scenario::ALLOW);
    for scenario in [unreachable, Scenario::DENY, unreachable] {
        network.change_scenario(scenario).unwrap();
        unaffected();
    }
    network.change_scenario(down).unwrap();
    assert!(ask_in_cleartext(PROBE_ADDRESS).is_err());
    network.change_scenario(Scenario::ALLOW).unwrap();
    unaffected();
    assert!(ask_in_cleartext(HOST).unwrap().contains(ALLOWED));
    network.finish();
}

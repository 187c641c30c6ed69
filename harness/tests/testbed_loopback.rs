//! Scenarios on loopback addresses, for machines without private networks.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use ics_harness::profile::{self, built_in, built_in_source};
use ics_harness::testbed::authority::Authority;
use ics_harness::testbed::authority::Trust;
use ics_harness::testbed::isolation::{Isolation, IsolationChoice};
use ics_harness::testbed::servers::{Ports, Servers};
use ics_harness::testbed::test_network::TestNetwork;
use ics_harness::testbed::transcript::Meaning;
use ics_harness::testbed::{Dns, Http, Link, Scenario, Shape, Tcp};

const ALLOWED: &str = r#"{"status":"allowed"}"#;

fn servers() -> (Servers, Isolation) {
    let authority = Authority::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let isolation = Isolation::enter(
        IsolationChoice::Loopback,
        &authority,
        folder.path(),
        Trust::Replace,
    )
    .unwrap();
    let profile = built_in("carrier-json").unwrap();
    let servers = Servers::new(profile, authority, Ports { http: 0, https: 0 }).unwrap();
    (servers, isolation)
}

/// The port in a URL such as `http://localhost:8080/`.
fn port(url: Option<String>) -> u16 {
    let url = url.unwrap();
    let (_, port) = url.trim_end_matches('/').rsplit_once(':').unwrap();
    port.parse().unwrap()
}

fn connect(address: impl Into<IpAddr>, port: u16) -> std::io::Result<TcpStream> {
    let address = SocketAddr::from((address.into(), port));
    TcpStream::connect_timeout(&address, Duration::from_millis(500))
}

fn ask(mut stream: TcpStream, host: &str) -> String {
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn a_server_answers_on_both_loopback_addresses() {
    let (servers, isolation) = servers();
    let network = TestNetwork::start(&servers, &isolation, Scenario::ALLOW).unwrap();
    let port = port(network.http_url());
    assert!(ask(connect(Ipv4Addr::LOCALHOST, port).unwrap(), "localhost").ends_with(ALLOWED));
    match connect(Ipv6Addr::LOCALHOST, port) {
        Ok(stream) => assert!(ask(stream, "localhost").ends_with(ALLOWED)),
        // A system without IPv6.
        Err(error) => assert_ne!(error.kind(), ErrorKind::ConnectionRefused),
    }
    let transcript = network.finish();
    assert_eq!(transcript.answers(Meaning::Allow), transcript.connections());
    assert_eq!(transcript.attempts, None);
}

#[test]
fn a_scenario_keeps_its_ports_while_it_changes() {
    let (servers, isolation) = servers();
    let mut network = TestNetwork::start(&servers, &isolation, Scenario::ALLOW).unwrap();
    let port = port(network.http_url());
    for (tcp, kind) in [
        (Tcp::Refuses, ErrorKind::ConnectionRefused),
        (Tcp::Silent, ErrorKind::TimedOut),
    ] {
        let scenario = Scenario {
            tcp,
            ..Scenario::ALLOW
        };
        network.change_scenario(scenario).unwrap();
        let error = connect(Ipv4Addr::LOCALHOST, port).unwrap_err();
        assert_eq!(error.kind(), kind, "{tcp:?}");
        network.change_scenario(Scenario::DENY).unwrap();
        let reply = ask(connect(Ipv4Addr::LOCALHOST, port).unwrap(), "localhost");
        assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
    }
    assert_eq!(network.finish().answers(Meaning::Deny), 2);
}

#[test]
fn scenarios_at_once_have_ports_of_their_own() {
    let (servers, isolation) = servers();
    let allow = TestNetwork::start(&servers, &isolation, Scenario::ALLOW).unwrap();
    let deny = TestNetwork::start(&servers, &isolation, Scenario::DENY).unwrap();
    assert_ne!(allow.base_url(), deny.base_url());
    let reply = ask(
        connect(Ipv4Addr::LOCALHOST, port(deny.http_url())).unwrap(),
        "localhost",
    );
    assert!(reply.ends_with("\r\n\r\n1000"), "{reply}");
    assert!(allow.finish().entries.is_empty());
    assert_eq!(deny.finish().answers(Meaning::Deny), 1);
}

#[test]
fn what_needs_a_network_is_refused_with_the_reason() {
    let (servers, isolation) = servers();
    let network = TestNetwork::start(&servers, &isolation, Scenario::ALLOW).unwrap();
    for (scenario, reason) in [
        (
            Scenario {
                link: Link::Down,
                ..Scenario::ALLOW
            },
            "taking the interface down",
        ),
        (
            Scenario {
                dns: Dns::Nxdomain,
                ..Scenario::ALLOW
            },
            "a fault of the name server",
        ),
        (
            Scenario {
                dns: Dns::DeadFirstAddress,
                ..Scenario::ALLOW
            },
            "a fault of the name server",
        ),
        (
            Scenario {
                tcp: Tcp::Unreachable,
                ..Scenario::ALLOW
            },
            "taking the route away",
        ),
    ] {
        let reason_given = network.supports(&scenario).unwrap_err();
        assert!(reason_given.starts_with(reason), "{reason_given}");
        assert!(TestNetwork::start(&servers, &isolation, scenario).is_err());
    }
}

#[test]
fn a_profile_without_a_deciding_member_has_no_wrong_shape() {
    let (_, isolation) = servers();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("conformance.toml");
    let text = built_in_source("carrier-json").unwrap();
    std::fs::write(&file, text.replace("deciding = \"status\"\n", "")).unwrap();
    let ports = Ports { http: 0, https: 0 };
    let profile = profile::read(&file).unwrap();
    let servers = Servers::new(profile, Authority::new().unwrap(), ports).unwrap();
    let scenario = Scenario {
        http: Http::WrongShape(Shape::Null),
        ..Scenario::ALLOW
    };
    let error = TestNetwork::start(&servers, &isolation, scenario)
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("names no deciding member"),
        "{error}"
    );
}

#[test]
fn the_portal_is_another_host() {
    let (servers, isolation) = servers();
    let scenario = Scenario {
        http: Http::PortalRedirect,
        ..Scenario::ALLOW
    };
    let network = TestNetwork::start(&servers, &isolation, scenario).unwrap();
    let port = port(network.http_url());
    let portal = format!("127.0.0.1:{port}");
    let reply = ask(connect(Ipv4Addr::LOCALHOST, port).unwrap(), "localhost");
    assert!(reply.starts_with("HTTP/1.1 302 "), "{reply}");
    assert!(reply.contains(&format!("http://{portal}/login")), "{reply}");
    let reply = ask(connect(Ipv4Addr::LOCALHOST, port).unwrap(), &portal);
    assert!(reply.ends_with(ALLOWED), "{reply}");
    // A response of the portal is no response of the server.
    assert_eq!(network.finish().answers(Meaning::Allow), 0);
}

#[test]
fn a_scenario_that_is_followed_keeps_no_entries() {
    let (servers, isolation) = servers();
    let network = TestNetwork::start(&servers, &isolation, Scenario::ALLOW).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    network.follow(move |entry| sender.send(entry.to_string()).unwrap());
    let port = port(network.http_url());
    ask(connect(Ipv4Addr::LOCALHOST, port).unwrap(), "localhost");
    assert!(network.finish().entries.is_empty());
    assert!(
        receiver
            .iter()
            .any(|entry| entry.contains("GET / for localhost"))
    );
}

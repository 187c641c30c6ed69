//! Scenarios that change while a client is connected.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use ics_harness::testbed::transcript::Meaning;
use ics_harness::testbed::{Dns, Http, Link, Scenario, Tcp, Tls, WireFault};

use crate::TestServers;
use crate::client::{ALLOWED, HOST, SERVER, ask, careful, cleartext, curl, read, request, secure};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    ("change_applies_to_an_open_connection", open_connection),
    (
        "change_closes_connections_that_are_no_longer_possible",
        closes,
    ),
    ("change_is_possible_between_any_two_scenarios", everything),
    (
        "change_of_certificate_prevents_session_resumption",
        resumption,
    ),
    ("change_answers_the_peers_that_were_held_back", late_peers),
    (
        "change_waits_for_repeated_connection_attempts",
        late_connection,
    ),
    ("change_waits_for_no_peer_that_has_let_go", no_late_peers),
];

fn late_peers(test: &TestServers) {
    let silent_tls = Scenario {
        tls: Tls::Silent,
        ..Scenario::ALLOW
    };
    let silent_http = Scenario {
        http: Http::Broken(WireFault::Silent),
        ..Scenario::ALLOW
    };
    let config = careful(test.servers.authority());
    for silent in [silent_tls, silent_http] {
        let mut network = test.network(silent);
        // The socket belongs to this thread's network, whoever uses it.
        let stream = TcpStream::connect((SERVER, 443)).unwrap();
        let config = Arc::clone(&config);
        let client = std::thread::spawn(move || {
            let name = ServerName::try_from(HOST).unwrap();
            let client = ClientConnection::new(config, name).unwrap();
            once(&mut StreamOwned::new(client, stream))
        });
        network.change_scenario(Scenario::ALLOW).unwrap();
        assert!(client.join().unwrap().ends_with(ALLOWED));
        let transcript = network.finish();
        assert_eq!(transcript.connections(), 1, "{transcript}");
        assert_eq!(transcript.answers(Meaning::Allow), 1, "{transcript}");
    }
}

fn late_connection(test: &TestServers) {
    let silent = Scenario {
        tcp: Tcp::Silent,
        ..Scenario::ALLOW
    };
    let mut network = test.network(silent);
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    let server: SocketAddr = format!("{SERVER}:443").parse().unwrap();
    socket.connect(&server.into()).unwrap_err();
    network.change_scenario(Scenario::ALLOW).unwrap();
    // It is connected when the change is complete.
    assert_eq!(socket.peer_addr().unwrap().as_socket(), Some(server));
    drop(socket);
    assert_eq!(network.finish().connections(), 1);
}

fn no_late_peers(test: &TestServers) {
    for silent in [
        Scenario {
            tcp: Tcp::Silent,
            ..Scenario::ALLOW
        },
        Scenario {
            tls: Tls::Silent,
            ..Scenario::ALLOW
        },
        Scenario {
            http: Http::Broken(WireFault::Silent),
            ..Scenario::ALLOW
        },
    ] {
        let mut network = test.network(silent);
        let server: SocketAddr = format!("{SERVER}:80").parse().unwrap();
        if let Ok(mut stream) = TcpStream::connect_timeout(&server, Duration::from_millis(50)) {
            stream.write_all(request().as_bytes()).unwrap();
        }
        let started = Instant::now();
        network.change_scenario(Scenario::ALLOW).unwrap();
        // Less than the time that it would wait for a peer.
        assert!(started.elapsed() < Duration::from_millis(450), "{silent:?}");
        network.finish();
    }
}

fn once(stream: &mut (impl Read + Write)) -> String {
    stream.write_all(request().as_bytes()).unwrap();
    read(stream, 1).0
}

fn open_connection(test: &TestServers) {
    let mut network = test.network(Scenario::ALLOW);
    let mut stream = secure(&careful(test.servers.authority())).unwrap();
    assert!(once(&mut stream).ends_with(ALLOWED));
    network.change_scenario(Scenario::DENY).unwrap();
    assert!(once(&mut stream).starts_with("HTTP/1.1 403 "));
    network
        .change_scenario(Scenario {
            http: Http::Broken(WireFault::Closed),
            ..Scenario::ALLOW
        })
        .unwrap();
    assert_eq!(once(&mut stream), "");
    drop(stream);
    let transcript = network.finish();
    assert_eq!(transcript.connections(), 1, "{transcript}");
    assert_eq!(transcript.entries.last().unwrap().phase, 2);
    assert_eq!(
        [0, 1, 2, 3].map(|phase| transcript.requests_in(phase)),
        [1, 1, 1, 0]
    );
    assert_eq!(transcript.attempts, Some(1));
}

fn closes(test: &TestServers) {
    for scenario in [
        Scenario {
            tcp: Tcp::Refuses,
            ..Scenario::ALLOW
        },
        Scenario {
            tls: Tls::Expired,
            ..Scenario::ALLOW
        },
        Scenario {
            link: Link::Down,
            ..Scenario::ALLOW
        },
    ] {
        let mut network = test.network(Scenario::ALLOW);
        let mut stream = secure(&careful(test.servers.authority())).unwrap();
        assert!(once(&mut stream).ends_with(ALLOWED));
        network.change_scenario(scenario).unwrap();
        // An idle connection has been closed by then, with a close_notify.
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        secure(&careful(test.servers.authority())).unwrap_err();
    }
}

fn everything(test: &TestServers) {
    if !has("curl", "change_is_possible_between_any_two_scenarios") {
        return;
    }
    let allow = Scenario::ALLOW;
    // With curl's exit codes for them.
    let scenarios = [
        (
            Scenario {
                tcp: Tcp::Unreachable,
                ..allow
            },
            &[7][..],
        ),
        (
            Scenario {
                tcp: Tcp::Refuses,
                ..allow
            },
            &[7],
        ),
        (
            Scenario {
                tcp: Tcp::Silent,
                ..allow
            },
            &[28],
        ),
        (
            Scenario {
                link: Link::Down,
                ..allow
            },
            &[6],
        ),
        (
            Scenario {
                dns: Dns::Nxdomain,
                ..allow
            },
            &[6],
        ),
        (
            Scenario {
                tls: Tls::Expired,
                ..allow
            },
            &[60],
        ),
        // Some versions of OpenSSL take a close for an error of their own.
        (
            Scenario {
                http: Http::Broken(WireFault::Closed),
                ..allow
            },
            &[52, 56],
        ),
    ];
    let mut network = test.network(scenarios[0].0);
    let url = format!("https://{HOST}/");
    for (scenario, codes) in scenarios {
        network.change_scenario(scenario).unwrap();
        let exit = curl(&[&url]).2;
        assert!(codes.contains(&exit), "{scenario:?}: {exit}");
        network.change_scenario(allow).unwrap();
        let (body, _, exit) = curl(&[&url]);
        assert_eq!((body.as_str(), exit), (ALLOWED, 0), "after {scenario:?}");
    }
    let transcript = network.finish();
    assert_eq!(
        transcript.answers(Meaning::Allow),
        scenarios.len(),
        "{transcript}"
    );
}

fn resumption(test: &TestServers) {
    let config = careful(test.servers.authority());
    let mut network = test.network(Scenario::ALLOW);
    let resumed = |network: &str| {
        let mut stream = secure(&config).unwrap_or_else(|error| panic!("{network}: {error}"));
        assert!(once(&mut stream).ends_with(ALLOWED));
        stream.conn.handshake_kind() == Some(rustls::HandshakeKind::Resumed)
    };
    assert!(!resumed("first"));
    assert!(resumed("second"));
    network
        .change_scenario(Scenario {
            tls: Tls::Expired,
            ..Scenario::ALLOW
        })
        .unwrap();
    secure(&config).unwrap_err();
    let transcript = network.finish();
    assert_eq!(transcript.refused_handshakes(), 1, "{transcript}");
    // Without TLS there is no session to resume.
    let network = test.network(Scenario::ALLOW);
    assert!(ask(&mut cleartext()).0.ends_with(ALLOWED));
    drop(network);
}

//! What happens to connections.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};

use ics_harness::testbed::transcript::{Event, Transcript};
use ics_harness::testbed::{Dns, Link, Scenario, Tcp};

use crate::TestServers;
use crate::client::{ALLOWED, HOST, READ_TIMEOUT, curl};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    ("tcp_accepts_on_every_address", accepts),
    ("tcp_refuses", refuses),
    ("tcp_is_silent", silent),
    ("tcp_is_unreachable_while_names_are_answered", unreachable),
    (
        "tcp_a_patient_client_gets_over_a_dead_address",
        dead_first_address,
    ),
    ("tcp_resets", resets),
    ("tcp_closes", closes),
    ("tcp_has_no_way_without_a_link", no_link),
    ("tcp_names_the_ports_that_are_not_served", unserved),
    ("tcp_leaves_the_plugins_own_listeners_alone", own_listener),
    ("tcp_is_dead_once_accepted", open_then_dead),
];

const ADDRESSES: [&str; 6] = [
    "203.0.113.10:443",
    "203.0.113.10:80",
    "[2001:db8::10]:443",
    "[2001:db8::10]:80",
    "9.9.9.9:443",
    "[2620:fe::fe]:80",
];

fn scenario(tcp: Tcp) -> Scenario {
    Scenario {
        tcp,
        ..Scenario::ALLOW
    }
}

/// Tries each address and gives the errors' kinds.
fn connect() -> Vec<Result<TcpStream, ErrorKind>> {
    let try_one = |address: &&str| {
        let address: SocketAddr = address.parse().unwrap();
        TcpStream::connect_timeout(&address, READ_TIMEOUT).map_err(|error| error.kind())
    };
    ADDRESSES.iter().map(try_one).collect()
}

fn all_fail_with(kinds: &[ErrorKind]) {
    for (result, address) in connect().into_iter().zip(ADDRESSES) {
        let kind = result.expect_err(address);
        assert!(kinds.contains(&kind), "{address}: {kind}");
    }
}

fn attempted(transcript: &Transcript) {
    assert_eq!(transcript.connections(), 0, "{transcript}");
    assert_eq!(
        transcript.attempts,
        Some(ADDRESSES.len() as u64),
        "{transcript}"
    );
}

fn accepts(test: &TestServers) {
    let network = test.network(Scenario::ALLOW);
    assert!(connect().iter().all(Result::is_ok));
    let transcript = network.finish();
    assert_eq!(transcript.connections(), ADDRESSES.len(), "{transcript}");
    for (number, address) in ADDRESSES.into_iter().enumerate() {
        assert!(
            transcript.entries.iter().any(|entry| matches!(
                &entry.event,
                Event::Connection { to, .. } if to == address
            )),
            "{number} {address} is not in {transcript}"
        );
    }
}

fn refuses(test: &TestServers) {
    let network = test.network(scenario(Tcp::Refuses));
    all_fail_with(&[ErrorKind::ConnectionRefused]);
    attempted(&network.finish());
}

fn silent(test: &TestServers) {
    let network = test.network(scenario(Tcp::Silent));
    all_fail_with(&[ErrorKind::TimedOut]);
    attempted(&network.finish());
}

fn unreachable(test: &TestServers) {
    let network = test.network(scenario(Tcp::Unreachable));
    all_fail_with(&[ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable]);
    let output = std::process::Command::new("getent")
        .args(["ahostsv4", HOST])
        .output();
    let transcript = network.finish();
    if let Ok(output) = output {
        assert!(output.status.success());
        assert!(transcript.questions() > 0, "{transcript}");
    }
}

fn dead_first_address(test: &TestServers) {
    if !has("curl", "tcp_a_patient_client_gets_over_a_dead_address") {
        return;
    }
    let network = test.network(Scenario {
        dns: Dns::DeadFirstAddress,
        ..Scenario::ALLOW
    });
    let url = format!("https://{HOST}/");
    // Each address gets half of the time to connect.
    let (body, _, exit) = curl(&["--connect-timeout", "5", "--max-time", "20", &url]);
    let transcript = network.finish();
    assert_eq!((body.as_str(), exit), (ALLOWED, 0), "{transcript}");
    assert_eq!(transcript.attempts, Some(2), "{transcript}");
}

fn resets(test: &TestServers) {
    let network = test.network(scenario(Tcp::Resets));
    for result in connect() {
        // The reset may come before the connection is seen to be made.
        let error = match result {
            Ok(mut stream) => stream.read(&mut [0]).unwrap_err().kind(),
            Err(kind) => kind,
        };
        assert_eq!(error, ErrorKind::ConnectionReset);
    }
    let transcript = network.finish();
    assert_eq!(transcript.connections(), ADDRESSES.len(), "{transcript}");
    assert_eq!(transcript.faults_met(), ADDRESSES.len(), "{transcript}");
}

fn closes(test: &TestServers) {
    let network = test.network(scenario(Tcp::Closes));
    for result in connect() {
        assert_eq!(result.unwrap().read(&mut [0]).unwrap(), 0);
    }
    let transcript = network.finish();
    assert_eq!(transcript.connections(), ADDRESSES.len(), "{transcript}");
    assert_eq!(transcript.faults_met(), ADDRESSES.len(), "{transcript}");
}

fn unserved(test: &TestServers) {
    let network = test.network(Scenario::ALLOW);
    for address in ["10.64.0.7:8443", "10.64.0.7:8443", "[2001:db8::7]:853"] {
        let error = TcpStream::connect(address).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{address}");
    }
    // As a client of HTTP/3 does.
    for (own, address) in [
        ("0.0.0.0:0", "10.64.0.7:443"),
        ("[::]:0", "[2001:db8::7]:443"),
    ] {
        let socket = UdpSocket::bind(own).unwrap();
        socket.connect(address).unwrap();
        socket.send(b"initial").unwrap();
        let error = socket.recv(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{address}");
    }
    assert!(connect().iter().all(Result::is_ok));
    let transcript = network.finish();
    assert_eq!(
        transcript.unserved(),
        [
            ("10.64.0.7:8443".parse().unwrap(), 2),
            ("[2001:db8::7]:853".parse().unwrap(), 1),
        ],
        "{transcript}"
    );
    let text = transcript.to_string();
    for line in [
        "udp       refused 10.64.0.7:443,",
        "udp       refused [2001:db8::7]:443,",
    ] {
        assert!(text.contains(line), "no `{line}` in {text}");
    }
    assert_eq!(transcript.connections(), ADDRESSES.len(), "{transcript}");
}

fn own_listener(test: &TestServers) {
    let network = test.network(scenario(Tcp::Refuses));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    // The profile's own port is refused by the scenario.
    TcpStream::connect("203.0.113.10:443").unwrap_err();
    let transcript = network.finish();
    assert_eq!(transcript.unserved(), [], "{transcript}");
}

fn open_then_dead(test: &TestServers) {
    let mut network = test.network(scenario(Tcp::OpenThenDead));
    let mut streams: Vec<TcpStream> = connect().into_iter().map(Result::unwrap).collect();
    for stream in &mut streams {
        // Not a byte is acknowledged, so that the kernel gives up after this time.
        let limit = Some(READ_TIMEOUT);
        socket2::SockRef::from(&*stream)
            .set_tcp_user_timeout(limit)
            .unwrap();
        stream.write_all(b"a ClientHello").unwrap();
    }
    for mut stream in streams.drain(..) {
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
    let mut silent = TcpStream::connect("203.0.113.10:443").unwrap();
    silent.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
    let error = silent.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    // What is still held is closed with the scenario.
    network.change_scenario(Scenario::ALLOW).unwrap();
    silent.set_read_timeout(None).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    assert!(connect().iter().all(Result::is_ok));
    let transcript = network.finish();
    assert_eq!(transcript.faults_met(), ADDRESSES.len() + 1, "{transcript}");
}

fn no_link(test: &TestServers) {
    let network = test.network(Scenario {
        link: Link::Down,
        dns: Dns::Answers,
        ..Scenario::ALLOW
    });
    all_fail_with(&[
        ErrorKind::NetworkUnreachable,
        ErrorKind::HostUnreachable,
        ErrorKind::AddrNotAvailable,
    ]);
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    assert!(socket.send_to(b"question", "192.0.2.53:53").is_err());
    assert!(TcpStream::connect("127.0.0.1:443").is_err());
    let transcript = network.finish();
    assert!(transcript.entries.is_empty(), "{transcript}");
    assert_eq!(transcript.attempts, Some(0));
}

//! The name server's answers, in packets.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::str::FromStr;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use ics_harness::testbed::transcript::Event;
use ics_harness::testbed::{Dns, Scenario};

use crate::TestServers;
use crate::client::{HOST, READ_TIMEOUT};
use crate::runner::{Claim, has};

pub(crate) const CLAIMS: &[Claim] = &[
    (
        "dns_answers_over_both_transports_and_families",
        both_transports_and_families,
    ),
    ("dns_answers_what_the_scenario_defines", error_codes),
    ("dns_silence_is_silence", silence),
    ("dns_garbage_has_the_identifier_and_is_no_message", garbage),
    ("dns_gives_the_dead_address_first", dead_first),
    ("dns_is_what_the_system_asks", the_system_asks),
];

fn question(kind: RecordType) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_str(HOST).unwrap(), kind));
    message
}

/// Sends a question by UDP and gives what came back within the patience.
fn udp(server: &str, message: &Message) -> Option<Vec<u8>> {
    let server: IpAddr = server.parse().unwrap();
    let any = if server.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = UdpSocket::bind(any).unwrap();
    // Connected, so that an answer from another address would not be taken.
    socket.connect((server, 53)).unwrap();
    socket.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
    socket.send(&message.to_vec().unwrap()).unwrap();
    let mut buffer = [0; 512];
    let length = socket.recv(&mut buffer).ok()?;
    Some(buffer[..length].to_vec())
}

fn tcp(server: &str, message: &Message) -> Vec<u8> {
    let server: IpAddr = server.parse().unwrap();
    let mut stream = TcpStream::connect((server, 53)).unwrap();
    let message = message.to_vec().unwrap();
    let length = u16::try_from(message.len()).unwrap();
    stream.write_all(&length.to_be_bytes()).unwrap();
    stream.write_all(&message).unwrap();
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut reply).unwrap();
    reply
}

fn records(bytes: &[u8]) -> Vec<String> {
    let message = Message::from_vec(bytes).unwrap();
    assert_eq!(message.metadata.response_code, ResponseCode::NoError);
    message
        .answers
        .iter()
        .map(|record| record.data.to_string())
        .collect()
}

fn both_transports_and_families(test: &TestServers) {
    let network = test.network(Scenario::ALLOW);
    let servers = [
        "192.0.2.53",
        "8.8.8.8",
        "127.0.0.1",
        "2001:db8::53",
        "2001:4860:4860::8888",
    ];
    for server in servers {
        for (kind, address) in [
            (RecordType::A, "203.0.113.10"),
            (RecordType::AAAA, "2001:db8::10"),
        ] {
            let question = question(kind);
            assert_eq!(
                records(&udp(server, &question).unwrap()),
                [address],
                "{server}"
            );
            assert_eq!(records(&tcp(server, &question)), [address], "{server}");
        }
    }
    let transcript = network.finish();
    assert_eq!(transcript.questions(), 4 * servers.len(), "{transcript}");
    // Each question over TCP took a connection, and nothing else did.
    assert_eq!(transcript.attempts, Some(2 * servers.len() as u64));
    let Event::Question {
        name,
        kind,
        transport,
        answer,
        late: false,
    } = &transcript.entries[0].event
    else {
        panic!("{transcript}");
    };
    assert_eq!(
        [name, kind, transport, answer],
        [HOST, "A", "udp", "203.0.113.10"]
    );
}

fn error_codes(test: &TestServers) {
    for (dns, code) in [
        (Dns::Nxdomain, ResponseCode::NXDomain),
        (Dns::Servfail, ResponseCode::ServFail),
    ] {
        let network = test.network(Scenario {
            dns,
            ..Scenario::ALLOW
        });
        let question = question(RecordType::A);
        let reply = Message::from_vec(&udp("192.0.2.53", &question).unwrap()).unwrap();
        assert_eq!(reply.metadata.id, question.metadata.id);
        assert_eq!(reply.metadata.response_code, code);
        assert!(reply.answers.is_empty());
        assert_eq!(network.finish().questions(), 1);
    }
}

fn silence(test: &TestServers) {
    let network = test.network(Scenario {
        dns: Dns::Silent,
        ..Scenario::ALLOW
    });
    assert_eq!(udp("192.0.2.53", &question(RecordType::A)), None);
    let transcript = network.finish();
    assert!(
        matches!(&transcript.entries[0].event, Event::Question { answer, .. } if answer == "nothing"),
        "{transcript}"
    );
}

fn garbage(test: &TestServers) {
    let _network = test.network(Scenario {
        dns: Dns::Garbage,
        ..Scenario::ALLOW
    });
    let question = question(RecordType::A);
    let reply = udp("192.0.2.53", &question).unwrap();
    assert_eq!(reply[..2], question.metadata.id.to_be_bytes());
    assert!(Message::from_vec(&reply).is_err());
}

fn dead_first(test: &TestServers) {
    let network = test.network(Scenario {
        dns: Dns::DeadFirstAddress,
        ..Scenario::ALLOW
    });
    let reply = udp("192.0.2.53", &question(RecordType::A)).unwrap();
    assert_eq!(records(&reply), ["203.0.113.66", "203.0.113.10"]);
    let reply = udp("192.0.2.53", &question(RecordType::AAAA)).unwrap();
    assert!(records(&reply).is_empty());
    for port in [80, 443] {
        let dead = format!("203.0.113.66:{port}").parse().unwrap();
        let error = TcpStream::connect_timeout(&dead, READ_TIMEOUT).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        TcpStream::connect(("203.0.113.10", port)).unwrap();
    }
    // The same order comes out of the system's resolver.
    if has("getent", "the order of the system's resolver") {
        let output = Command::new("getent")
            .args(["ahosts", HOST])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let first: Vec<_> = text
            .lines()
            .filter(|line| line.contains("STREAM"))
            .collect();
        assert!(first[0].starts_with("203.0.113.66"), "{text}");
        assert!(first[1].starts_with("203.0.113.10"), "{text}");
    }
    assert_eq!(network.finish().attempts, Some(4));
}

fn the_system_asks(test: &TestServers) {
    if !has("getent", "dns_is_what_the_system_asks") {
        return;
    }
    let network = test.network(Scenario::ALLOW);
    let output = Command::new("getent")
        .args(["ahosts", HOST])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("203.0.113.10") && text.contains("2001:db8::10"),
        "{text}"
    );
    let output = Command::new("getent")
        .args(["ahosts", "localhost"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("127.0.0.1") || text.contains("::1"), "{text}");
    let transcript = network.finish();
    assert_eq!(transcript.questions(), 2, "{transcript}");
}

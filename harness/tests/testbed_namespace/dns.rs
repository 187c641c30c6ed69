//! The name server's answers, in packets.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::str::FromStr;
use std::time::Instant;

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
    ("dns_answers_without_a_record", empty),
    ("dns_is_truncated_and_then_silent_over_tcp", truncated),
    ("dns_answers_another_question", another_question),
    ("dns_answers_late_when_slow", slow),
    ("dns_has_one_family_only", one_family),
    ("dns_aliases_form_a_loop", cname_loop),
    ("dns_gives_many_addresses", many_addresses),
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

/// Sends a question over TCP.
fn send_tcp(server: &str, message: &Message) -> TcpStream {
    let server: IpAddr = server.parse().unwrap();
    let mut stream = TcpStream::connect((server, 53)).unwrap();
    let message = message.to_vec().unwrap();
    let length = u16::try_from(message.len()).unwrap();
    stream.write_all(&length.to_be_bytes()).unwrap();
    stream.write_all(&message).unwrap();
    stream
}

fn tcp(server: &str, message: &Message) -> Vec<u8> {
    let mut stream = send_tcp(server, message);
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
        (Dns::Refused, ResponseCode::Refused),
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

fn scenario(dns: Dns) -> Scenario {
    Scenario {
        dns,
        ..Scenario::ALLOW
    }
}

fn empty(test: &TestServers) {
    let _network = test.network(scenario(Dns::Empty));
    for kind in [RecordType::A, RecordType::AAAA] {
        let reply = udp("192.0.2.53", &question(kind)).unwrap();
        assert!(records(&reply).is_empty());
    }
}

fn truncated(test: &TestServers) {
    let network = test.network(scenario(Dns::Truncated));
    let question = question(RecordType::A);
    let reply = Message::from_vec(&udp("192.0.2.53", &question).unwrap()).unwrap();
    assert!(reply.metadata.truncation && reply.answers.is_empty());
    let mut stream = send_tcp("192.0.2.53", &question);
    stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    drop(stream);
    let transcript = network.finish();
    assert_eq!(transcript.questions(), 2, "{transcript}");
}

fn another_question(test: &TestServers) {
    let question = question(RecordType::A);
    for (dns, same_id) in [(Dns::WrongId, false), (Dns::WrongQuestion, true)] {
        let _network = test.network(scenario(dns));
        let bytes = udp("192.0.2.53", &question).unwrap();
        assert_eq!(records(&bytes), ["203.0.113.10"]);
        let reply = Message::from_vec(&bytes).unwrap();
        assert_eq!(reply.metadata.id == question.metadata.id, same_id);
        let name = reply.queries[0].name().to_utf8();
        assert_eq!(name.trim_end_matches('.') == HOST, !same_id);
        assert_eq!(reply.answers[0].name, *reply.queries[0].name());
        // The system's resolver takes neither.
        if has("getent", "the system's resolver takes no wrong answer") {
            let status = Command::new("timeout")
                .args(["1", "getent", "ahostsv4", HOST])
                .status()
                .unwrap();
            assert!(!status.success(), "{dns:?}");
        }
    }
}

fn slow(test: &TestServers) {
    let network = test.network(scenario(Dns::Slow));
    let question = question(RecordType::A);
    assert_eq!(udp("192.0.2.53", &question), None);
    let started = Instant::now();
    assert_eq!(records(&tcp("192.0.2.53", &question)), ["203.0.113.10"]);
    assert!(started.elapsed() > READ_TIMEOUT);
    if has("getent", "the system's resolver waits for a slow answer") {
        let output = Command::new("getent")
            .args(["ahosts", HOST])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("203.0.113.10"), "{text}");
    }
    assert!(network.finish().questions() >= 2);
}

fn one_family(test: &TestServers) {
    for (dns, expected) in [
        (Dns::Ipv4Only, [&["203.0.113.10"][..], &[]]),
        (Dns::Ipv6Only, [&[], &["2001:db8::10"]]),
    ] {
        let _network = test.network(scenario(dns));
        for (kind, expected) in [RecordType::A, RecordType::AAAA].into_iter().zip(expected) {
            let reply = udp("192.0.2.53", &question(kind)).unwrap();
            assert_eq!(records(&reply), *expected, "{dns:?}");
        }
    }
}

fn cname_loop(test: &TestServers) {
    let _network = test.network(scenario(Dns::CnameLoop));
    let reply = udp("192.0.2.53", &question(RecordType::A)).unwrap();
    assert_eq!(
        records(&reply),
        ["a.alias.example.", "b.alias.example.", "a.alias.example."]
    );
    if has("getent", "the system's resolver ends a loop of aliases") {
        let status = Command::new("getent")
            .args(["ahosts", HOST])
            .status()
            .unwrap();
        assert!(!status.success());
    }
}

fn many_addresses(test: &TestServers) {
    let network = test.network(scenario(Dns::ManyAddresses));
    let question = question(RecordType::A);
    let reply = Message::from_vec(&udp("192.0.2.53", &question).unwrap()).unwrap();
    assert!(reply.metadata.truncation && reply.answers.is_empty());
    let addresses = records(&tcp("192.0.2.53", &question));
    assert_eq!(addresses.len(), 64);
    let (last, dead) = addresses.split_last().unwrap();
    for address in dead {
        let address: IpAddr = address.parse().unwrap();
        let error = TcpStream::connect((address, 443)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    }
    let last: IpAddr = last.parse().unwrap();
    TcpStream::connect((last, 443)).unwrap();
    // The system's resolver asks again over TCP and keeps the order.
    if has(
        "getent",
        "the system's resolver keeps the order of 64 addresses",
    ) {
        let output = Command::new("getent")
            .args(["ahostsv4", HOST])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let streams: Vec<_> = text
            .lines()
            .filter(|line| line.contains("STREAM"))
            .collect();
        assert_eq!(streams.len(), 64, "{text}");
        assert!(streams[63].starts_with("203.0.113.10 "), "{text}");
    }
    let transcript = network.finish();
    assert_eq!(transcript.unserved(), [], "{transcript}");
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

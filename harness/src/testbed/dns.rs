//! The test bed's name server: every name resolves to the test bed, unless the scenario has a fault of DNS.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType, rdata};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::watch;

use super::Dns;
use super::scenario_state::ScenarioState;
use super::transcript::Event;

/// The port of name servers.
pub(crate) const PORT: u16 = 53;

/// The test bed's name server over IPv6 (RFC 3849).
pub(crate) const NAME_SERVER_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x53);

/// The operator's server over IPv4 (RFC 5737, TEST-NET-3).
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// The operator's server over IPv6 (RFC 3849).
pub(crate) const SERVER_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10);

/// The address that drops every packet.
pub(crate) const BLACKHOLE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 66);

/// The time to live of records in seconds: 0, as the scenario may change.
const TTL: u32 = 0;

/// The longest message over UDP that is read.
const MAX_MESSAGE: usize = 4096;

/// How many unanswered questions of a silent name server are kept for a late answer.
const MAX_HELD: usize = 64;

/// Bytes after the identifier that are not a valid header: all counts have their maximum.
const GARBAGE: [u8; 46] = [0xff; 46];

/// Answers questions over UDP until `stop` changes, and all that arrived before. The
/// questions that a silent name server left unanswered are answered when the scenario
/// changes; a plugin that has not waited may have ended by then.
pub(crate) async fn serve_udp(
    socket: UdpSocket,
    state: Arc<ScenarioState>,
    mut stop: watch::Receiver<bool>,
) {
    let mut buffer = [0; MAX_MESSAGE];
    let mut changes = state.changes();
    let mut held: Vec<(SocketAddr, Vec<u8>)> = Vec::new();
    loop {
        let received = tokio::select! {
            biased;
            received = socket.recv_from(&mut buffer) => received,
            Ok(()) = changes.changed() => {
                if state.scenario().dns != Dns::Silent {
                    for (from, question) in held.drain(..) {
                        if let Some(reply) = answer(&state, &question, "udp", true) {
                            // The client may have closed its socket.
                            let _ = socket.send_to(&reply, from).await;
                        }
                    }
                }
                continue;
            }
            _ = stop.changed() => break,
        };
        // An error belongs to a datagram that was sent before, for example to a closed port.
        let Ok((length, from)) = received else {
            continue;
        };
        if state.scenario().dns == Dns::Silent && held.len() < MAX_HELD {
            held.push((from, buffer[..length].to_vec()));
        }
        if let Some(reply) = answer(&state, &buffer[..length], "udp", false) {
            // The client may have closed its socket.
            let _ = socket.send_to(&reply, from).await;
        }
    }
    // The runtime may not have seen yet what has arrived.
    let Ok(socket) = socket.into_std() else {
        return;
    };
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        if let Some(reply) = answer(&state, &buffer[..length], "udp", false) {
            let _ = socket.send_to(&reply, from);
        }
    }
}

/// Answers the questions of one connection, one after the other (RFC 7766).
pub(crate) async fn serve_tcp(mut stream: TcpStream, state: Arc<ScenarioState>) {
    let mut question = Vec::new();
    while let Ok(length) = stream.read_u16().await {
        question.resize(usize::from(length), 0);
        if stream.read_exact(&mut question).await.is_err() {
            return;
        }
        let Some(reply) = answer(&state, &question, "tcp", false) else {
            continue;
        };
        let Ok(length) = u16::try_from(reply.len()) else {
            return;
        };
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend_from_slice(&reply);
        if stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}

/// The name server's answer, which is recorded before it is sent.
fn answer(state: &ScenarioState, question: &[u8], transport: &str, late: bool) -> Option<Vec<u8>> {
    let message = Message::from_vec(question).ok()?;
    if message.metadata.message_type != MessageType::Query {
        return None;
    }
    let (name, kind) = message.queries.first().map_or_else(
        || (Name::root(), RecordType::NULL),
        |query| (query.name().clone(), query.query_type()),
    );
    let (description, reply) = respond(state.scenario().dns, &message, &name, kind);
    state.recorder.record(Event::Question {
        name: name.to_utf8().trim_end_matches('.').to_owned(),
        kind: kind.to_string(),
        transport: transport.to_owned(),
        late,
        answer: description,
    });
    reply
}

/// The answer as text for the transcript, and as bytes.
fn respond(
    dns: Dns,
    question: &Message,
    name: &Name,
    kind: RecordType,
) -> (String, Option<Vec<u8>>) {
    let mut reply = Message::response(question.metadata.id, OpCode::Query);
    reply.metadata.recursion_desired = question.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    reply.add_queries(question.queries.iter().cloned());
    let description = match dns {
        Dns::Silent => return ("nothing".to_owned(), None),
        Dns::Garbage => {
            let mut bytes = question.metadata.id.to_be_bytes().to_vec();
            bytes.extend_from_slice(&GARBAGE);
            return ("garbage".to_owned(), Some(bytes));
        }
        Dns::Nxdomain => {
            reply.metadata.response_code = ResponseCode::NXDomain;
            "NXDOMAIN".to_owned()
        }
        Dns::Servfail => {
            reply.metadata.response_code = ResponseCode::ServFail;
            "SERVFAIL".to_owned()
        }
        Dns::Answers | Dns::DeadFirstAddress => {
            let records = addresses(dns, kind);
            let description: Vec<String> = records.iter().map(ToString::to_string).collect();
            reply.add_answers(
                records
                    .into_iter()
                    .map(|data| Record::from_rdata(name.clone(), TTL, data)),
            );
            if description.is_empty() {
                "no record".to_owned()
            } else {
                description.join(", ")
            }
        }
    };
    // A message of these few records can always be encoded.
    (description, reply.to_vec().ok())
}

fn addresses(dns: Dns, kind: RecordType) -> Vec<RData> {
    match (dns, kind) {
        // Both are IPv4: between address families, the order would be the client's choice.
        (Dns::DeadFirstAddress, RecordType::A) => {
            vec![RData::A(rdata::A(BLACKHOLE)), RData::A(rdata::A(SERVER))]
        }
        (Dns::Answers, RecordType::A) => vec![RData::A(rdata::A(SERVER))],
        (Dns::Answers, RecordType::AAAA) => vec![RData::AAAA(rdata::AAAA(SERVER_6))],
        _ => Vec::new(),
    }
}

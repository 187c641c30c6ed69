//! The test bed's name server: every name resolves to the test bed, unless the scenario has a fault of DNS.

use std::collections::VecDeque;
use std::future::pending;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Message, MessageType};
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep, sleep_until, timeout};

use super::Dns;
pub(crate) use super::dns_response::{AUTHORITY, BLACKHOLE, SERVER, SERVER_6};
use super::dns_response::{Host, SLOW, respond};
use super::scenario_state::ScenarioState;
use super::transcript::{Event, Transport};

/// The port of name servers.
pub(crate) const PORT: u16 = 53;

/// The test bed's name server over IPv6 (RFC 3849).
pub(crate) const NAME_SERVER_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x53);

/// The longest message over UDP that is read.
const MAX_MESSAGE: usize = 4096;

/// How many unanswered questions of a silent or slow name server are kept for a late answer.
const MAX_HELD: usize = 64;

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
    // The answers of a slow name server, in the order in which they are due.
    let mut delayed: VecDeque<(Instant, SocketAddr, Vec<u8>)> = VecDeque::new();
    loop {
        let due = delayed.front().map(|(due, _, _)| *due);
        let received = tokio::select! {
            biased;
            () = at(due) => {
                if let Some((_, from, reply)) = delayed.pop_front() {
                    // The client may have closed its socket; so it may below.
                    let _ = socket.send_to(&reply, from).await;
                }
                continue;
            }
            received = socket.recv_from(&mut buffer) => received,
            Ok(()) = changes.changed() => {
                if state.scenario().dns != Dns::Silent {
                    for (from, question) in held.drain(..) {
                        if let Some(reply) = answer(&state, &question, Transport::Udp, true) {
                            let _ = socket.send_to(&reply.message, from).await;
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
        let silent = state.scenario().dns == Dns::Silent;
        match answer(&state, &buffer[..length], Transport::Udp, false) {
            Some(reply) if reply.slow && delayed.len() < MAX_HELD => {
                delayed.push_back((Instant::now() + SLOW, from, reply.message));
            }
            Some(reply) if reply.slow => {}
            Some(reply) => {
                let _ = socket.send_to(&reply.message, from).await;
            }
            None if silent && held.len() < MAX_HELD => {
                held.push((from, buffer[..length].to_vec()));
            }
            None => {}
        }
    }
    // The runtime may not have seen yet what has arrived.
    let Ok(socket) = socket.into_std() else {
        return;
    };
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        if let Some(reply) = answer(&state, &buffer[..length], Transport::Udp, false) {
            let _ = socket.send_to(&reply.message, from);
        }
    }
}

/// How long a name server keeps a connection on which it does not answer. Servers close idle connections (RFC 7766,
/// section 6.2.3), and glibc's resolver waits for that without a time limit of its own.
const IDLE: Duration = Duration::from_secs(3);

/// Answers the questions of one connection, one after the other (RFC 7766).
pub(crate) async fn serve_tcp(mut stream: TcpStream, state: Arc<ScenarioState>) {
    let mut question = Vec::new();
    let mut silent = false;
    loop {
        // After a question without an answer, more may come: a resolver can send two at once.
        let length = if silent {
            timeout(IDLE, stream.read_u16()).await
        } else {
            Ok(stream.read_u16().await)
        };
        let Ok(Ok(length)) = length else {
            return;
        };
        question.resize(usize::from(length), 0);
        if stream.read_exact(&mut question).await.is_err() {
            return;
        }
        let Some(reply) = answer(&state, &question, Transport::Tcp, false) else {
            silent = true;
            continue;
        };
        if reply.slow {
            sleep(SLOW).await;
        }
        let Ok(length) = u16::try_from(reply.message.len()) else {
            return;
        };
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend_from_slice(&reply.message);
        if stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}

/// An answer of the name server.
struct Reply {
    message: Vec<u8>,
    /// Whether it is sent later than usual.
    slow: bool,
}

/// The name server's answer, which is recorded before it is sent.
fn answer(
    state: &ScenarioState,
    question: &[u8],
    transport: Transport,
    late: bool,
) -> Option<Reply> {
    let message = Message::from_vec(question).ok()?;
    if message.metadata.message_type != MessageType::Query {
        return None;
    }
    let (name, kind) = message.queries.first().map_or_else(
        || (Name::root(), RecordType::NULL),
        |query| (query.name().clone(), query.query_type()),
    );
    let text = name.to_utf8();
    let (dns, host, recorder) = if state.has_revocation_list(&text) {
        (
            Dns::Answers,
            Host::Authority,
            state.recorder.of_test_authority(),
        )
    } else if state.other_hosts.has_name(&text) {
        (Dns::Answers, Host::Other, state.recorder.of_other_hosts())
    } else {
        (state.scenario().dns, Host::Server, state.recorder.clone())
    };
    let response = respond(dns, host, &message, &name, kind, transport);
    recorder.record(Event::Question {
        name: text.trim_end_matches('.').to_owned(),
        kind: kind.to_string(),
        transport: transport.name().to_owned(),
        late,
        answer: response.description,
    });
    Some(Reply {
        message: response.message?,
        slow: dns == Dns::Slow,
    })
}

/// Waits until that time, or for ever if there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

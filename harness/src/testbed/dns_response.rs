//! What the test bed's name server answers to a question in each scenario.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType, rdata};

use super::Dns;
use super::transcript::Transport;

/// The operator's server over IPv4 (RFC 5737, TEST-NET-3).
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// The operator's server over IPv6 (RFC 3849).
pub(crate) const SERVER_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10);

/// The hosts that the plugin does not ask, over IPv4 (RFC 5737, TEST-NET-3).
pub(crate) const OTHER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 20);

/// The hosts that the plugin does not ask, over IPv6 (RFC 3849).
pub(crate) const OTHER_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x20);

/// The host with the list of revoked certificates (RFC 5737, TEST-NET-3).
pub(crate) const AUTHORITY: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 30);

/// The address that drops every packet.
pub(crate) const BLACKHOLE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 66);

/// The time to live of records in seconds: 0, as the scenario may change.
const TTL: u32 = 0;

/// How much later than usual a slow name server answers: longer than a careless time-out, and shorter than the
/// first time-out of the usual resolvers.
pub(crate) const SLOW: Duration = Duration::from_secs(1);

/// The number of addresses of [`Dns::ManyAddresses`].
const MANY: u8 = 64;

/// The first of the addresses of [`Dns::ManyAddresses`] at which nothing listens.
const FIRST_OF_MANY: [u8; 4] = [203, 0, 113, 128];

/// The longest message over UDP if the question has no EDNS option (RFC 1035, section 4.2.1).
const MAX_UDP_MESSAGE: u16 = 512;

/// Bytes after the identifier that are not a valid header: all counts have their maximum.
const GARBAGE: [u8; 46] = [0xff; 46];

/// Whose addresses a name has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// The operator's server.
    Server,
    /// A host that the plugin does not ask.
    Other,
    /// The host with the list of revoked certificates.
    Authority,
}

/// What the name server does with a question.
pub(super) struct Response {
    /// The answer as text for the transcript.
    pub(super) description: String,
    /// The message that is sent, if one is.
    pub(super) message: Option<Vec<u8>>,
}

/// The answer to a question. The addresses are those of `host`.
pub(super) fn respond(
    dns: Dns,
    host: Host,
    question: &Message,
    name: &Name,
    kind: RecordType,
    transport: Transport,
) -> Response {
    let mut reply = Message::response(question.metadata.id, OpCode::Query);
    reply.metadata.recursion_desired = question.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    reply.add_queries(question.queries.iter().cloned());
    match dns {
        Dns::Silent => return nothing(),
        Dns::Truncated if transport == Transport::Tcp => return nothing(),
        Dns::Garbage => {
            let mut bytes = question.metadata.id.to_be_bytes().to_vec();
            bytes.extend_from_slice(&GARBAGE);
            return Response {
                description: "garbage".to_owned(),
                message: Some(bytes),
            };
        }
        Dns::Truncated => {
            reply.metadata.truncation = true;
            return encoded("truncated".to_owned(), &reply);
        }
        Dns::Nxdomain => return error(reply, ResponseCode::NXDomain, "NXDOMAIN"),
        Dns::Servfail => return error(reply, ResponseCode::ServFail, "SERVFAIL"),
        Dns::Refused => return error(reply, ResponseCode::Refused, "REFUSED"),
        Dns::CnameLoop => {
            let aliases = [name.clone(), alias("a"), alias("b"), alias("a")];
            for pair in aliases.windows(2) {
                let target = RData::CNAME(rdata::CNAME(pair[1].clone()));
                reply.add_answer(Record::from_rdata(pair[0].clone(), TTL, target));
            }
            return encoded("a loop of aliases".to_owned(), &reply);
        }
        Dns::WrongId => reply.metadata.id = !question.metadata.id,
        Dns::WrongQuestion => {
            reply.queries = vec![Query::query(alias("other"), kind)];
        }
        Dns::Answers
        | Dns::DeadFirstAddress
        | Dns::Empty
        | Dns::Slow
        | Dns::Ipv4Only
        | Dns::Ipv6Only
        | Dns::ManyAddresses => {}
    }
    let owner = match dns {
        Dns::WrongQuestion => alias("other"),
        _ => name.clone(),
    };
    let records = addresses(dns, host, kind);
    let description = describe(dns, &records);
    reply.add_answers(
        records
            .into_iter()
            .map(|data| Record::from_rdata(owner.clone(), TTL, data)),
    );
    let response = encoded(description, &reply);
    let length = response.message.as_ref().map_or(0, Vec::len);
    if transport == Transport::Udp && length > usize::from(max_udp_message(question)) {
        reply.answers.clear();
        reply.metadata.truncation = true;
        return encoded(format!("truncated: {length} bytes"), &reply);
    }
    response
}

fn nothing() -> Response {
    Response {
        description: "nothing".to_owned(),
        message: None,
    }
}

fn error(mut reply: Message, code: ResponseCode, description: &str) -> Response {
    reply.metadata.response_code = code;
    encoded(description.to_owned(), &reply)
}

fn encoded(description: String, reply: &Message) -> Response {
    Response {
        description,
        // A message of these few records can always be encoded.
        message: reply.to_vec().ok(),
    }
}

fn describe(dns: Dns, records: &[RData]) -> String {
    let listed = match records {
        [] => "no record".to_owned(),
        [first, .., last] if records.len() > 4 => {
            format!("{} addresses, {first} to {last}", records.len())
        }
        _ => {
            let records: Vec<String> = records.iter().map(ToString::to_string).collect();
            records.join(", ")
        }
    };
    match dns {
        Dns::WrongId => format!("{listed}, with another identifier"),
        Dns::WrongQuestion => format!("{listed}, for another name"),
        _ => listed,
    }
}

/// A name of the test bed's own.
fn alias(label: &str) -> Name {
    Name::from_ascii(format!("{label}.alias.example.")).unwrap_or_else(|_| Name::root())
}

/// The longest message that the client accepts over UDP (RFC 6891, section 6.2.3).
fn max_udp_message(question: &Message) -> u16 {
    let offered = question.edns.as_ref().map_or(0, Edns::max_payload);
    offered.max(MAX_UDP_MESSAGE)
}

fn addresses(dns: Dns, host: Host, kind: RecordType) -> Vec<RData> {
    let (address, address_6) = match host {
        Host::Server => (SERVER, SERVER_6),
        Host::Other => (OTHER, OTHER_6),
        Host::Authority if kind == RecordType::AAAA => return Vec::new(),
        Host::Authority => (AUTHORITY, OTHER_6),
    };
    let server = || RData::A(rdata::A(address));
    match (dns, kind) {
        // All are IPv4: between address families, the order would be the client's choice.
        (Dns::DeadFirstAddress, RecordType::A) => vec![RData::A(rdata::A(BLACKHOLE)), server()],
        (Dns::ManyAddresses, RecordType::A) => {
            let [a, b, c, first] = FIRST_OF_MANY;
            let dead = (first..).take(usize::from(MANY) - 1);
            dead.map(|last| RData::A(rdata::A::new(a, b, c, last)))
                .chain([server()])
                .collect()
        }
        (Dns::DeadFirstAddress | Dns::ManyAddresses | Dns::Ipv4Only, RecordType::AAAA) => {
            Vec::new()
        }
        (Dns::Ipv6Only, RecordType::A) => Vec::new(),
        (Dns::Empty, _) => Vec::new(),
        (_, RecordType::A) => vec![server()],
        (_, RecordType::AAAA) => vec![RData::AAAA(rdata::AAAA(address_6))],
        _ => Vec::new(),
    }
}

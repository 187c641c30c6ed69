//! Name look-up by a DNS query of our own: getaddrinfo has no time-out and does not distinguish its
//! failures.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use super::Failure;

/// Why a name has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The name does not exist (NXDOMAIN).
    NoSuchName,
    /// The response has no address.
    NoAddress,
    /// The response has aliases and no address.
    OnlyAliases,
    /// The response has another error code, such as SERVFAIL.
    ServerFailed,
    /// The name server refuses the query (REFUSED).
    Refused,
    /// The response is truncated, and there is none over TCP.
    Truncated,
    /// The name server does not respond.
    NoAnswer,
    /// The response cannot be parsed.
    Unreadable,
    /// The query cannot be sent, since there is no network.
    NoNetwork,
}

/// The flag RD, recursion desired (RFC 1035, section 4.1.1).
const RECURSE: u16 = 0x0100;
/// The flag QR, which marks a response.
const RESPONSE: u16 = 0x8000;
/// The flag TC, which marks a truncated response.
const TRUNCATED: u16 = 0x0200;
const TYPE_A: u16 = 1;
const TYPE_CNAME: u16 = 5;
const TYPE_AAAA: u16 = 28;
const CLASS_IN: u16 = 1;
const NO_SUCH_NAME: u16 = 3;
const REFUSED: u16 = 5;
const HEAD: usize = 12;

/// How a look-up deviates from correct behaviour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LookupManner {
    /// After how long a query is given up and another one sent, if not only at the end of the call.
    pub(crate) patience: Option<Duration>,
    /// The address families that are asked for.
    pub(crate) families: Families,
    /// The responses that are taken for the response to the query.
    pub(crate) takes: Takes,
    /// Whether a truncated response is taken for a complete one.
    pub(crate) ignores_truncation: bool,
}

/// The address families that are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Families {
    /// IPv4, and IPv6 if there is no IPv4 address.
    #[default]
    Either,
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
}

/// The responses that are taken for the response to the query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Those with its identifier and its question.
    #[default]
    Own,
    /// Those with its question.
    AnyIdentifier,
    /// Those with its identifier.
    AnyQuestion,
}

/// The addresses of a host, in the order of the response.
pub(super) fn addresses(
    host: &str,
    port: u16,
    manner: &LookupManner,
    until: Instant,
) -> Result<Vec<SocketAddr>, Failure> {
    if host == "localhost" || host.parse::<IpAddr>().is_ok() {
        let found = (host, port).to_socket_addrs();
        return found
            .map(Iterator::collect)
            .map_err(|error| Failure::Own(error.to_string()));
    }
    let ask = |kind| {
        loop {
            let now = Instant::now();
            let part = manner.patience.map_or(until, |patience| now + patience);
            let found = ask(host, kind, manner, until.min(part));
            if found != Err(Lookup::NoAnswer) || part >= until {
                return found;
            }
        }
    };
    let found = match manner.families {
        Families::Either => match ask(TYPE_A) {
            Err(Lookup::NoAddress) => ask(TYPE_AAAA),
            found => found,
        },
        Families::Ipv4 => ask(TYPE_A),
        Families::Ipv6 => ask(TYPE_AAAA),
    };
    let found = found.map_err(Failure::Lookup)?;
    Ok(found
        .into_iter()
        .map(|address| (address, port).into())
        .collect())
}

fn ask(
    host: &str,
    kind: u16,
    manner: &LookupManner,
    until: Instant,
) -> Result<Vec<IpAddr>, Lookup> {
    let server = name_server();
    let own: IpAddr = match server {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((own, 0)).map_err(|_| Lookup::NoNetwork)?;
    socket
        .connect((server, 53))
        .map_err(|_| Lookup::NoNetwork)?;
    let number = RandomState::new().build_hasher().finish() as u16;
    let question = question(host, kind, number);
    socket.send(&question).map_err(|_| Lookup::NoNetwork)?;
    let mut buffer = [0; 1500];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || socket.set_read_timeout(Some(left)).is_err() {
            return Err(Lookup::NoAnswer);
        }
        match socket.recv(&mut buffer) {
            Ok(length) if is_response(&buffer[..length], &question, manner.takes) => {
                let response = &buffer[..length];
                let truncated = word(response, 2).is_some_and(|flags| flags & TRUNCATED != 0);
                if !truncated || manner.ignores_truncation {
                    return read(response).unwrap_or(Err(Lookup::Unreadable));
                }
                let response =
                    ask_over_tcp(server, &question, until).map_err(|_| Lookup::Truncated)?;
                return read(&response).unwrap_or(Err(Lookup::Unreadable));
            }
            // A response to another query.
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(Lookup::NoAnswer),
        }
    }
}

/// Whether a message is taken for the response to the query.
fn is_response(message: &[u8], question: &[u8], takes: Takes) -> bool {
    let same_id = message.starts_with(&question[..2]);
    let asked = &question[HEAD..];
    // A message that cannot be parsed has no question to compare.
    let readable = word(message, 4) == Some(1);
    let same_question = !readable || message.get(HEAD..HEAD + asked.len()) == Some(asked);
    (same_id || takes == Takes::AnyIdentifier) && (same_question || takes == Takes::AnyQuestion)
}

/// Asks again over TCP, where no response is truncated.
fn ask_over_tcp(server: IpAddr, question: &[u8], until: Instant) -> io::Result<Vec<u8>> {
    let left = || {
        let left = until.saturating_duration_since(Instant::now());
        left.max(Duration::from_millis(1))
    };
    let mut stream = TcpStream::connect_timeout(&(server, 53).into(), left())?;
    stream.set_read_timeout(Some(left()))?;
    let length = (question.len() as u16).to_be_bytes();
    stream.write_all(&[&length, question].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut response = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut response)?;
    Ok(response)
}

/// The first name server of the system.
fn name_server() -> IpAddr {
    let settings = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let mut servers = settings
        .lines()
        .filter_map(|line| line.strip_prefix("nameserver")?.trim().parse().ok());
    servers.next().unwrap_or(Ipv4Addr::LOCALHOST.into())
}

fn question(host: &str, kind: u16, number: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [number, RECURSE, 1, 0, 0, 0] {
        bytes.extend(word.to_be_bytes());
    }
    for label in host.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    for word in [kind, CLASS_IN] {
        bytes.extend(word.to_be_bytes());
    }
    bytes
}

/// The result that a response contains; `None` if it cannot be parsed.
fn read(bytes: &[u8]) -> Option<Result<Vec<IpAddr>, Lookup>> {
    let flags = word(bytes, 2)?;
    let (questions, answers) = (word(bytes, 4)?, word(bytes, 6)?);
    if flags & RESPONSE == 0 || questions != 1 {
        return None;
    }
    match flags & 0xf {
        0 => {}
        NO_SUCH_NAME => return Some(Err(Lookup::NoSuchName)),
        REFUSED => return Some(Err(Lookup::Refused)),
        _ => return Some(Err(Lookup::ServerFailed)),
    }
    let mut at = after_name(bytes, HEAD)? + 4;
    let mut addresses = Vec::new();
    let mut aliases = 0;
    for _ in 0..answers {
        at = after_name(bytes, at)?;
        let kind = word(bytes, at)?;
        let length = usize::from(word(bytes, at + 8)?);
        at += 10;
        let data = bytes.get(at..at + length)?;
        match kind {
            TYPE_A => addresses.push(<[u8; 4]>::try_from(data).ok()?.into()),
            TYPE_AAAA => addresses.push(<[u8; 16]>::try_from(data).ok()?.into()),
            TYPE_CNAME => aliases += 1,
            _ => {}
        }
        at += length;
    }
    Some(match (addresses.len(), aliases) {
        (0, 0) => Err(Lookup::NoAddress),
        (0, _) => Err(Lookup::OnlyAliases),
        _ => Ok(addresses),
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// Where a name ends: at an empty label, or at a pointer to the rest of it.
fn after_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            0 => return Some(at + 1),
            0xc0.. => return Some(at + 2),
            length => at += 1 + usize::from(*length),
        }
    }
}

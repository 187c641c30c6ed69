//! Name look-up by a DNS query of our own: getaddrinfo has no time-out and does not distinguish its
//! failures.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Instant;

use super::Failure;

/// Why a name has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The name does not exist (NXDOMAIN).
    NoSuchName,
    /// The response has no address.
    NoAddress,
    /// The response has another error code, such as SERVFAIL or REFUSED.
    ServerFailed,
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
const TYPE_A: u16 = 1;
const CLASS_IN: u16 = 1;
const NO_SUCH_NAME: u16 = 3;
const HEAD: usize = 12;

/// The addresses of a host, in the order of the response.
pub(super) fn addresses(host: &str, port: u16, until: Instant) -> Result<Vec<SocketAddr>, Failure> {
    if host == "localhost" || host.parse::<IpAddr>().is_ok() {
        let found = (host, port).to_socket_addrs();
        return found
            .map(Iterator::collect)
            .map_err(|error| Failure::Own(error.to_string()));
    }
    let found = ask(host, until).map_err(Failure::Lookup)?;
    Ok(found
        .into_iter()
        .map(|address| (address, port).into())
        .collect())
}

fn ask(host: &str, until: Instant) -> Result<Vec<Ipv4Addr>, Lookup> {
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
    socket
        .send(&question(host, number))
        .map_err(|_| Lookup::NoNetwork)?;
    let mut buffer = [0; 1500];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || socket.set_read_timeout(Some(left)).is_err() {
            return Err(Lookup::NoAnswer);
        }
        match socket.recv(&mut buffer) {
            Ok(length) if buffer[..length].starts_with(&number.to_be_bytes()) => {
                return read(&buffer[..length]).unwrap_or(Err(Lookup::Unreadable));
            }
            // A response to another query.
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(Lookup::NoAnswer),
        }
    }
}

/// The first name server of the system.
fn name_server() -> IpAddr {
    let settings = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let mut servers = settings
        .lines()
        .filter_map(|line| line.strip_prefix("nameserver")?.trim().parse().ok());
    servers.next().unwrap_or(Ipv4Addr::LOCALHOST.into())
}

fn question(host: &str, number: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [number, RECURSE, 1, 0, 0, 0] {
        bytes.extend(word.to_be_bytes());
    }
    for label in host.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    for word in [TYPE_A, CLASS_IN] {
        bytes.extend(word.to_be_bytes());
    }
    bytes
}

/// The result that a response contains; `None` if it cannot be parsed.
fn read(bytes: &[u8]) -> Option<Result<Vec<Ipv4Addr>, Lookup>> {
    let flags = word(bytes, 2)?;
    let (questions, answers) = (word(bytes, 4)?, word(bytes, 6)?);
    if flags & RESPONSE == 0 || questions != 1 {
        return None;
    }
    match flags & 0xf {
        0 => {}
        NO_SUCH_NAME => return Some(Err(Lookup::NoSuchName)),
        _ => return Some(Err(Lookup::ServerFailed)),
    }
    let mut at = after_name(bytes, HEAD)? + 4;
    let mut addresses = Vec::new();
    for _ in 0..answers {
        at = after_name(bytes, at)?;
        let kind = word(bytes, at)?;
        let length = usize::from(word(bytes, at + 8)?);
        at += 10;
        let data = bytes.get(at..at + length)?;
        if kind == TYPE_A {
            addresses.push(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?));
        }
        at += length;
    }
    Some(if addresses.is_empty() {
        Err(Lookup::NoAddress)
    } else {
        Ok(addresses)
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

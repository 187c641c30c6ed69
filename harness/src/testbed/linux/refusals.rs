//! Observes what the kernel refuses: connection attempts and datagrams to ports at which nothing listens.
//!
//! Each address leads to the test bed, but only the ports of the profile are served. The kernel answers every
//! other one itself, with a reset or with an ICMP message from the address that was tried. A raw socket receives
//! a copy of both, before the plugin's own socket does. It needs `CAP_NET_RAW` in the user namespace that owns the
//! network, which the harness has in a namespace of its own and its workers do not have.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use tokio::net::UdpSocket;

use crate::testbed::dns;
use crate::testbed::transcript::Transport;

/// The longest part of a packet that is read: two IP headers and the ports.
const MAX_PACKET: usize = 256;

/// The flags RST and ACK of a TCP header (RFC 9293, section 3.1).
const RST_ACK: u8 = 0x14;

/// The number of UDP in an IP header.
const UDP: u8 = 17;

/// The raw sockets of one network.
pub(crate) struct Refusals {
    sockets: Vec<(Kind, Socket)>,
}

/// One raw socket, served by a runtime.
pub(crate) struct RefusalStream {
    kind: Kind,
    /// A raw socket receives whole packets with their source addresses, as a UDP socket does; tokio has no type for it.
    socket: UdpSocket,
}

/// What a raw socket receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tcp4,
    Tcp6,
    Icmp4,
    Icmp6,
}

impl Refusals {
    /// Opens the sockets in the calling thread's network: those of IPv6 only if the kernel supports it.
    pub(crate) fn open() -> io::Result<Self> {
        let mut sockets = Vec::new();
        for kind in [Kind::Tcp4, Kind::Icmp4, Kind::Tcp6, Kind::Icmp6] {
            match open(kind) {
                Ok(socket) => sockets.push((kind, socket)),
                Err(_) if matches!(kind, Kind::Tcp6 | Kind::Icmp6) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { sockets })
    }

    /// Registers the sockets with the runtime that the calling thread has entered.
    pub(crate) fn into_streams(self) -> io::Result<Vec<RefusalStream>> {
        self.sockets
            .into_iter()
            .map(|(kind, socket)| {
                let socket = UdpSocket::from_std(socket.into())?;
                Ok(RefusalStream { kind, socket })
            })
            .collect()
    }
}

impl RefusalStream {
    /// Waits until there may be something to [`RefusalStream::take`].
    pub(crate) async fn ready(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Passes on everything that has arrived.
    pub(crate) fn take(&self, mut refused: impl FnMut(SocketAddr, Transport)) {
        let mut packet = [0; MAX_PACKET];
        // At the first error there is nothing more, or the network is gone.
        while let Ok((length, from)) = self.socket.try_recv_from(&mut packet) {
            let packet = packet.get(..length).unwrap_or_default();
            if let Some((to, transport)) = read(self.kind, from.ip(), packet) {
                refused(to, transport);
            }
        }
    }
}

fn open(kind: Kind) -> io::Result<Socket> {
    let (domain, protocol) = match kind {
        Kind::Tcp4 => (Domain::IPV4, Protocol::TCP),
        Kind::Tcp6 => (Domain::IPV6, Protocol::TCP),
        Kind::Icmp4 => (Domain::IPV4, Protocol::ICMPV4),
        Kind::Icmp6 => (Domain::IPV6, Protocol::ICMPV6),
    };
    let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
    socket.set_nonblocking(true)?;
    socket.attach_filter(&filter(kind))?;
    Ok(socket)
}

/// A program of classic BPF that lets only refusals through, so that the other packets of a run wake no thread.
fn filter(kind: Kind) -> Vec<SockFilter> {
    /// Loads of a packet, relative to the end of its IPv4 header (`BPF_IND`) or to its beginning (`BPF_ABS`).
    const LOAD_BYTE: u16 = (libc::BPF_LD | libc::BPF_B) as u16;
    const LOAD_WORD: u16 = (libc::BPF_LD | libc::BPF_W) as u16;
    const LOAD_HALF: u16 = (libc::BPF_LD | libc::BPF_H) as u16;
    let statement = |code: u16, operand: u32| SockFilter::new(code, 0, 0, operand);
    // Skips `otherwise` statements unless the loaded value is the operand.
    let unless_equal = |operand: u32, otherwise: u8| {
        let code = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
        SockFilter::new(code, 0, otherwise, operand)
    };
    let mask = |operand: u32| {
        let code = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
        statement(code, operand)
    };
    // A raw socket of IPv4 receives the IP header, one of IPv6 does not.
    let (begin, mode) = match kind {
        Kind::Tcp4 | Kind::Icmp4 => {
            let code = (libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH) as u16;
            (vec![statement(code, 0)], libc::BPF_IND as u16)
        }
        Kind::Tcp6 | Kind::Icmp6 => (Vec::new(), libc::BPF_ABS as u16),
    };
    let accept = |length: u32| statement((libc::BPF_RET | libc::BPF_K) as u16, length);
    let test = match kind {
        // The reset for a SYN has the sequence number 0 (RFC 9293, section 3.5.2); that of a connection has its own.
        Kind::Tcp4 | Kind::Tcp6 => vec![
            statement(LOAD_BYTE | mode, 13),
            mask(RST_ACK.into()),
            unless_equal(RST_ACK.into(), 3),
            statement(LOAD_WORD | mode, 4),
            unless_equal(0, 1),
        ],
        // Destination unreachable: port unreachable (RFC 792).
        Kind::Icmp4 => vec![statement(LOAD_HALF | mode, 0), unless_equal(0x0303, 1)],
        // The same of RFC 4443, section 3.1.
        Kind::Icmp6 => vec![statement(LOAD_HALF | mode, 0), unless_equal(0x0104, 1)],
    };
    let end = [accept(MAX_PACKET as u32), accept(0)];
    begin.into_iter().chain(test).chain(end).collect()
}

/// The address and port that a refusal is about.
fn read(kind: Kind, from: IpAddr, packet: &[u8]) -> Option<(SocketAddr, Transport)> {
    let message = match kind {
        Kind::Tcp4 | Kind::Icmp4 => after_header_4(packet)?,
        Kind::Tcp6 | Kind::Icmp6 => packet,
    };
    let (to, ports) = match kind {
        Kind::Tcp4 | Kind::Tcp6 => {
            let port = port(message, 0)?;
            return Some((SocketAddr::new(from, port), Transport::Tcp));
        }
        Kind::Icmp4 => {
            let original = message.get(8..)?;
            if *original.get(9)? != UDP {
                return None;
            }
            let to: [u8; 4] = original.get(16..20)?.try_into().ok()?;
            (IpAddr::V4(Ipv4Addr::from(to)), after_header_4(original)?)
        }
        Kind::Icmp6 => {
            let original = message.get(8..)?;
            if *original.get(6)? != UDP {
                return None;
            }
            let to: [u8; 16] = original.get(24..40)?.try_into().ok()?;
            (IpAddr::V6(Ipv6Addr::from(to)), original.get(40..)?)
        }
    };
    // An answer of the name server to a socket that the plugin has closed is not the plugin's.
    (port(ports, 0)? != dns::PORT)
        .then(|| Some((SocketAddr::new(to, port(ports, 2)?), Transport::Udp)))?
}

/// What follows an IPv4 header, whose length is in words of 4 bytes.
fn after_header_4(packet: &[u8]) -> Option<&[u8]> {
    packet.get(usize::from(packet.first()? & 0xf) * 4..)
}

fn port(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_about_the_address_that_sends_it() {
        let mut packet = vec![0x45; 20];
        packet.extend([0x20, 0xfb, 0xc0, 0]);
        let from = "10.64.0.7".parse().unwrap();
        assert_eq!(
            read(Kind::Tcp4, from, &packet),
            Some(("10.64.0.7:8443".parse().unwrap(), Transport::Tcp))
        );
        assert_eq!(read(Kind::Tcp4, from, &packet[..21]), None);
        assert_eq!(read(Kind::Tcp4, from, &[]), None);
    }

    #[test]
    fn an_icmp_message_is_about_the_address_in_the_packet_that_it_quotes() {
        let from = "192.0.2.1".parse().unwrap();
        let mut packet = vec![0x45; 20];
        packet.extend([3, 3, 0, 0, 0, 0, 0, 0]);
        packet.extend([0x45, 0, 0, 0, 0, 0, 0, 0, 0, UDP, 0, 0, 9, 9, 9, 9]);
        packet.extend([10, 64, 0, 7, 0xc0, 0, 1, 0xbb]);
        assert_eq!(
            read(Kind::Icmp4, from, &packet),
            Some(("10.64.0.7:443".parse().unwrap(), Transport::Udp))
        );
        // A DNS answer to a client that has left: the quoted UDP header begins after two IP headers and one of ICMP.
        packet[48..50].copy_from_slice(&[0, 53]);
        assert_eq!(read(Kind::Icmp4, from, &packet), None);
    }
}

//! Sockets, made in the calling thread's network: listeners, and listeners
//! that drop every packet.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use super::os;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A TCP socket with an address, on which nothing listens yet: the kernel
/// refuses connections to it, and nobody else gets its port.
pub(crate) fn reserve(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if let IpAddr::V6(ip) = address.ip() {
        // The address of all IPv6 stands for all of IPv4 as well, at half the descriptors.
        socket.set_only_v6(ip != Ipv6Addr::UNSPECIFIED)?;
    }
    // One address of a port may drop packets while all others accept.
    if address.port() != 0 && !address.ip().is_loopback() {
        os::share_port(&socket)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Makes it accept connections.
pub(crate) fn listen(socket: Socket) -> io::Result<std::net::TcpListener> {
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// A listener whose queue is full, and the connection that fills it. The
/// kernel then drops every further attempt without an answer.
pub(crate) struct Blackhole {
    _listener: Socket,
    _filler: TcpStream,
}

/// Makes it drop packets. `filler` is an address by which it can be reached.
pub(crate) fn blackhole(socket: Socket, filler: SocketAddr) -> io::Result<Blackhole> {
    // A queue of length 0 holds one connection (`sk_acceptq_is_full` of the Linux kernel).
    socket.listen(0)?;
    Ok(Blackhole {
        _listener: socket,
        _filler: TcpStream::connect(filler)?,
    })
}

/// A UDP socket. `foreign` says that the address is nobody's but leads here.
pub(crate) fn datagrams(address: SocketAddr, foreign: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
        if foreign {
            os::allow_foreign_address(&socket)?;
        }
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

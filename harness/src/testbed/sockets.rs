//! Creates sockets in the calling thread's network: listeners, and listeners that drop
//! every packet.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use super::os;

/// The maximum number of connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// A bound TCP socket that does not listen yet: the kernel refuses connections to it, and
/// assigns its port to no other process.
pub(crate) fn reserve(address: SocketAddr) -> io::Result<Socket> {
    reserve_with(address, false)
}

fn reserve_with(address: SocketAddr, foreign: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if let IpAddr::V6(ip) = address.ip() {
        // A socket for all IPv6 addresses also accepts IPv4, with half the descriptors.
        socket.set_only_v6(ip != Ipv6Addr::UNSPECIFIED)?;
    }
    if foreign {
        os::allow_foreign_address(&socket, address.ip())?;
    }
    // One address may drop packets while all others of the port accept.
    if address.port() != 0 && !address.ip().is_loopback() {
        os::share_port(&socket)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

/// As [`reserve`], for an address that no interface has, although it is routed here.
pub(crate) fn reserve_foreign(address: SocketAddr) -> io::Result<Socket> {
    reserve_with(address, true)
}

/// Starts to accept connections.
pub(crate) fn listen(socket: Socket) -> io::Result<std::net::TcpListener> {
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// A listener whose queue is full, and the connection that fills it. The kernel silently
/// drops every further attempt.
pub(crate) struct Blackhole {
    _listener: Socket,
    _filler: TcpStream,
}

/// Makes a socket drop packets. `filler` is an address at which it is reachable.
pub(crate) fn blackhole(socket: Socket, filler: SocketAddr) -> io::Result<Blackhole> {
    // A queue of length 0 holds one connection (`sk_acceptq_is_full` of the Linux kernel).
    socket.listen(0)?;
    Ok(Blackhole {
        _listener: socket,
        _filler: TcpStream::connect(filler)?,
    })
}

/// A UDP socket. `foreign` means that no interface has the address, although it is routed here.
pub(crate) fn datagrams(address: SocketAddr, foreign: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
        if foreign {
            os::allow_foreign_address(&socket, address.ip())?;
        }
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

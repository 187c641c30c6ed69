//! Private networks on Linux: a user and a mount namespace for the process, and a
//! network namespace for each run.
//!
//! `testbed/windows.rs` has the same API. Nothing outside this folder knows about
//! namespaces, mounts or netlink.

pub(crate) mod containment;
mod namespace;
mod netlink;
mod network;
mod overlay;

use std::io;

use socket2::Socket;

pub(super) use namespace::NamespaceProbe;
pub(super) use network::Network;

/// Lets several sockets share a port, so that one address of it may blackhole
/// packets while all others accept.
pub(super) fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

/// Permits an IPv6 socket to bind an address that no interface has.
pub(super) fn allow_foreign_address(socket: &Socket) -> io::Result<()> {
    socket.set_freebind_v6(true)
}

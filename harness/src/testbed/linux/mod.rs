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
mod packet_loss;
mod packets;
mod refusals;
mod user;

use std::io;
use std::net::IpAddr;

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use socket2::Socket;

pub(super) use namespace::NamespaceProbe;
pub(super) use network::Network;
pub(super) use packet_loss::drop_data;
pub(super) use packets::PacketSocket;
pub(super) use refusals::{RefusalStream, Refusals};
pub(crate) use user::enter_as_user;

/// Raises the soft limit of descriptors as far as permitted, to what a test bed with many connections needs. Workers
/// get the usual limit again.
pub(super) fn raise_descriptor_limit() {
    const WANTED: u64 = 16 * 1024;
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if limit.current.is_some_and(|current| current < wanted) {
        // With the old limit only fewer connections can be open at once.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(wanted),
                ..limit
            },
        );
    }
}

/// How many runs the limit of the user's processes and threads leaves room for. A plugin that cannot start a thread
/// would be blamed for what the limit does.
pub(crate) fn most_runs_at_once() -> Option<usize> {
    /// A supervisor, a worker, threads of the plugin, and a thread of the harness.
    const PER_RUN: u64 = 24;
    // The limit does not bind the superuser.
    if geteuid().is_root() {
        return None;
    }
    let most = getrlimit(Resource::Nproc).current? / PER_RUN;
    usize::try_from(most.max(1)).ok()
}

/// Lets several sockets share a port, so that one address of it may blackhole
/// packets while all others accept.
pub(super) fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

/// Permits a socket to bind an address that no interface has.
pub(super) fn allow_foreign_address(socket: &Socket, address: IpAddr) -> io::Result<()> {
    match address {
        IpAddr::V4(_) => socket.set_freebind_v4(true),
        IpAddr::V6(_) => socket.set_freebind_v6(true),
    }
}

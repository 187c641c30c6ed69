//! Private networks on Windows: not available yet, so the harness falls back to
//! loopback. The API is that of `testbed/linux/`.

use std::io::{self, PipeReader};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use socket2::Socket;

use super::authority::{Authority, Trust};
use super::containment::View;
use super::error::SetupError;
use super::transcript::Transport;
use super::{Interface, Link, Tcp};

const UNAVAILABLE: &str = "private networks are available on Linux only";

/// Has no value, since no private network can be entered.
pub(super) enum NamespaceProbe {}

impl NamespaceProbe {
    pub(super) fn run(_: &Authority, _: &Path, _: Trust) -> Result<Self, SetupError> {
        Err(SetupError::Refused(UNAVAILABLE.to_owned()))
    }

    pub(super) fn enter(self) -> Result<Result<View, SetupError>, SetupError> {
        match self {}
    }
}

/// Has no value, since no thread has a private network.
pub(super) enum Network {}

impl Network {
    pub(super) fn enter() -> Result<Self, SetupError> {
        Err(SetupError::Refused(UNAVAILABLE.to_owned()))
    }

    pub(super) fn with_interface(&mut self, _: Interface) -> io::Result<()> {
        match *self {}
    }

    pub(super) fn set_up(&mut self, _: Tcp) -> Result<(), SetupError> {
        match *self {}
    }

    pub(super) fn change(&mut self, _: Link, _: Tcp) -> Result<(), SetupError> {
        match *self {}
    }

    pub(super) fn keep_reachable(&mut self, _: Vec<IpAddr>) {
        match *self {}
    }

    pub(super) fn attempts(&self) -> Option<u64> {
        match *self {}
    }

    pub(super) fn pending_attempts(&self) -> usize {
        match *self {}
    }
}

/// Sockets are not limited by a number here.
pub(super) fn raise_descriptor_limit() {}

pub(crate) fn most_runs_at_once() -> Option<usize> {
    None
}

/// Sockets need no permission to share a port here.
pub(super) fn share_port(_: &Socket) -> io::Result<()> {
    Ok(())
}

/// Only a private network has addresses that no interface has.
pub(super) fn allow_foreign_address(_: &Socket, _: IpAddr) -> io::Result<()> {
    Ok(())
}

/// Has no value, since only a private network is observed.
pub(super) enum Refusals {}

impl Refusals {
    pub(super) fn open() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, UNAVAILABLE))
    }

    pub(super) fn into_streams(self) -> io::Result<Vec<RefusalStream>> {
        match self {}
    }
}

/// Has no value, as [`Refusals`] has none.
pub(super) enum RefusalStream {}

impl RefusalStream {
    pub(super) async fn ready(&self) -> io::Result<()> {
        match *self {}
    }

    pub(super) fn take(&self, _: impl FnMut(SocketAddr, Transport)) {
        match *self {}
    }
}

/// Has no value, since there is no private network whose packets could be received.
pub(super) enum PacketSocket {}

impl PacketSocket {
    pub(super) fn open() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, UNAVAILABLE))
    }

    pub(super) fn receive_until(&self, _: &PipeReader, _: impl FnMut(Duration, &[u8])) {
        match *self {}
    }

    pub(super) fn lost(&self) -> u32 {
        match *self {}
    }
}

/// No socket of this system can drop the packets that it receives.
pub(super) fn drop_data(_: &Socket) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "packets can be dropped on Linux only",
    ))
}

//! A client of our own, for what the SDK's client refuses to do.
//!
//! By itself it is careful: it tells every failure apart and leaves it to the caller to take one
//! of them for an answer. What cannot be had that way is asked for in a [`Manner`].

mod connection;
mod http;
mod lookup;
mod socket;
mod trust;

use std::fmt;
use std::io::ErrorKind;
use std::time::Instant;

use ics_entitlement::{Context, Unavailable};

pub(crate) use connection::Connection;
pub(crate) use http::{Answer, End};
pub(crate) use lookup::Lookup;
pub(crate) use trust::Forgives;

use crate::own::Server;

/// What is done otherwise than it should be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// What is forgiven in a certificate.
    pub(crate) forgives: Forgives,
    /// Which addresses are tried.
    pub(crate) addresses: Addresses,
    /// Whether it listens for a close before it says anything, the first time.
    pub(crate) listens_first: bool,
    /// Whether it looks for the answer without a pause.
    pub(crate) spins: bool,
    /// Whether SIGPIPE comes when it writes to a closed connection.
    pub(crate) raises_sigpipe: bool,
}

/// The addresses of a name that are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// One after the other.
    #[default]
    All,
    /// The first alone.
    First,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The settings, or something else of ours.
    Own(String),
    /// The name has no address.
    Lookup(Lookup),
    /// No connection, or one that ended before anything was said.
    Connect(ErrorKind),
    /// No TLS.
    Handshake(Handshake),
    /// The connection ended before the status line.
    Closed,
    /// Nothing came after the request.
    Silent,
    /// Header fields without end, after that status.
    LongHead(u16),
    /// A head that is none, or that breaks off.
    BadHead,
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no answer: {self:?}")
    }
}

impl From<Unavailable> for Failure {
    fn from(reason: Unavailable) -> Self {
        Self::Own(reason.to_string())
    }
}

/// Why there is no TLS.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// The certificate is not to be trusted.
    Refused(String),
    /// The server answers in http.
    Plaintext,
    /// The server answers with something else.
    Garbage,
    /// The server does not answer.
    Silent,
    /// The connection broke.
    Broken(ErrorKind),
}

/// Asks the operator's server.
pub(crate) fn ask(context: &Context, manner: &Manner) -> Result<Answer, Failure> {
    connect(context, manner)?.ask(context)
}

/// Connects to the operator's server.
pub(crate) fn connect(context: &Context, manner: &Manner) -> Result<Connection, Failure> {
    Connection::open(&Server::read()?, manner, until(context))
}

/// Asks the operator's server in clear: on its own port, or, with a path, on that for http.
pub(crate) fn ask_in_clear(context: &Context, path: Option<&str>) -> Result<Answer, Failure> {
    let (host, port, own_path) = Server::read()?.place()?;
    match path {
        Some(path) => get_in_clear(context, &host, path),
        None => get_in_clear(context, &format!("{host}:{port}"), &own_path),
    }
}

/// Asks any server in clear.
pub(crate) fn get_in_clear(context: &Context, host: &str, path: &str) -> Result<Answer, Failure> {
    connection::get_in_clear(host, path, until(context))
}

/// The host of `host:port`.
pub(crate) fn host_of(authority: &str) -> &str {
    authority
        .split_once(':')
        .map_or(authority, |(host, _)| host)
}

/// When it gives up: early enough for the answer to be in time.
fn until(context: &Context) -> Instant {
    Instant::now() + context.time_left().mul_f64(0.75)
}

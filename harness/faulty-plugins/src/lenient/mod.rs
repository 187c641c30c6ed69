//! An HTTP client that can do what the SDK's client refuses to do.
//!
//! By default it is correct, and distinguishes the kinds of failure so that a fault can take one of
//! them for an answer. Other faults are selected by a [`Manner`].

mod connection;
mod http;
mod http2;
mod kept_fields;
mod lookup;
mod names;
mod resumption;
mod socket;
mod trust;

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::AtomicI32;
use std::time::{Duration, Instant};

use ics_entitlement::{Context, Unavailable};

pub(crate) use connection::{Connection, Request};
pub(crate) use http::{Answer, Defect, End};
pub(crate) use lookup::{Families, Lookup, LookupManner, Takes};
pub(crate) use trust::AcceptedDefect;

use crate::own::Server;

/// How the client deviates from correct behaviour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// The defect of a certificate that is accepted.
    pub(crate) accepted_defect: AcceptedDefect,
    /// How names are looked up.
    pub(crate) lookup: LookupManner,
    /// The addresses that are tried.
    pub(crate) addresses: Addresses,
    /// Whether the first connection waits for a close before it sends anything.
    pub(crate) listens_first: bool,
    /// Where a second descriptor of the connection is put, which keeps it open.
    pub(crate) keeps: Option<&'static AtomicI32>,
    /// How long the kernel waits for an acknowledgement, if not as long as usual.
    pub(crate) acknowledged_within: Option<Duration>,
    /// Whether it verifies the certificate after the handshake, and not when a session is resumed.
    pub(crate) verifies_late: bool,
    /// Whether it waits for the response in a busy loop.
    pub(crate) spins: bool,
    /// Whether a write to a closed connection raises SIGPIPE.
    pub(crate) raises_sigpipe: bool,
    /// Whether an interim response is taken for the final one.
    pub(crate) takes_interim: bool,
    /// Whether Content-Length is used where Transfer-Encoding is present.
    pub(crate) prefers_length: bool,
    /// Whether it offers gzip, which it cannot decode.
    pub(crate) offers_gzip: bool,
    /// Whether it offers HTTP/2, which it cannot speak.
    pub(crate) offers_http_2: bool,
    /// Whether it offers HTTP/2 and speaks it.
    pub(crate) speaks_http_2: bool,
    /// Whether it keeps header fields of HTTP/2 of whatever size.
    pub(crate) keeps_all_fields: bool,
    /// Whether it takes a response in HTTP/2 for none if the connection ends after it.
    pub(crate) doubts_ended_connections: bool,
}

/// The addresses of a name that are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// All, one after the other.
    #[default]
    All,
    /// Only the first.
    First,
}

/// Why there is no response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// An error of the plugin itself, such as invalid settings.
    Own(String),
    /// The name look-up failed.
    Lookup(Lookup),
    /// There is no connection, or it ended before anything was sent.
    Connect(ErrorKind),
    /// The TLS handshake failed.
    Handshake(Handshake),
    /// The connection ended before the status line.
    Closed,
    /// No byte was received after the request.
    Silent,
    /// The head is larger than the limit; the value is its status.
    LongHead(u16),
    /// The stream of HTTP/2 was reset before the response.
    StreamReset,
    /// The redirect's target is not a URL.
    BadTarget,
    /// The connection ended within the head: how, and what was received.
    CutHead(End, Vec<u8>),
    /// No final response came after many interim ones.
    Interim,
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

/// Why the TLS handshake failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// The certificate is not trusted.
    Refused(String),
    /// The server answers in cleartext HTTP.
    Plaintext,
    /// The server answers with other bytes that are not TLS.
    Garbage,
    /// The server answers with a fatal alert.
    Alert,
    /// The connection ended after the server had begun to answer.
    Cut,
    /// The server does not answer.
    Silent,
    /// The connection broke.
    Broken(ErrorKind),
}

/// Sends the request to the operator's server.
pub(crate) fn ask(context: &Context, manner: &Manner) -> Result<Answer, Failure> {
    connect(context, manner)?.ask(context)
}

/// Connects to the operator's server.
pub(crate) fn connect(context: &Context, manner: &Manner) -> Result<Connection, Failure> {
    Connection::open(&Server::read()?, manner, until(context))
}

/// Sends a request to the operator's server, on a connection of its own.
pub(crate) fn send(
    context: &Context,
    manner: &Manner,
    request: &Request<'_>,
) -> Result<Answer, Failure> {
    connect(context, manner)?.send(context, request)
}

/// Sends a request to another host over HTTPS.
pub(crate) fn send_elsewhere(
    context: &Context,
    host: &str,
    request: &Request<'_>,
) -> Result<Answer, Failure> {
    let place = (host.to_owned(), 443, request.path.to_owned());
    let manner = Manner::default();
    Connection::open_to(&Server::read()?, place, &manner, until(context))?.send(context, request)
}

/// Sends the request to the operator's server, with one more file of trusted roots.
pub(crate) fn ask_trusting(context: &Context, more: Option<PathBuf>) -> Result<Answer, Failure> {
    let mut server = Server::read()?;
    server.ca.extend(more);
    Connection::open(&server, &Manner::default(), until(context))?.ask(context)
}

/// Sends the request to another URL: `host/path` over HTTPS.
pub(crate) fn ask_elsewhere(context: &Context, host: &str, path: &str) -> Result<Answer, Failure> {
    let place = (host.to_owned(), 443, path.to_owned());
    let manner = Manner::default();
    Connection::open_to(&Server::read()?, place, &manner, until(context))?.ask(context)
}

/// The response that was received after another one, in the same segment.
pub(crate) fn response_after(answer: &Answer) -> Result<Answer, Failure> {
    let mut rest = answer.rest.as_slice();
    http::read(&mut rest, answer.asked.clone(), &Manner::default())
}

/// Sends a cleartext request to the operator's server: to the port of its URL, or, with a path, to
/// port 80.
pub(crate) fn ask_in_cleartext(context: &Context, path: Option<&str>) -> Result<Answer, Failure> {
    let (host, port, own_path) = Server::read()?.host_port_path()?;
    match path {
        Some(path) => get_in_cleartext(context, &host, path),
        None => get_in_cleartext(context, &format!("{host}:{port}"), &own_path),
    }
}

/// Sends a cleartext GET request to any server.
pub(crate) fn get_in_cleartext(
    context: &Context,
    host: &str,
    path: &str,
) -> Result<Answer, Failure> {
    connection::get_in_cleartext(host, path, until(context))
}

/// The host of `host:port`.
pub(crate) fn host_of(authority: &str) -> &str {
    authority
        .split_once(':')
        .map_or(authority, |(host, _)| host)
}

/// The client's own deadline, early enough for the call to return in time.
fn until(context: &Context) -> Instant {
    Instant::now() + context.time_left().mul_f64(0.75)
}

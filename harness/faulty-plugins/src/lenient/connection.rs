//! A connection to the operator's server, and the request over it.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Instant;

use ics_entitlement::Context;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::http::{self, Answer};
use super::http2;
use super::socket::Socket;
use super::{Failure, Handshake, LookupManner, Manner, lookup, resumption, trust};
use crate::carrier::QUESTION;
use crate::own::Server;

/// A connection over TLS.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: StreamOwned<ClientConnection, Socket>,
    host: String,
    path: String,
    manner: Manner,
}

/// What differs between requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// Further header fields, each with its line ending.
    pub(crate) fields: &'a str,
    pub(crate) body: &'a str,
}

impl Connection {
    /// Connects and completes the TLS handshake.
    pub(super) fn open(server: &Server, manner: &Manner, until: Instant) -> Result<Self, Failure> {
        Self::open_to(server, server.host_port_path()?, manner, until)
    }

    /// The same with another host, port and path.
    pub(super) fn open_to(
        server: &Server,
        (host, port, path): (String, u16, String),
        manner: &Manner,
        until: Instant,
    ) -> Result<Self, Failure> {
        let config = if manner.verifies_late {
            resumption::config(server)?
        } else {
            let mut config = trust::config(server, manner.accepted_defect)?;
            if manner.offers_http_2 || manner.speaks_http_2 {
                config.alpn_protocols.insert(0, b"h2".to_vec());
            }
            Arc::new(config)
        };
        let name =
            ServerName::try_from(host.clone()).map_err(|error| Failure::Own(error.to_string()))?;
        let addresses = lookup::addresses(&host, port, &manner.lookup, until)?;
        let mut socket = Socket::open(&addresses, manner, until)?;
        let mut tls =
            ClientConnection::new(config, name).map_err(|error| Failure::Own(error.to_string()))?;
        while tls.is_handshaking() {
            if let Err(error) = tls.complete_io(&mut socket) {
                return Err(Failure::Handshake(why(&error, socket.first)));
            }
        }
        let mut stream = StreamOwned::new(tls, socket);
        if manner.verifies_late {
            resumption::verify(&mut stream)?;
        }
        Ok(Self {
            stream,
            host,
            path,
            manner: *manner,
        })
    }

    /// Whether the server chose HTTP/2, and the client speaks it.
    pub(crate) fn is_http_2(&self) -> bool {
        self.manner.speaks_http_2 && self.stream.conn.alpn_protocol() == Some(b"h2")
    }

    /// Sends the question and reads the response.
    pub(crate) fn ask(&mut self, context: &Context) -> Result<Answer, Failure> {
        if self.is_http_2() {
            let until = super::until(context);
            self.stream.sock.until = until;
            let asked = http2::Asked {
                host: &self.host,
                path: &self.path,
                manner: &self.manner,
                until,
            };
            return http2::ask(&mut self.stream, &asked);
        }
        let offer = match self.manner.offers_gzip {
            true => "Accept-Encoding: gzip\r\n",
            false => "",
        };
        let question = Request {
            method: "POST",
            path: &self.path.clone(),
            fields: &format!("{offer}Content-Type: application/json\r\n"),
            body: QUESTION,
        };
        self.send(context, &question)
    }

    /// Sends a request and reads the response.
    pub(crate) fn send(
        &mut self,
        context: &Context,
        request: &Request<'_>,
    ) -> Result<Answer, Failure> {
        self.stream.sock.until = super::until(context);
        if self.manner.raises_sigpipe {
            Socket::unblock_sigpipe();
            self.stream.sock.raises_sigpipe = true;
        }
        let length = match request.body.len() {
            0 => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\n{}{length}\r\n",
            request.method, request.path, self.host, request.fields,
        );
        for part in [&head, request.body] {
            // A server may respond and close before it has read the complete request.
            let _ = self
                .stream
                .write_all(part.as_bytes())
                .and_then(|()| self.stream.flush());
        }
        http::read(&mut self.stream, self.host.clone(), &self.manner)
    }
}

/// Sends a GET request by cleartext HTTP.
pub(super) fn get_in_cleartext(
    authority: &str,
    path: &str,
    until: Instant,
) -> Result<Answer, Failure> {
    let host = super::host_of(authority);
    let port = match authority.split_once(':') {
        Some((_, port)) => port.parse().map_err(|_| Failure::BadTarget)?,
        None => 80,
    };
    let addresses = lookup::addresses(host, port, &LookupManner::default(), until)?;
    let mut socket = Socket::open(&addresses, &Manner::default(), until)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    // A failure shows when the response is read.
    let _ = socket.write_all(request.as_bytes());
    http::read(
        &mut socket as &mut dyn Read,
        authority.to_owned(),
        &Manner::default(),
    )
}

/// Why the handshake failed, judged by the error and the server's first byte.
fn why(error: &std::io::Error, first: Option<u8>) -> Handshake {
    /// The content types of TLS records (RFC 8446, section 5.1): change_cipher_spec to application_data.
    const RECORDS: std::ops::RangeInclusive<u8> = 20..=23;
    match (error.kind(), first) {
        // The kernel has given up: what was sent was not acknowledged.
        (ErrorKind::TimedOut, _) if error.raw_os_error().is_some() => {
            Handshake::Broken(ErrorKind::TimedOut)
        }
        (ErrorKind::TimedOut | ErrorKind::WouldBlock, None) => Handshake::Silent,
        (ErrorKind::InvalidData, Some(_)) if is_alert(error) => Handshake::Alert,
        (ErrorKind::UnexpectedEof, Some(_)) => Handshake::Cut,
        (_, Some(b'H')) => Handshake::Plaintext,
        (_, Some(first)) if !RECORDS.contains(&first) => Handshake::Garbage,
        (ErrorKind::InvalidData, _) => Handshake::Refused(error.to_string()),
        (kind, _) => Handshake::Broken(kind),
    }
}

fn is_alert(error: &std::io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref());
    matches!(error, Some(rustls::Error::AlertReceived(_)))
}

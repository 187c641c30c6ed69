//! Reads recordings of HTTP: HAR 1.2 files, as browsers, mitmproxy and Charles write them.
//!
//! What a writer leaves out or adds is tolerated, since no two of them write the same. What is read is validated, so that
//! it can be sent again: methods and headers are free of line breaks, and bodies are as they were before compression.
//! Nothing here opens a socket, and a file is never written.
//!
//! The crate `har` is not used: it demands what some writers leave out (`cookies`, `cache`, `timings`, `statusText`), and
//! its errors have no position, because it reads by way of a `serde_json::Value`.

mod body;
mod entry;
mod error;
mod header;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ics_device::document::{Diagnostic, Diagnostics, Span};
use ics_device::printable::Printable;
use serde::Deserialize;
use serde_json::value::RawValue;

pub use self::error::HarError;
pub use self::header::{Header, is_volatile};

use self::entry::Entry;

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 64 << 20;

/// The most that all bodies of a file may have together once they are decompressed, in bytes.
pub const MAX_BODIES: usize = 128 << 20;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Recording {
    /// In the order of the file, which is that in which they began.
    pub exchanges: Vec<Exchange>,
    /// What was left out of them, and why.
    pub remarks: Vec<Remark>,
}

/// A request and its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub request: Request,
    pub response: Response,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// `http` or `https`.
    pub scheme: String,
    /// In lower case; an IPv6 address is in brackets.
    pub host: String,
    pub port: u16,
    /// As it was sent, with its percent-encoding.
    pub path: String,
    /// The parts of the query, decoded.
    pub query: Vec<(String, String)>,
    /// Without those of the framing, such as Content-Length and HTTP/2's pseudo-headers.
    pub headers: Vec<Header>,
    pub body: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Without those of the framing, such as Content-Length and Content-Encoding.
    pub headers: Vec<Header>,
    /// Decompressed. Text is in UTF-8, whatever charset it was sent in.
    pub body: Vec<u8>,
}

/// That an entry or a part of it is not among the exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The number of the entry; the first is 1.
    pub entry: usize,
    /// Its method and URL.
    pub request: String,
    pub kind: RemarkKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemarkKind {
    /// Left out: no response was recorded, and why if the file says so.
    NoResponse(Option<String>),
    /// Left out: a browser's question whether a page of another origin may send a request.
    Preflight,
    /// Left out: the URL is not of HTTP.
    OtherScheme,
    /// Left out: a tunnel, whose content the proxy did not see.
    Tunnel,
    /// Kept without the body of the request, which was not recorded.
    RequestBodyMissing,
    /// Kept without the body of the response, which was not recorded.
    ResponseBodyMissing,
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = Printable(&self.request);
        write!(formatter, "entry {}, {request}, is ", self.entry)?;
        match &self.kind {
            RemarkKind::NoResponse(None) => {
                formatter.write_str("left out: no response was recorded")
            }
            RemarkKind::NoResponse(Some(error)) => {
                let error = Printable(error);
                write!(formatter, "left out: no response was recorded ({error})")
            }
            RemarkKind::Preflight => {
                formatter.write_str("left out: it is a browser's preflight request")
            }
            RemarkKind::OtherScheme => {
                formatter.write_str("left out: it is neither http nor https")
            }
            RemarkKind::Tunnel => formatter.write_str(
                "left out: it is a tunnel whose content was not recorded; let the proxy decrypt TLS for this host",
            ),
            RemarkKind::RequestBodyMissing => formatter.write_str(
                "kept without the body of its request, which was not recorded",
            ),
            RemarkKind::ResponseBodyMissing => formatter.write_str(
                "kept without the body of its response, which was not recorded; export the file with content",
            ),
        }
    }
}

/// Reads a file.
///
/// # Errors
///
/// If the file cannot be read, is larger than [`MAX_FILE`], or has faults. All faulty entries are reported, each with its
/// line and column and what was expected there.
pub fn read(path: &Path) -> Result<Recording, HarError> {
    let unreadable = |source| HarError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    // Not by the file's length, which a pipe does not have.
    let mut file = File::open(path).map_err(unreadable)?.take(MAX_FILE + 1);
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        let text = format!("it is larger than {} MiB", MAX_FILE >> 20);
        return Err(unreadable(io::Error::new(
            io::ErrorKind::FileTooLarge,
            text,
        )));
    }
    parse(&bytes).map_err(|faults| HarError::Faulty {
        path: path.to_owned(),
        bytes,
        faults,
    })
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `log`")]
struct Document<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `entries`")]
struct Log<'a> {
    /// Each is read by itself, so that one that is faulty does not hide another's faults.
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

/// Reads the content of a file.
fn parse(bytes: &[u8]) -> Result<Recording, Diagnostics> {
    let mut faults = Diagnostics::new();
    let mark = if bytes.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    let document = match serde_json::from_slice::<Document<'_>>(&bytes[mark..]) {
        Ok(document) => document,
        Err(error) => {
            let fault = error::diagnostic(&error, bytes, mark).help(
                "export the recording as HAR 1.2: a JSON object with `log`, which has `entries`",
            );
            faults.push(fault);
            return Err(faults);
        }
    };
    let mut recording = Recording::default();
    let mut size = 0_usize;
    for (number, raw) in (1..).zip(document.log.entries) {
        let start = raw.get().as_ptr().addr() - bytes.as_ptr().addr();
        match serde_json::from_str::<Entry>(raw.get()) {
            Err(error) => faults.push(error::diagnostic(&error, bytes, start)),
            Ok(entry) => {
                let exchange = entry.into_exchange(number, &mut recording.remarks);
                size += exchange.as_ref().map_or(0, Exchange::size);
                recording.exchanges.extend(exchange);
            }
        }
        if size > MAX_BODIES {
            let found = "the bodies up to this entry are too large";
            let expected = format!("at most {} MiB together", MAX_BODIES >> 20);
            let fault = Diagnostic::error(Span::point(start), found).expected(expected);
            faults.push(fault.help("record fewer requests"));
            break;
        }
    }
    if faults.is_empty() {
        Ok(recording)
    } else {
        Err(faults)
    }
}

impl Exchange {
    fn size(&self) -> usize {
        self.request.body.as_ref().map_or(0, Vec::len) + self.response.body.len()
    }
}

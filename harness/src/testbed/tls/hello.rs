//! What the TLS library does not give of a ClientHello (RFC 8446, section 4.1.2): its bytes, which are kept while the
//! library reads them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::record::HANDSHAKE;

/// The extension by which a client asks for a stapled OCSP response.
const STATUS_REQUEST: u16 = 5;

/// The extension with the versions that a client offers (RFC 8446, section 4.2.1).
const SUPPORTED_VERSIONS: u16 = 43;

/// The length of the random value of a ClientHello.
const RANDOM: usize = 32;

/// Keeps what is read from a connection.
pub(super) struct Recording {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Recording {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
        }
    }

    /// The connection, and the ClientHello that was read from it.
    pub(super) fn into_parts(self) -> (TcpStream, ClientHello) {
        (self.stream, ClientHello::of_records(&self.bytes))
    }
}

impl AsyncRead for Recording {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.bytes.extend_from_slice(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recording {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Parts of a ClientHello.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ClientHello {
    pub(super) random: [u8; RANDOM],
    /// Whether it asks for a stapled OCSP response.
    pub(super) asks_for_staple: bool,
    /// The highest version, from before there was an extension with all of them.
    legacy_version: u16,
    /// The versions that the extension lists, or none without it.
    versions: Vec<u16>,
}

impl ClientHello {
    /// The ClientHello in these records, which the TLS library has accepted.
    fn of_records(bytes: &[u8]) -> Self {
        let mut rest = Rest(bytes);
        let mut message = Vec::new();
        while let Some(kind) = rest.number(1) {
            // The version.
            rest.take(2);
            let content = rest.vector(2).unwrap_or_default();
            if kind == usize::from(HANDSHAKE) {
                message.extend_from_slice(content);
            }
        }
        Self::of_message(&message).unwrap_or_default()
    }

    /// The versions that it offers, as text, without those that are reserved to test servers (RFC 8701).
    pub(super) fn versions(&self) -> Vec<String> {
        if self.versions.is_empty() {
            return match self.legacy_version {
                0 => Vec::new(),
                highest => vec![format!("{} at most", version_name(highest))],
            };
        }
        let reserved = |version: u16| version & 0x0f0f == 0x0a0a;
        let known = self.versions.iter().filter(|version| !reserved(**version));
        known.map(|version| version_name(*version)).collect()
    }

    fn of_message(message: &[u8]) -> Option<Self> {
        let mut rest = Rest(message);
        // The type of the message and its length.
        rest.take(1 + 3)?;
        let legacy_version = u16::try_from(rest.number(2)?).ok()?;
        let random = rest.take(RANDOM)?.try_into().ok()?;
        // The session, the cipher suites and the compression methods.
        for length in [1, 2, 1] {
            rest.vector(length)?;
        }
        // Before TLS 1.3 there may be no extensions.
        let mut extensions = Rest(rest.vector(2).unwrap_or_default());
        let mut asks_for_staple = false;
        let mut versions = Vec::new();
        while let Some(extension) = extensions.number(2) {
            asks_for_staple |= extension == usize::from(STATUS_REQUEST);
            let content = extensions.vector(2)?;
            if extension == usize::from(SUPPORTED_VERSIONS) {
                let mut list = Rest(Rest(content).vector(1)?);
                while let Some(version) = list.number(2) {
                    versions.push(u16::try_from(version).ok()?);
                }
            }
        }
        Some(Self {
            random,
            asks_for_staple,
            legacy_version,
            versions,
        })
    }
}

fn version_name(version: u16) -> String {
    match version {
        0x0300 => "SSL 3.0".to_owned(),
        0x0301..=0x0304 => format!("TLS 1.{}", version - 0x0301),
        other => format!("version {other:#06x}"),
    }
}

/// What is still to be read of some bytes.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of so many bytes.
    fn number(&mut self, length: usize) -> Option<usize> {
        let bytes = self.take(length)?;
        Some(
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        )
    }

    /// Bytes after their length, which is a number of so many bytes.
    fn vector(&mut self, length: usize) -> Option<&'a [u8]> {
        let length = self.number(length)?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ClientHello of one cipher suite with these extensions, in records of at most `size` bytes.
    fn records(extensions: &[u8], size: usize) -> Vec<u8> {
        let mut hello = vec![3, 3];
        hello.extend([7; RANDOM]);
        hello.extend([0, 0, 2, 0x13, 1, 1, 0]);
        if !extensions.is_empty() {
            hello.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            hello.extend(extensions);
        }
        let mut message = vec![1, 0, 0, u8::try_from(hello.len()).unwrap()];
        message.extend(hello);
        let record = |part: &[u8]| {
            let length = u8::try_from(part.len()).unwrap();
            [&[22, 3, 1, 0, length], part].concat()
        };
        message.chunks(size).flat_map(record).collect()
    }

    #[test]
    fn a_request_for_a_staple_is_seen_in_one_record_and_in_several() {
        let extensions = [0, 11, 0, 2, 1, 0, 0, 5, 0, 5, 1, 0, 0, 0, 0];
        for size in [200, 10] {
            let hello = ClientHello::of_records(&records(&extensions, size));
            assert_eq!(hello.random, [7; RANDOM]);
            assert!(hello.asks_for_staple);
        }
    }

    #[test]
    fn without_the_extension_none_is_asked_for() {
        for extensions in [[].as_slice(), &[0, 11, 0, 2, 0, 5]] {
            let hello = ClientHello::of_records(&records(extensions, 200));
            assert_eq!(hello.random, [7; RANDOM]);
            assert!(!hello.asks_for_staple);
        }
        assert_eq!(ClientHello::of_records(&[22, 3]), ClientHello::default());
    }

    #[test]
    fn the_versions_are_those_of_the_extension_or_the_old_field() {
        let extensions = [0, 43, 0, 7, 6, 0x3a, 0x3a, 3, 4, 3, 3];
        let hello = ClientHello::of_records(&records(&extensions, 10));
        assert_eq!(hello.versions(), ["TLS 1.3", "TLS 1.2"]);
        let hello = ClientHello::of_records(&records(&[], 200));
        assert_eq!(hello.versions(), ["TLS 1.2 at most"]);
        assert!(ClientHello::default().versions().is_empty());
    }
}

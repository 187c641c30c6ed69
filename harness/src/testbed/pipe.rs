//! A connection with a client, in cleartext or over TLS, that can be reset and that
//! counts the bytes received.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::scenario_state::HeldPeer;

/// The name of HTTP/1.1 in ALPN (RFC 7301, section 6).
pub(crate) const HTTP_1_1: &[u8] = b"http/1.1";

/// The name of HTTP/2 in ALPN (RFC 9113, section 3.2).
pub(crate) const HTTP_2: &[u8] = b"h2";

/// What a client that speaks HTTP/2 sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that carries HTTP.
pub(crate) struct Pipe {
    transport: Transport,
    /// Bytes of HTTP, after decryption, that the client sent.
    received_bytes: usize,
    /// What was read to find out the version of HTTP, and is to be read again.
    read_ahead: BytesMut,
    /// Set if a silent scenario held the client back: it lets go when the connection ends.
    _held: Option<HeldPeer>,
}

enum Transport {
    Cleartext(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Pipe {
    pub(crate) fn cleartext(stream: TcpStream) -> Self {
        Self {
            transport: Transport::Cleartext(stream),
            received_bytes: 0,
            read_ahead: BytesMut::new(),
            _held: None,
        }
    }

    pub(crate) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self {
            transport: Transport::Tls(Box::new(stream)),
            received_bytes: 0,
            read_ahead: BytesMut::new(),
            _held: None,
        }
    }

    /// The pipe of a client that a silent scenario held back.
    pub(crate) fn of_held(self, held: HeldPeer) -> Self {
        Self {
            _held: Some(held),
            ..self
        }
    }

    pub(crate) fn is_secure(&self) -> bool {
        matches!(self.transport, Transport::Tls(_))
    }

    /// Whether the client speaks HTTP/2: both sides agreed on it, or it knows without asking that the server does, and
    /// begins with the preface. If this is cancelled, nothing is lost.
    pub(crate) async fn begins_http_2(&mut self) -> bool {
        while !self.agreed_on_http_2() {
            if !PREFACE.starts_with(&self.read_ahead) {
                return false;
            }
            if self.read_ahead.len() == PREFACE.len() {
                return true;
            }
            let mut buffer = [0; PREFACE.len()];
            let missing = PREFACE.len() - self.read_ahead.len();
            match self.transport.read(&mut buffer[..missing]).await {
                Ok(length @ 1..) => {
                    self.received_bytes += length;
                    self.read_ahead.extend_from_slice(&buffer[..length]);
                }
                // The next read has the same result.
                Ok(0) | Err(_) => return false,
            }
        }
        true
    }

    /// Whether client and server agreed on HTTP/2 in the handshake.
    pub(crate) fn agreed_on_http_2(&self) -> bool {
        match &self.transport {
            Transport::Cleartext(_) => false,
            Transport::Tls(stream) => stream.get_ref().1.alpn_protocol() == Some(HTTP_2),
        }
    }

    /// How many bytes of HTTP, after decryption, the client sent.
    pub(crate) fn received_bytes(&self) -> usize {
        self.received_bytes
    }

    /// The underlying TCP connection.
    pub(crate) fn tcp(&self) -> &TcpStream {
        match &self.transport {
            Transport::Cleartext(stream) => stream,
            Transport::Tls(stream) => stream.get_ref().0,
        }
    }

    /// The underlying TCP connection. TLS is not closed.
    pub(crate) fn into_tcp(self) -> TcpStream {
        match self.transport {
            Transport::Cleartext(stream) => stream,
            Transport::Tls(stream) => stream.into_inner().0,
        }
    }

    /// Writes all bytes and flushes.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes).await?;
        self.flush().await
    }

    /// Closes it in order: over TLS with an authenticated close_notify.
    pub(crate) async fn close(mut self) {
        // The client may have closed it already.
        let _ = self.shutdown().await;
    }

    /// Reads and discards until the client closes.
    pub(crate) async fn drain(&mut self) {
        drain(self).await;
    }
}

/// Reads and discards until the client closes.
pub(crate) async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

/// Closes a connection with a reset.
pub(crate) fn reset(stream: &TcpStream) {
    // The reset is sent when the last handle is dropped. An error means that the
    // connection has ended.
    let _ = SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO));
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.read_ahead.is_empty() {
            let length = self.read_ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.read_ahead[..length]);
            self.read_ahead.advance(length);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.transport).poll_read(context, buffer);
        self.received_bytes += buffer.filled().len() - before;
        result
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Cleartext(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Cleartext(stream) => Pin::new(stream).poll_write(context, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Cleartext(stream) => Pin::new(stream).poll_flush(context),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Cleartext(stream) => Pin::new(stream).poll_shutdown(context),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

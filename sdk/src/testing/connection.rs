//! One connection: TLS, requests, and the responses with or without a fault.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::server::{Recorded, State};
use super::{Fault, Reply};

/// The largest request that is read, in bytes.
const REQUEST_LIMIT: usize = 1 << 20;

/// Serves a connection until the client closes it or a fault ends it.
pub(super) async fn serve(stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match state.fault_of_connection() {
        Some(Fault::Reset) => stream.set_zero_linger(),
        Some(Fault::Silent) => Err(silence(stream).await),
        Some(Fault::Cleartext) => serve_cleartext(stream).await,
        fault => {
            let tls = TlsAcceptor::from(state.tls(fault)?).accept(stream).await?;
            serve_requests(tls, state).await
        }
    }
}

/// Reads until the client has closed the connection.
async fn silence(mut stream: impl AsyncRead + Unpin) -> io::Error {
    let mut rest = [0; 1024];
    loop {
        match stream.read(&mut rest).await {
            Ok(0) => return ErrorKind::UnexpectedEof.into(),
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

/// Responds to a TLS handshake as a server for cleartext HTTP does.
async fn serve_cleartext(mut stream: TcpStream) -> io::Result<()> {
    stream.readable().await?;
    stream
        .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        .await?;
    stream.shutdown().await?;
    // Closed with bytes unread, it would be reset before the client has read the response.
    Err(silence(stream).await)
}

async fn serve_requests(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    state: &State,
) -> io::Result<()> {
    let mut unread = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut unread).await? {
        let (reply, fault) = state.record(request);
        match fault {
            None => send(&mut stream, &reply).await?,
            Some(fault) => return send_damaged(stream, &reply, fault).await,
        }
    }
    stream.shutdown().await
}

/// The next request; `None` if the client closed the connection instead.
async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    unread: &mut Vec<u8>,
) -> io::Result<Option<Recorded>> {
    loop {
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut fields);
        let parsed = head.parse(unread).map_err(io::Error::other)?;
        if let httparse::Status::Complete(length) = parsed {
            let mut request = Recorded::of(&head);
            let body = length..length + request.content_length();
            while unread.len() < body.end {
                read_more(stream, unread).await?;
            }
            request.body = unread[body.clone()].to_vec();
            unread.drain(..body.end);
            return Ok(Some(request));
        }
        match read_more(stream, unread).await {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && unread.is_empty() => {
                return Ok(None);
            }
            result => result?,
        }
    }
}

async fn read_more(stream: &mut (impl AsyncRead + Unpin), unread: &mut Vec<u8>) -> io::Result<()> {
    if unread.len() > REQUEST_LIMIT {
        return Err(io::Error::other("the request is too large"));
    }
    match stream.read_buf(unread).await? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), reply: &Reply) -> io::Result<()> {
    send_as(stream, reply, reply.status, &[], &reply.body).await
}

/// Sends the reply with another status, other fields (an empty value removes one) and another body.
async fn send_as(
    stream: &mut (impl AsyncWrite + Unpin),
    reply: &Reply,
    status: u16,
    fields: &[(&str, &str)],
    body: &[u8],
) -> io::Result<()> {
    let length = body.len().to_string();
    let mut fields = fields.to_vec();
    if !fields.iter().any(|(name, _)| *name == "Transfer-Encoding") {
        fields.insert(0, ("Content-Length", &length));
    }
    let mut all = reply.head(status, &fields);
    all.extend_from_slice(body);
    stream.write_all(&all).await?;
    stream.flush().await
}

/// Sends what the fault makes of the reply, and ends the connection.
async fn send_damaged(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    reply: &Reply,
    fault: Fault,
) -> io::Result<()> {
    let out = &mut stream;
    let (status, body) = (reply.status, reply.body.as_slice());
    let with = |text: &[u8]| [body, text].concat();
    match fault {
        Fault::NoResponse => return Err(silence(stream).await),
        Fault::ClosedWithoutResponse => {}
        Fault::NotHttp => out.write_all(b"\x00\x01\x02 hello\r\n\r\n").await?,
        Fault::TruncatedHead => {
            let head = reply.head(status, &[("Content-Length", "1")]);
            out.write_all(&head[..head.len() - 3]).await?;
        }
        Fault::TruncatedBody => {
            let length = (body.len() + 1).to_string();
            let head = reply.head(status, &[("Content-Length", &length)]);
            out.write_all(&[head.as_slice(), body].concat()).await?;
        }
        Fault::TruncatedChunks => {
            let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat();
            send_as(
                out,
                reply,
                status,
                &[("Transfer-Encoding", "chunked")],
                &chunk,
            )
            .await?;
        }
        Fault::NoCloseNotify => {
            let head = reply.head(status, &[("Connection", "close")]);
            out.write_all(&[head.as_slice(), body].concat()).await?;
            out.flush().await?;
            // Dropped without a shutdown.
            return Ok(());
        }
        Fault::SlowBody => {
            let head = reply.head(status, &[("Content-Length", "1000000")]);
            out.write_all(&head).await?;
            trickle(out, b" ", Duration::from_millis(20)).await?;
        }
        Fault::EndlessBody => {
            let head = reply.head(status, &[("Connection", "close")]);
            out.write_all(&head).await?;
            trickle(out, &[b' '; 4096], Duration::ZERO).await?;
        }
        Fault::EmptyBody => send_as(out, reply, status, &[], b"").await?,
        Fault::TrailingData => send_as(out, reply, status, &[], &with(b" and more")).await?,
        Fault::NotUtf8 => send_as(out, reply, status, &[], &with(b"\xff")).await?,
        Fault::WrongType => {
            send_as(out, reply, status, &[("Content-Type", "text/html")], body).await?;
        }
        Fault::NoType => send_as(out, reply, status, &[("Content-Type", "")], body).await?,
        Fault::Encoded => {
            send_as(out, reply, status, &[("Content-Encoding", "gzip")], body).await?;
        }
        Fault::CaptivePortal => {
            let page = b"<!DOCTYPE html><title>Welcome</title><p>Please log in.";
            send_as(out, reply, 200, &[("Content-Type", "text/html")], page).await?;
        }
        Fault::Redirect => send_as(out, reply, 302, &[("Location", "/elsewhere")], body).await?,
        Fault::NoContent => send_as(out, reply, 204, &[("Content-Type", "")], b"").await?,
        Fault::NotFound => send_as(out, reply, 404, &[], body).await?,
        Fault::ServerError => send_as(out, reply, 500, &[], body).await?,
        Fault::Overloaded => send_as(out, reply, 503, &[], body).await?,
        Fault::NetworkAuthentication => send_as(out, reply, 511, &[], body).await?,
        // These are faults of the connection.
        Fault::Refused
        | Fault::Reset
        | Fault::Silent
        | Fault::UnknownAuthority
        | Fault::WrongName
        | Fault::CommonNameOnly
        | Fault::Expired
        | Fault::NotYetValid
        | Fault::Cleartext => send(out, reply).await?,
    }
    stream.shutdown().await
}

/// Sends `bytes` over and over, until the client closes the connection.
async fn trickle(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    pause: Duration,
) -> io::Result<Infallible> {
    loop {
        stream.write_all(bytes).await?;
        stream.flush().await?;
        tokio::time::sleep(pause).await;
    }
}

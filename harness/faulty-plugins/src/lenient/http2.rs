//! A request in HTTP/2 on a connection over TLS, without a runtime: one task, which is polled when the socket is
//! readable.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::RawFd;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use h2::RecvStream;
use h2::client::{self, Builder, ResponseFuture};
use http::Request;
use rustls::{ClientConnection, StreamOwned};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::http::{Answer, End, LIMIT};
use super::kept_fields::KeptFields;
use super::socket::Socket;
use super::{Failure, Manner};
use crate::carrier::QUESTION;

/// How long it waits for the end of the connection after the response, if it does.
const AFTERWARDS: Duration = Duration::from_millis(200);

/// The largest size of decoded header fields, in bytes.
const HEAD_LIMIT: u32 = 64 << 10;

/// The parts of a request.
pub(super) struct Asked<'a> {
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) manner: &'a Manner,
    pub(super) until: Instant,
}

/// Sends the request and reads the response.
pub(super) fn ask(
    stream: &mut StreamOwned<ClientConnection, Socket>,
    asked: &Asked<'_>,
) -> Result<Answer, Failure> {
    let descriptor = stream.sock.without_blocking().map_err(own)?;
    let driver = Driver {
        descriptor,
        until: asked.until,
    };
    let (limit, kept) = match asked.manner.keeps_all_fields {
        true => (u32::MAX, Some(KeptFields::default())),
        false => (HEAD_LIMIT, None),
    };
    let mut builder = Builder::new();
    builder.max_header_list_size(limit).enable_push(false);
    let mut opening = pin!(builder.handshake(Polled { stream, kept }));
    let (mut sender, connection) = driver
        .run(|context| opening.as_mut().poll(context))
        .ok_or(Failure::Silent)?
        .map_err(|error| no_response(&error))?;
    let mut connection = Connection {
        connection,
        ended: false,
    };
    let request = Request::post(format!("https://{}{}", asked.host, asked.path))
        .header("content-type", "application/json")
        .header("content-length", QUESTION.len())
        .body(())
        .map_err(own)?;
    let (response, mut body) = sender.send_request(request, false).map_err(own)?;
    body.send_data(QUESTION.as_bytes().into(), true)
        .map_err(own)?;
    let answer = read(&driver, &mut connection, response, asked.host)?;
    if asked.manner.doubts_ended_connections {
        let afterwards = Driver {
            until: Instant::now() + AFTERWARDS,
            ..driver
        };
        let ended = afterwards.run(|context| connection.poll(context));
        if ended.is_some() {
            return Err(Failure::Closed);
        }
    }
    Ok(answer)
}

/// Reads a response.
fn read(
    driver: &Driver,
    connection: &mut Connection<'_>,
    mut response: ResponseFuture,
    host: &str,
) -> Result<Answer, Failure> {
    let response = driver.run(|context| {
        let _ = connection.poll(context);
        Pin::new(&mut response).poll(context)
    });
    let response = response
        .ok_or(Failure::Silent)?
        .map_err(|error| no_response(&error))?;
    let (head, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    let end = loop {
        let data = driver.run(|context| {
            let _ = connection.poll(context);
            body.poll_data(context)
        });
        match data {
            None => break End::Late,
            Some(None) => break End::Whole,
            Some(Some(Ok(data))) => {
                bytes.extend_from_slice(&data);
                if bytes.len() > LIMIT {
                    break End::TooLong;
                }
                release(&mut body, data.len());
            }
            Some(Some(Err(error))) if error.is_reset() && error.is_remote() => break End::Reset,
            Some(Some(Err(error))) if error.is_library() => break End::Malformed,
            Some(Some(Err(_))) => break End::Short,
        }
    };
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let fields = head.headers.iter();
    let fields = fields.map(|(name, value)| (name.as_str().to_owned(), text(value)));
    let status = head.status.as_u16();
    Ok(Answer::in_http_2(
        host.to_owned(),
        status,
        fields.collect(),
        bytes,
        end,
    ))
}

fn release(body: &mut RecvStream, length: usize) {
    // It fails only for more than was received.
    let _ = body.flow_control().release_capacity(length);
}

/// Why there is no response.
fn no_response(error: &h2::Error) -> Failure {
    if error.is_reset() && error.is_remote() {
        Failure::StreamReset
    } else if error.is_library() {
        own(error)
    } else {
        Failure::Closed
    }
}

fn own(error: impl ToString) -> Failure {
    Failure::Own(error.to_string())
}

/// A connection, which must not be polled any more once it has ended.
struct Connection<'a> {
    connection: client::Connection<Polled<'a>>,
    ended: bool,
}

impl Connection<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.ended {
            self.ended = Pin::new(&mut self.connection).poll(context).is_ready();
        }
        match self.ended {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// Polls a task when the socket is readable.
#[derive(Clone, Copy)]
struct Driver {
    descriptor: RawFd,
    until: Instant,
}

impl Driver {
    /// The result, unless the deadline is exceeded before.
    fn run<T>(&self, mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if let Poll::Ready(result) = poll(&mut Context::from_waker(&waker)) {
                return Some(result);
            }
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            if !woken.0.swap(false, Ordering::Relaxed) {
                let mut readable = libc::pollfd {
                    fd: self.descriptor,
                    events: libc::POLLIN,
                    revents: 0,
                };
                let milliseconds = left.as_millis().max(1) as libc::c_int;
                // SAFETY: the pointer is to one structure, and the descriptor is open as long as the connection is
                // borrowed.
                unsafe { libc::poll(&raw mut readable, 1, milliseconds) };
            }
        }
    }
}

/// Whether the task was woken, so that it is polled again at once.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A connection over TLS on a socket that does not block.
struct Polled<'a> {
    stream: &'a mut StreamOwned<ClientConnection, Socket>,
    kept: Option<KeptFields>,
}

impl AsyncRead for Polled<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut read = self.stream.read(buffer.initialize_unfilled());
        if let (Ok(length), Some(kept)) = (&read, &mut self.kept)
            && let Err(error) = kept.add(&buffer.initialize_unfilled()[..*length])
        {
            read = Err(error);
        }
        pending(read).map_ok(|length| buffer.advance(length))
    }
}

impl AsyncWrite for Polled<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        pending(self.stream.write(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        pending(self.stream.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn pending<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

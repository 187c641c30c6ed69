//! HTTP. In every scenario hyper reads the requests, and it writes the well-formed
//! responses. For a fault, the connection is taken back from it.

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use ics_device::printable::Utf8;
use tokio::sync::{mpsc, watch};

use super::answer::{Answer, ReceivedRequest, WellFormed};
use super::pipe::Pipe;
use super::scenario_state::ScenarioState;
use super::transcript::Event;
use super::{answer, fault};

/// The longest head of a request in bytes, and the size of a connection's buffer.
const MAX_HEAD: usize = 64 * 1024;

/// Responds to requests according to the scenario at the time of each, until the client
/// closes or all connections are closed. With `plaintext_on_https`, each gets a 400.
pub(crate) async fn serve(
    pipe: Pipe,
    plaintext_on_https: bool,
    connection: usize,
    state: &Arc<ScenarioState>,
    mut close_signal: watch::Receiver<usize>,
) {
    let secure = pipe.is_secure();
    let (faults, mut fault) = mpsc::unbounded_channel();
    let complete = Arc::new(AtomicUsize::new(0));
    let service = service_fn(|request| {
        let (faults, state, complete) = (faults.clone(), Arc::clone(state), Arc::clone(&complete));
        let reply: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(async move {
            let request = receive(request, secure, connection, &state).await?;
            complete.fetch_add(1, Ordering::Relaxed);
            let answer = if plaintext_on_https {
                Answer::WellFormed(WellFormed::bad_request())
            } else {
                answer::decide(&request, &state)
            };
            match answer {
                Answer::WellFormed(response) => {
                    Ok::<_, hyper::Error>(respond(response, connection, &state))
                }
                Answer::Fault(fault) => {
                    // The loop below takes the connection back. The receiver lives as long as this future.
                    let _ = faults.send(fault);
                    future::pending().await
                }
            }
        });
        reply
    });
    let mut connection_future = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(pipe), service);
    let mut closing = false;
    let fault_to_inject = loop {
        tokio::select! {
            fault_to_inject = fault.recv() => break fault_to_inject,
            ended = future::poll_fn(|context| connection_future.poll_without_shutdown(context)) => {
                if let Err(error) = ended {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
                    state.recorder.note(connection, format!("{error}{cause}"));
                }
                break None;
            }
            _ = close_signal.changed(), if !closing => {
                closing = true;
                // An idle connection ends at once, and one with a request after its response.
                Pin::new(&mut connection_future).graceful_shutdown();
            }
        }
    };
    let pipe = connection_future.into_parts().io.into_inner();
    let received_bytes = pipe.received_bytes();
    match fault_to_inject {
        None => {
            if complete.load(Ordering::Relaxed) == 0 {
                match received_bytes {
                    0 => state.recorder.note(connection, "ended without a request"),
                    bytes => state.recorder.record(Event::Fragment {
                        connection,
                        secure,
                        bytes,
                    }),
                }
            }
            pipe.close().await;
        }
        Some(_) if closing => pipe.close().await,
        Some(fault_to_inject) => tokio::select! {
            () = fault::answer(pipe, fault_to_inject, connection, state) => {}
            _ = close_signal.changed() => {}
        },
    }
}

/// Reads a request to its end and records it.
async fn receive(
    request: Request<Incoming>,
    secure: bool,
    connection: usize,
    state: &ScenarioState,
) -> Result<ReceivedRequest, hyper::Error> {
    let host = request.headers().get(HOST);
    let received = ReceivedRequest {
        connection,
        secure,
        host: host
            .map(|host| Utf8(host.as_bytes()).to_string())
            .or_else(|| request.uri().host().map(str::to_owned))
            .unwrap_or_default(),
        target: request.uri().to_string(),
    };
    let method = request.method().to_string();
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, Bytes::len);
    }
    state.recorder.record(Event::Request {
        connection,
        secure,
        method,
        host: received.host.clone(),
        target: received.target.clone(),
        body: length,
    });
    Ok(received)
}

/// Builds a well-formed response, which is recorded before it is sent.
fn respond(answer: WellFormed, connection: usize, state: &ScenarioState) -> Response<Full<Bytes>> {
    state.recorder.record(Event::Reply {
        connection,
        what: answer.to_string(),
        meaning: answer.meaning,
    });
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let fields = [
        (CONTENT_TYPE, Some(answer.content_type)),
        (LOCATION, answer.location),
        (CONNECTION, answer.close.then(|| "close".to_owned())),
    ];
    for (name, value) in fields {
        if let Some(value) = value.and_then(|value| value.try_into().ok()) {
            headers.insert(name, value);
        }
    }
    response
}

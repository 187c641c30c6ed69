//! HTTP. In every scenario hyper reads the requests, and it writes the well-formed
//! responses. For a fault, the connection is taken back from it.

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderName, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use ics_device::printable::Utf8;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};

use super::answer::{Answer, ReceivedRequest, WellFormed};
use super::exchanges::Exchange;
use super::pipe::Pipe;
use super::scenario_state::ScenarioState;
use super::transcript::{Event, Excerpt};
use super::{WireFault, answer, fault, http2};

/// The longest head of a request in bytes, and the size of a connection's buffer.
pub(super) const MAX_HEAD: u32 = 64 * 1024;

/// How much of a request's body is kept to be recorded, in bytes.
const BODY_KEPT: usize = 4096;

/// How much of a request's body a profile is compared with, in bytes.
const BODY_COMPARED: usize = 1 << 20;

/// Responds to requests according to the scenario at the time of each, until the client
/// closes or all connections are closed. With `plaintext_on_https`, each gets a 400.
pub(crate) async fn serve(
    pipe: Pipe,
    plaintext_on_https: bool,
    connection: usize,
    state: &Arc<ScenarioState>,
    mut close_signal: watch::Receiver<usize>,
) {
    let mut pipe = pipe;
    let http_2 = !plaintext_on_https
        && tokio::select! {
            http_2 = pipe.begins_http_2() => http_2,
            _ = close_signal.changed() => {
                // The connection has to be closed below.
                close_signal.mark_changed();
                pipe.agreed_on_http_2()
            }
        };
    if http_2 {
        return http2::serve(pipe, connection, state, close_signal).await;
    }
    let mut next = Some(pipe);
    while let Some(pipe) = next {
        next = requests(
            pipe,
            plaintext_on_https,
            connection,
            state,
            &mut close_signal,
        )
        .await;
    }
}

/// Responds to requests until the connection ends or gets a fault. Returns the connection if it is still open.
async fn requests(
    pipe: Pipe,
    plaintext_on_https: bool,
    connection: usize,
    state: &Arc<ScenarioState>,
    close_signal: &mut watch::Receiver<usize>,
) -> Option<Pipe> {
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
                answer::decide(&request, &state).await
            };
            log(&request, &answer, &state, false);
            let fault = match answer {
                Answer::WellFormed(response) => {
                    return Ok::<_, hyper::Error>(respond(response, connection, &state));
                }
                Answer::Fault(fault, responses) => (fault, responses),
                Answer::FrameFault(_, responses) => (WireFault::Closed, responses),
            };
            // The loop below takes the connection back. The receiver lives as long as this future.
            let _ = faults.send(fault);
            future::pending().await
        });
        reply
    });
    let mut connection_future = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD as usize)
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
    match fault_to_inject {
        None => {
            if complete.load(Ordering::Relaxed) == 0 {
                record_end(&pipe, connection, state);
            }
            pipe.close().await;
            None
        }
        Some(_) if closing => {
            pipe.close().await;
            None
        }
        Some((fault, responses)) => tokio::select! {
            pipe = fault::answer(pipe, fault, &responses, connection, state) => pipe,
            _ = close_signal.changed() => None,
        },
    }
}

/// Records the end of a connection without a complete request.
pub(super) fn record_end(pipe: &Pipe, connection: usize, state: &ScenarioState) {
    let secure = pipe.is_secure();
    state.recorder.record(match pipe.received_bytes() {
        0 => Event::Unused { connection, secure },
        bytes => Event::Fragment {
            connection,
            secure,
            bytes,
        },
    });
}

/// Keeps an exchange where that is wanted.
pub(super) fn log(
    received: &ReceivedRequest,
    answer: &Answer,
    state: &ScenarioState,
    http_2: bool,
) {
    if let (Some(log), Answer::WellFormed(response)) = (&state.shared.options.log, answer) {
        let profile = &state.shared.profile;
        log.add(Exchange {
            request: received.request.clone(),
            response: response.canned_again(),
            received: received.received,
            // A clock that was set back meanwhile has no duration to give.
            took: received.received.elapsed().unwrap_or_default(),
            step: profile.step_of(&received.request, &state.issued).ok(),
            http_2,
        });
    }
}

/// Reads a request to its end and records it.
pub(super) async fn receive<B: Body<Data = Bytes> + Unpin>(
    request: Request<B>,
    secure: bool,
    connection: usize,
    state: &ScenarioState,
) -> Result<ReceivedRequest, B::Error> {
    let host = request.headers().get(HOST);
    let http_2 = request.version() == Version::HTTP_2;
    // HTTP/2 has the parts of a URL in fields of their own, of which the library makes one again.
    let target = match request.uri().path_and_query() {
        Some(path) if http_2 => path.to_string(),
        _ => request.uri().to_string(),
    };
    let text = |bytes: &[u8]| Utf8(bytes).to_string();
    let fields = request.headers().iter();
    let mut received = crate::profile::Request {
        method: request.method().to_string(),
        secure,
        host: host
            .map(|host| text(host.as_bytes()))
            .or_else(|| request.uri().authority().map(ToString::to_string))
            .unwrap_or_default(),
        target,
        headers: fields
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
        body: Vec::new(),
    };
    let mut digest = Sha256::new();
    digest.update(received.target.as_bytes());
    let fields = request.headers().iter().map(|(name, value)| {
        digest.update(name.as_str());
        digest.update(value.as_bytes());
        (name.as_str(), Utf8(value.as_bytes()).to_string())
    });
    let head = Excerpt::of_head(fields);
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame?;
        let Some(bytes) = frame.data_ref() else {
            continue;
        };
        digest.update(bytes);
        length += bytes.len();
        let room = BODY_COMPARED.saturating_sub(received.body.len());
        received
            .body
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
    let mut content = Excerpt::of(&received.body[..received.body.len().min(BODY_KEPT)]);
    content.bytes = length;
    state.recorder.record(Event::Request {
        connection,
        secure,
        method: received.method.clone(),
        host: received.host.clone(),
        target: received.target.clone(),
        http_2,
        body: length,
        head,
        content,
        digest: digest
            .finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    });
    Ok(ReceivedRequest {
        connection,
        request: received,
        received: SystemTime::now(),
    })
}

/// Builds a well-formed response, which is recorded before it is sent.
fn respond(answer: WellFormed, connection: usize, state: &ScenarioState) -> Response<Full<Bytes>> {
    let fields = [
        (":status", Some(answer.status.to_string())),
        ("content-type", Some(answer.content_type.clone())),
        ("location", answer.location.clone()),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .chain(answer.fields.clone());
    state.recorder.record(Event::Reply {
        connection,
        what: answer.to_string(),
        meaning: answer.meaning,
        head: Excerpt::of_head(fields),
        body: Excerpt::of(&answer.body),
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
    for (name, value) in answer.fields {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value.try_into()) {
            // Several cookies are several fields.
            headers.append(name, value);
        }
    }
    response
}

//! HTTP/2 (RFC 9113). In every scenario the library h2 reads the requests, and it writes what conforms to the protocol.
//! For the other faults of frames, the connection is taken back from it.

mod frames;
mod response;
mod shared_pipe;

use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream};
use hyper::body::{Body, Frame};
use hyper::{Method, Request};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::profile::Responses;

use super::answer::{self, Answer, ReceivedRequest};
use super::http::{MAX_HEAD, log, receive, record_end};
use super::pipe::Pipe;
use super::scenario_state::ScenarioState;
use super::transcript::{Event, Excerpt, Meaning};
use super::wire::{Http2Response, in_http_2};
use super::{FrameFault, Http, WireFault};
use response::Response;
use shared_pipe::SharedPipe;

/// A fault that h2 does not send, the stream of its request, and the responses that it is derived from.
type FaultOnStream = (FrameFault, u32, Box<Responses>);

/// One connection with a client.
struct Connection {
    number: usize,
    secure: bool,
    state: Arc<ScenarioState>,
    /// The requests that were received to their end.
    complete: AtomicUsize,
    faults: mpsc::UnboundedSender<FaultOnStream>,
}

/// Responds to requests according to the scenario at the time of each, until the client closes, all connections are
/// closed, or a fault ends the connection.
pub(crate) async fn serve(
    pipe: Pipe,
    connection: usize,
    state: &Arc<ScenarioState>,
    mut close_signal: watch::Receiver<usize>,
) {
    let (faults, mut fault) = mpsc::unbounded_channel();
    let connection = Arc::new(Connection {
        number: connection,
        secure: pipe.is_secure(),
        state: Arc::clone(state),
        complete: AtomicUsize::new(0),
        faults,
    });
    let shared = SharedPipe::new(pipe);
    let fault_to_inject =
        requests(shared.clone(), &connection, &mut fault, &mut close_signal).await;
    let Some(pipe) = shared.into_inner() else {
        return state
            .recorder
            .note(connection.number, "HTTP/2: the connection is still in use");
    };
    match fault_to_inject {
        Some((fault, stream, responses)) => tokio::select! {
            () = frames::inject(pipe, fault, stream, &responses, connection.number, state) => {}
            _ = close_signal.changed() => {}
        },
        None => {
            if connection.complete.load(Ordering::Relaxed) == 0 {
                record_end(&pipe, connection.number, state);
            }
            pipe.close().await;
        }
    }
}

/// Responds to requests until the connection ends or gets a fault, which is returned.
async fn requests(
    pipe: SharedPipe,
    connection: &Arc<Connection>,
    fault: &mut mpsc::UnboundedReceiver<FaultOnStream>,
    close_signal: &mut watch::Receiver<usize>,
) -> Option<FaultOnStream> {
    let note = |error: &h2::Error| {
        let recorder = &connection.state.recorder;
        recorder.note(connection.number, format!("HTTP/2: {error}"));
    };
    let mut builder = Builder::new();
    let opening = builder
        .max_header_list_size(MAX_HEAD)
        .handshake::<_, Bytes>(pipe);
    let opened = tokio::select! {
        opened = opening => opened,
        _ = close_signal.changed() => return None,
    };
    let mut http = opened.inspect_err(note).ok()?;
    // They are aborted with the connection.
    let mut streams = JoinSet::new();
    let mut closing = false;
    loop {
        tokio::select! {
            // All that h2 has to send is sent before the connection is taken back from it.
            biased;
            accepted = http.accept() => {
                let (request, respond) = accepted?.inspect_err(note).ok()?;
                let (connection, mut close_signal) = (Arc::clone(connection), close_signal.clone());
                streams.spawn(async move {
                    tokio::select! {
                        () = connection.answer(request, respond) => {}
                        // A response that never ends must not keep the connection open.
                        _ = close_signal.changed() => {}
                    }
                });
            }
            fault = fault.recv() => return fault.filter(|_| !closing),
            _ = close_signal.changed(), if !closing => {
                closing = true;
                http.graceful_shutdown();
            }
        }
    }
}

impl Connection {
    /// Reads a request and responds to it.
    async fn answer(&self, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let head_only = request.method() == Method::HEAD;
        let request = request.map(RequestBody);
        let Ok(request) = receive(request, self.secure, self.number, &self.state).await else {
            // The client left.
            return;
        };
        self.complete.fetch_add(1, Ordering::Relaxed);
        let answer = answer::decide(&request, &self.state).await;
        log(&request, &answer, &self.state, true);
        match answer {
            Answer::WellFormed(answer) => {
                let response = Response::of(&answer);
                self.record(answer.to_string(), answer.meaning, &response);
                response.send(respond, head_only).await;
            }
            Answer::FrameFault(fault, responses) => {
                self.fault(fault, responses, &request, respond).await;
            }
            Answer::Fault(fault, responses) => match in_frames(fault, &responses) {
                InFrames::Fault(fault) => self.fault(fault, responses, &request, respond).await,
                InFrames::Response(what, wire) => {
                    let response = Response::composed(*wire);
                    self.record(what, response.meaning(), &response);
                    response.send(respond, head_only).await;
                }
                InFrames::Close => {
                    respond.send_reset(Reason::CANCEL);
                }
            },
        }
    }

    /// Responds with a fault.
    async fn fault(
        &self,
        fault: FrameFault,
        responses: Box<Responses>,
        request: &ReceivedRequest,
        mut respond: SendResponse<Bytes>,
    ) {
        let allow = Response::allow(&responses.allow);
        match fault {
            FrameFault::Silent => {
                self.record_nothing(fault);
                self.respond_late(request, respond).await;
            }
            FrameFault::ResetBeforeResponse => {
                self.record_nothing(fault);
                respond.send_reset(Reason::INTERNAL_ERROR);
            }
            FrameFault::Stalled => {
                self.record(fault.to_string(), None, &allow.without_body());
                allow.without_body().send_open(respond).await;
            }
            FrameFault::LongerLength => {
                let longer = allow.with_longer_length();
                self.record(fault.to_string(), None, &longer);
                longer.send(respond, false).await;
            }
            FrameFault::EndlessBody => {
                let endless = allow.without_end();
                self.record(fault.to_string(), None, &endless);
                endless.send(respond, false).await;
            }
            FrameFault::ResetInBody
            | FrameFault::GoAway
            | FrameFault::GoAwayAfterResponse
            | FrameFault::HeaderBomb
            | FrameFault::CutBody => {
                let stream = respond.stream_id().as_u32();
                // The receiver lives as long as the task of this future.
                let _ = self.faults.send((fault, stream, responses));
                future::pending().await
            }
        }
    }

    /// Holds a request back, and responds to it if the scenario changes before the client has left.
    async fn respond_late(&self, request: &ReceivedRequest, respond: SendResponse<Bytes>) {
        let _held = self.state.hold_peer();
        let now = self.state.scenario().http;
        let scenario = self.state.released(|scenario| scenario.http == now).await;
        if matches!(scenario.http, Http::Allow | Http::Deny)
            && let Answer::WellFormed(answer) = answer::decide(request, &self.state).await
        {
            let response = Response::of(&answer);
            self.record(format!("late: {answer}"), answer.meaning, &response);
            response.send(respond, false).await;
        }
        // It lets go when it closes the connection, which ends this task.
        future::pending().await
    }

    fn record(&self, what: String, meaning: Option<Meaning>, response: &Response) {
        self.state.recorder.record(Event::Reply {
            connection: self.number,
            what,
            meaning,
            head: response.head(),
            body: Excerpt::of(response.begin_of_body()),
        });
    }

    fn record_nothing(&self, fault: FrameFault) {
        self.state.recorder.record(Event::Reply {
            connection: self.number,
            what: fault.to_string(),
            meaning: None,
            head: Excerpt::default(),
            body: Excerpt::default(),
        });
    }
}

/// What a fault of HTTP/1.1 is for a client that speaks HTTP/2.
enum InFrames {
    Fault(FrameFault),
    /// What is recorded of it, and what is sent.
    Response(String, Box<Http2Response>),
    Close,
}

/// What a fault of HTTP/1.1 is in HTTP/2. One that does not exist there is a body that is cut, as most of them are.
fn in_frames(fault: WireFault, responses: &Responses) -> InFrames {
    let composed = || {
        let wire = fault.response()?;
        let response = in_http_2(&wire, responses)?;
        Some(InFrames::Response(wire.to_string(), Box::new(response)))
    };
    match fault {
        WireFault::Silent => InFrames::Fault(FrameFault::Silent),
        WireFault::Closed => InFrames::Fault(FrameFault::GoAway),
        WireFault::CloseWhileWriting => InFrames::Close,
        WireFault::StaleConnection => InFrames::Fault(FrameFault::GoAwayAfterResponse),
        WireFault::ShortBody
        | WireFault::ResetInBody
        | WireFault::BadChunks
        | WireFault::EndlessHeaders
        | WireFault::EndlessBody
        | WireFault::DripBody
        | WireFault::AllowAfterDeny
        | WireFault::UnaskedAllow
        | WireFault::NoCloseNotify
        | WireFault::Response(_) => composed().unwrap_or(InFrames::Fault(FrameFault::ResetInBody)),
    }
}

/// The body of a request.
struct RequestBody(RecvStream);

impl Body for RequestBody {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        self.0.poll_data(context).map(|data| {
            data.map(|bytes| {
                let bytes = bytes?;
                self.0.flow_control().release_capacity(bytes.len())?;
                Ok(Frame::data(bytes))
            })
        })
    }
}

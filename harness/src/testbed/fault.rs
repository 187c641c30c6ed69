//! Responses that no HTTP library can write, sent directly on the connection.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::pipe::{Pipe, drain, reset};
use super::scenario_state::ScenarioState;
use super::transcript::{Event, Excerpt, Meaning};
use super::wire::{Damage, Ending, Fields, Interim, Piece, Rendered, WireResponse, render};
use super::{Http, WireFault};
use crate::profile::{CannedResponse, Responses};

/// The interval between the bytes of a response that is dripped.
pub(super) const DRIP_INTERVAL: Duration = Duration::from_millis(200);

/// The pause between two segments, so that the network does not join them.
pub(super) const SEGMENT_INTERVAL: Duration = Duration::from_millis(20);

/// The pause after each piece of an endless response. A plugin that keeps all of it
/// then grows by less than 32 MiB a second, so that the machine does not run out of memory.
pub(super) const PIECE_INTERVAL: Duration = Duration::from_millis(1);

/// The size of a piece in bytes.
pub(in crate::testbed) const PIECE_SIZE: usize = 32 * 1024;

/// Responds to a request with a fault, until it is complete or the client is gone. Returns the connection if it
/// stays open for another request.
pub(crate) async fn answer(
    pipe: Pipe,
    fault: WireFault,
    responses: &Responses,
    connection: usize,
    state: &ScenarioState,
) -> Option<Pipe> {
    let without_response = |what: &str| {
        state.recorder.record(Event::Reply {
            connection,
            what: what.to_owned(),
            meaning: None,
            head: Excerpt::default(),
            body: Excerpt::default(),
        });
    };
    match fault {
        WireFault::Silent => {
            without_response("nothing");
            respond_late(pipe, fault, responses, connection, state).await;
        }
        WireFault::Closed => {
            without_response("a close");
            pipe.close().await;
        }
        // On a connection that was open before the scenario changed, the request has been read already.
        WireFault::CloseWhileWriting => {
            without_response("a reset");
            reset(pipe.tcp());
        }
        WireFault::AllowAfterDeny => {
            return deny_then_allow(pipe, Duration::ZERO, responses, connection, state).await;
        }
        WireFault::UnaskedAllow => {
            return deny_then_allow(pipe, SEGMENT_INTERVAL, responses, connection, state).await;
        }
        WireFault::ShortBody
        | WireFault::ResetInBody
        | WireFault::BadChunks
        | WireFault::EndlessHeaders
        | WireFault::EndlessBody
        | WireFault::DripBody
        | WireFault::StaleConnection
        | WireFault::NoCloseNotify
        | WireFault::Response(_) => {
            if let Some(response) = fault.response() {
                respond(pipe, &response, responses, connection, state).await;
            }
        }
    }
    None
}

/// Holds a request back, and responds to it if the scenario changes before the client has left.
async fn respond_late(
    mut pipe: Pipe,
    fault: WireFault,
    responses: &Responses,
    connection: usize,
    state: &ScenarioState,
) {
    let _held = state.hold_peer();
    let scenario = tokio::select! {
        () = pipe.drain() => return,
        scenario = state.released(|scenario| scenario.http == Http::Broken(fault)) => scenario,
    };
    let (response, meaning) = match scenario.http {
        Http::Allow => (&responses.allow, Meaning::Allow),
        Http::Deny => (&responses.deny, Meaning::Deny),
        _ => return pipe.close().await,
    };
    let (status, kind, length) = (response.status, &response.content_type, response.body.len());
    let head = format!(
        "HTTP/1.1 {status} Late\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    state.recorder.record(Event::Reply {
        connection,
        what: format!("late: {status} {kind}, {length} bytes"),
        meaning: Some(meaning),
        head: Excerpt::of(head.as_bytes()),
        body: Excerpt::of(&response.body),
    });
    // The client may leave at any time.
    let _ = pipe.send(&[head.as_bytes(), &response.body].concat()).await;
    // It has the whole response, and ends the connection when it has let go.
    pipe.drain().await;
}

/// Sends a composed response.
async fn respond(
    mut pipe: Pipe,
    wire: &WireResponse,
    responses: &Responses,
    connection: usize,
    state: &ScenarioState,
) {
    let Rendered { pieces, ending } = render(wire, responses);
    let (head, body) = Excerpt::of_response(&pieces);
    state.recorder.record(Event::Reply {
        connection,
        what: wire.to_string(),
        meaning: (wire.damage() == Damage::None).then_some(Meaning::Allow),
        head,
        body,
    });
    for (number, piece) in pieces.iter().enumerate() {
        if number > 0 {
            tokio::time::sleep(SEGMENT_INTERVAL).await;
        }
        if let Err(end) = send(&mut pipe, piece).await {
            if matches!(piece, Piece::Endless(_) | Piece::Drip(_)) {
                let what = part_of(wire);
                let left = format!(
                    "the client left after {} bytes of {what} ({})",
                    end.sent, end.error
                );
                state.recorder.note(connection, left);
            }
            break;
        }
    }
    match ending {
        Ending::Close | Ending::CloseThoughAnnouncedOpen => pipe.close().await,
        Ending::Reset => reset(pipe.tcp()),
        Ending::NoCloseNotify => {
            // An attacker on the path could have closed it, and so have cut the body anywhere.
            let mut stream = pipe.into_tcp();
            let _ = stream.shutdown().await;
            drain(&mut stream).await;
        }
    }
}

/// The part of the response in which it does not end, or ends late.
fn part_of(wire: &WireResponse) -> &'static str {
    match (wire.interim, wire.fields) {
        (Interim::Endless, _) => "interim responses",
        (_, Fields::Endless) => "header fields",
        _ => "the response",
    }
}

/// Denies, and sends an allow response that was not asked for on the same connection.
async fn deny_then_allow(
    mut pipe: Pipe,
    pause: Duration,
    responses: &Responses,
    connection: usize,
    state: &ScenarioState,
) -> Option<Pipe> {
    let (deny, allow) = (kept_open(&responses.deny), kept_open(&responses.allow));
    state.recorder.record(Event::Reply {
        connection,
        what: "the deny response with keep-alive, then an allow response without a request"
            .to_owned(),
        meaning: Some(Meaning::Deny),
        head: Excerpt::default(),
        body: Excerpt::of(&responses.deny.body),
    });
    if pause.is_zero() {
        pipe.send(&[deny, allow].concat()).await.ok()?;
    } else {
        pipe.send(&deny).await.ok()?;
        tokio::time::sleep(pause).await;
        pipe.send(&allow).await.ok()?;
    }
    Some(pipe)
}

/// A response after which the connection stays open.
fn kept_open(response: &CannedResponse) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {} Status\r\nContent-Type: {}\r\nContent-Length: {}\r\n\
         Connection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\n",
        response.status,
        response.content_type,
        response.body.len()
    );
    [head.as_bytes(), &response.body].concat()
}

/// How much of a response was sent, and what ended it.
struct Interrupted {
    sent: u64,
    error: io::Error,
}

/// Sends one piece.
async fn send(pipe: &mut Pipe, piece: &Piece) -> Result<(), Interrupted> {
    let failed = |error| Interrupted { sent: 0, error };
    match piece {
        Piece::Segment(bytes) => pipe.send(bytes).await.map_err(failed),
        Piece::Bytes(bytes) => {
            for byte in bytes {
                pipe.send(&[*byte]).await.map_err(failed)?;
            }
            Ok(())
        }
        Piece::Drip(bytes) => drip(pipe, bytes).await,
        Piece::Spaces(number) => spaces(pipe, *number).await.map_err(failed),
        Piece::Endless(piece) => Err(endless(pipe, piece).await),
    }
}

/// Sends so many spaces, as fast as the client reads.
async fn spaces(pipe: &mut Pipe, mut number: usize) -> io::Result<()> {
    let piece = vec![b' '; PIECE_SIZE];
    while number > 0 {
        let length = number.min(PIECE_SIZE);
        pipe.send(&piece[..length]).await?;
        number -= length;
        // The other connections of the runtime have their turn.
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Sends `piece` repeatedly, as fast as the client reads, with a pause after each.
async fn endless(pipe: &mut Pipe, piece: &[u8]) -> Interrupted {
    let mut sent = 0;
    loop {
        if let Err(error) = pipe.send(piece).await {
            return Interrupted { sent, error };
        }
        sent += piece.len() as u64;
        tokio::time::sleep(PIECE_INTERVAL).await;
    }
}

/// Sends one byte at a time.
async fn drip(pipe: &mut Pipe, bytes: &[u8]) -> Result<(), Interrupted> {
    for (sent, byte) in bytes.iter().enumerate() {
        let sent = sent as u64;
        tokio::select! {
            () = tokio::time::sleep(DRIP_INTERVAL) => {}
            // This detects a closed connection at once, and not only two bytes later.
            () = pipe.drain() => {
                let error = io::ErrorKind::ConnectionAborted.into();
                return Err(Interrupted { sent, error });
            }
        }
        if let Err(error) = pipe.send(&[*byte]).await {
            return Err(Interrupted { sent, error });
        }
    }
    Ok(())
}

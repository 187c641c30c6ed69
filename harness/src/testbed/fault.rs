//! Responses that no HTTP library can write, sent directly on the connection. Each is a
//! damaged allow response; where it has a body, the allow body in it is complete.

use std::io;
use std::time::Duration;

use super::pipe::{Pipe, reset};
use super::scenario_state::ScenarioState;
use super::transcript::{Event, Meaning};
use super::{Http, WireFault};

/// The interval between the bytes of [`WireFault::DripBody`].
const DRIP_INTERVAL: Duration = Duration::from_millis(200);

/// The number of bytes after the allow body of [`WireFault::DripBody`], which last for more than an hour.
const DRIP_PADDING: usize = 20_000;

/// How many bytes less than Content-Length are sent.
const MISSING_BYTES: usize = 1000;

/// The pause after each piece of an endless response. A plugin that keeps all of it
/// then grows by less than 32 MiB a second, so that the machine does not run out of memory.
const PIECE_INTERVAL: Duration = Duration::from_millis(1);

/// The size of a piece in bytes.
const PIECE_SIZE: usize = 32 * 1024;

/// Responds to a request with a fault, until it is complete or the client is gone.
pub(crate) async fn answer(
    mut pipe: Pipe,
    fault: WireFault,
    connection: usize,
    state: &ScenarioState,
) {
    let allow = &state.shared.protocol.allow;
    let (body, length) = (&allow.body, allow.body.len());
    let head = |fields: &str| {
        let (status, kind) = (allow.status, &allow.content_type);
        format!("HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\n{fields}\r\n").into_bytes()
    };
    let record = |what: &str, meaning| {
        state.recorder.record(Event::Reply {
            connection,
            what: what.to_owned(),
            meaning,
        });
    };
    let with_length = |length| head(&format!("Content-Length: {length}\r\n"));
    match fault {
        WireFault::Silent => {
            record("nothing", None);
            let _held = state.hold_peer();
            let scenario = tokio::select! {
                () = pipe.drain() => return,
                scenario = state.released(|scenario| scenario.http == Http::Broken(fault)) => scenario,
            };
            let (late, meaning) = match scenario.http {
                Http::Allow => (allow, Meaning::Allow),
                Http::Deny => (&state.shared.protocol.deny, Meaning::Deny),
                _ => return pipe.close().await,
            };
            let (status, kind, length) = (late.status, &late.content_type, late.body.len());
            record(
                &format!("late: {status} {kind}, {length} bytes"),
                Some(meaning),
            );
            let mut answer = format!(
                "HTTP/1.1 {status} Late\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )
            .into_bytes();
            answer.extend_from_slice(&late.body);
            let _ = pipe.send(&answer).await;
            // The client has the whole response, and ends the connection when it has let go.
            pipe.drain().await;
        }
        WireFault::Closed => {
            record("a close", None);
            pipe.close().await;
        }
        WireFault::StaleConnection => {
            record(
                &format!(
                    "{} {}, {length} bytes, keep-alive, then a close",
                    allow.status, allow.content_type
                ),
                Some(Meaning::Allow),
            );
            let head = head(&format!(
                "Content-Length: {length}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n"
            ));
            // In one write, so that the connection is not closed between head and body.
            let _ = pipe.send(&[&head, body.as_slice()].concat()).await;
            pipe.close().await;
        }
        WireFault::ShortBody => {
            record(
                "the allow body, shorter than its Content-Length, then a close",
                None,
            );
            let answer = [&with_length(length + MISSING_BYTES), body.as_slice()].concat();
            let _ = pipe.send(&answer).await;
            pipe.close().await;
        }
        WireFault::ResetInBody => {
            record(
                "the allow body, shorter than its Content-Length, then a reset",
                None,
            );
            let answer = [&with_length(length + MISSING_BYTES), body.as_slice()].concat();
            let _ = pipe.send(&answer).await;
            reset(pipe.tcp());
        }
        WireFault::BadChunks => {
            record(
                "the allow body in a chunk, then a chunk size that is not a number",
                None,
            );
            let mut answer = head("Transfer-Encoding: chunked\r\n");
            answer.extend_from_slice(format!("{length:x}\r\n").as_bytes());
            answer.extend_from_slice(body);
            answer.extend_from_slice(b"\r\nnot-a-size\r\n\r\n");
            let _ = pipe.send(&answer).await;
            pipe.close().await;
        }
        WireFault::EndlessHeaders => {
            record("header fields without end", None);
            // The blank line that would end them never comes.
            let begin = head("");
            let field = format!("X-Filler: {}\r\n", "x".repeat(1000));
            let begin = &begin[..begin.len() - b"\r\n".len()];
            let end = endless(&mut pipe, begin, field.as_bytes()).await;
            state
                .recorder
                .note(connection, client_left("header fields", &end));
        }
        WireFault::EndlessBody => {
            record("the allow body, then spaces without end", None);
            let begin = [&head("Connection: close\r\n"), body.as_slice()].concat();
            let end = endless(&mut pipe, &begin, b" ").await;
            state.recorder.note(connection, client_left("body", &end));
        }
        WireFault::DripBody => {
            record("the allow body and spaces, one byte at a time", None);
            let bytes = body.iter().copied();
            let bytes = bytes.chain(std::iter::repeat_n(b' ', DRIP_PADDING));
            let end = drip(&mut pipe, &with_length(length + DRIP_PADDING), bytes).await;
            state.recorder.note(connection, client_left("body", &end));
        }
        // On a connection that was open before the scenario changed, the request has been read already.
        WireFault::CloseWhileWriting => {
            record("a reset", None);
            reset(pipe.tcp());
        }
    }
}

/// How much of a response was sent, and what ended it.
struct Interrupted {
    sent: u64,
    error: io::Error,
}

fn client_left(what: &str, end: &Interrupted) -> String {
    format!(
        "the client left after {} bytes of {what} ({})",
        end.sent, end.error
    )
}

/// Sends `begin`, then `filler` repeatedly, as fast as the client reads, with a pause
/// after each piece.
async fn endless(pipe: &mut Pipe, begin: &[u8], filler: &[u8]) -> Interrupted {
    let piece = filler.repeat(PIECE_SIZE / filler.len());
    let mut sent = 0;
    let mut next = begin;
    loop {
        if let Err(error) = pipe.send(next).await {
            return Interrupted { sent, error };
        }
        sent += next.len() as u64;
        next = &piece;
        tokio::time::sleep(PIECE_INTERVAL).await;
    }
}

/// Sends `head` at once, then one byte at a time.
async fn drip(pipe: &mut Pipe, head: &[u8], bytes: impl Iterator<Item = u8>) -> Interrupted {
    let mut sent = 0;
    let mut result = pipe.send(head).await;
    for byte in bytes {
        if let Err(error) = result {
            return Interrupted { sent, error };
        }
        tokio::select! {
            () = tokio::time::sleep(DRIP_INTERVAL) => {}
            // This detects a closed connection at once, and not only two bytes later.
            () = pipe.drain() => {
                let error = io::ErrorKind::ConnectionAborted.into();
                return Interrupted { sent, error };
            }
        }
        result = pipe.send(&[byte]).await;
        sent += 1;
    }
    Interrupted {
        sent,
        error: io::Error::other("everything was sent"),
    }
}

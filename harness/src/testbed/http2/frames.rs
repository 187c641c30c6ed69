//! Frames that h2 does not write, sent directly on the connection after it has read the request.

use std::time::Duration;

use tokio::time::sleep;

use crate::profile::{CannedResponse, Responses};
use crate::testbed::FrameFault;
use crate::testbed::fault::SEGMENT_INTERVAL;
use crate::testbed::pipe::Pipe;
use crate::testbed::scenario_state::ScenarioState;
use crate::testbed::transcript::{Event, Excerpt, Meaning};

/// The types of frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Error codes (RFC 9113, section 7).
const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;

/// The length of the value that each byte of a header bomb stands for. It fits into the dynamic table of 4096 bytes.
const BOMB_VALUE: usize = 4000;

/// The first entry of the dynamic table as an indexed field (RFC 7541, sections 2.3.3 and 6.1).
const NEWEST_ENTRY: u8 = 0x80 | 62;

/// How many fields one CONTINUATION frame of a header bomb has.
const BOMB_FIELDS: usize = 128;

/// The pause after each frame of a header bomb. A plugin that keeps all fields then grows by 32 MiB a second.
const BOMB_INTERVAL: Duration = Duration::from_millis(16);

/// Sends a fault as the response to the request of that stream, until it is complete and the client is gone.
pub(super) async fn inject(
    mut pipe: Pipe,
    fault: FrameFault,
    stream: u32,
    responses: &Responses,
    connection: usize,
    state: &ScenarioState,
) {
    let allow = &responses.allow;
    let fields = fields_of(allow);
    let record = |body: &[u8], fields: &[(String, String)]| {
        state.recorder.record(Event::Reply {
            connection,
            what: fault.to_string(),
            meaning: (fault == FrameFault::GoAwayAfterResponse).then_some(Meaning::Allow),
            head: Excerpt::of_head(fields.iter().cloned()),
            body: Excerpt::of(body),
        });
    };
    let head = headers(END_HEADERS, stream, &fields);
    let body = |flags| frame(DATA, flags, stream, &allow.body);
    let bytes = match fault {
        FrameFault::ResetInBody | FrameFault::CutBody => [head, body(0)].concat(),
        FrameFault::GoAway => goaway(0, INTERNAL_ERROR),
        FrameFault::GoAwayAfterResponse => {
            [head, body(END_STREAM), goaway(stream, NO_ERROR)].concat()
        }
        FrameFault::HeaderBomb => {
            record(&[], &fields);
            return bomb(pipe, stream, &fields, connection, state).await;
        }
        // h2 sends them.
        FrameFault::ResetBeforeResponse
        | FrameFault::Stalled
        | FrameFault::LongerLength
        | FrameFault::Silent
        | FrameFault::EndlessBody => return,
    };
    match fault {
        FrameFault::GoAway => record(&[], &[]),
        _ => record(&allow.body, &fields),
    }
    // The client may leave at any time.
    let _ = pipe.send(&bytes).await;
    match fault {
        FrameFault::ResetInBody => {
            // A client that reads both at once may not hand on the body.
            sleep(SEGMENT_INTERVAL).await;
            let reset = frame(RST_STREAM, 0, stream, &INTERNAL_ERROR.to_be_bytes());
            let _ = pipe.send(&reset).await;
            pipe.drain().await;
        }
        FrameFault::CutBody => {
            sleep(SEGMENT_INTERVAL).await;
            pipe.close().await;
        }
        _ => pipe.close().await,
    }
}

/// Sends header fields until the client leaves.
async fn bomb(
    mut pipe: Pipe,
    stream: u32,
    fields: &[(String, String)],
    connection: usize,
    state: &ScenarioState,
) {
    let mut block = block(fields);
    // A literal field with a new name, which becomes an entry of the dynamic table (RFC 7541, section 6.2.1).
    block.push(0x40);
    block.extend(string(b"x-filler"));
    block.extend(string(&[b'x'; BOMB_VALUE]));
    let mut next = frame(HEADERS, 0, stream, &block);
    let more = frame(CONTINUATION, 0, stream, &[NEWEST_ENTRY; BOMB_FIELDS]);
    let mut sent: u64 = 0;
    let error = loop {
        if let Err(error) = pipe.send(&next).await {
            break error;
        }
        next.clone_from(&more);
        sent += 1;
        sleep(BOMB_INTERVAL).await;
    };
    let left = format!("the client left after {sent} frames of header fields ({error})");
    state.recorder.note(connection, left);
}

/// The header fields of a response, without its length.
fn fields_of(response: &CannedResponse) -> Vec<(String, String)> {
    let first = [
        (":status", response.status.to_string()),
        ("content-type", response.content_type.clone()),
    ];
    let first = first.map(|(name, value)| (name.to_owned(), value));
    let others = response.headers.iter().cloned();
    let others = others.map(|(name, value)| (name.to_ascii_lowercase(), value));
    first.into_iter().chain(others).collect()
}

/// A frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len())
        .unwrap_or(u32::MAX)
        .to_be_bytes();
    let stream = stream.to_be_bytes();
    [length.as_slice(), &[kind, flags], &stream, payload].concat()
}

fn headers(flags: u8, stream: u32, fields: &[(String, String)]) -> Vec<u8> {
    frame(HEADERS, flags, stream, &block(fields))
}

fn goaway(last_stream: u32, code: u32) -> Vec<u8> {
    let payload = [last_stream.to_be_bytes(), code.to_be_bytes()].concat();
    frame(GOAWAY, 0, 0, &payload)
}

/// Header fields as literals that are not indexed (RFC 7541, section 6.2.2).
fn block(fields: &[(String, String)]) -> Vec<u8> {
    let literal = |(name, value): &(String, String)| {
        let (name, value) = (string(name.as_bytes()), string(value.as_bytes()));
        [&[0], name.as_slice(), &value].concat()
    };
    fields.iter().flat_map(literal).collect()
}

/// A string without Huffman coding (RFC 7541, sections 5.1 and 5.2).
fn string(text: &[u8]) -> Vec<u8> {
    const PREFIX: usize = 0x7f;
    let mut bytes = Vec::new();
    match text.len().checked_sub(PREFIX) {
        None => bytes.push(text.len() as u8),
        Some(mut rest) => {
            bytes.push(PREFIX as u8);
            while rest >= 0x80 {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
    }
    bytes.extend(text);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_begins_with_length_type_flags_and_stream() {
        assert_eq!(
            frame(RST_STREAM, 0, 5, &INTERNAL_ERROR.to_be_bytes()),
            [0, 0, 4, 3, 0, 0, 0, 0, 5, 0, 0, 0, 2]
        );
    }

    #[test]
    fn a_string_has_its_length_in_seven_bits_or_more() {
        assert_eq!(string(b"ab"), b"\x02ab");
        // 1337 in a prefix of five bits is the example of RFC 7541, appendix C.1.2; in seven bits it is this.
        assert_eq!(string(&[b'x'; 1337])[..3], [0x7f, 0xba, 0x09]);
        assert_eq!(string(&[b'x'; 127])[..2], [0x7f, 0]);
    }
}

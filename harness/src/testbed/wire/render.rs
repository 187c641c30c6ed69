//! The bytes of a composed response.

use super::body::content;
use super::{Body, Ending, Fields, Framing, Interim, Pace, StatusLine, WireResponse};
use crate::profile::Responses;
use crate::testbed::fault::PIECE_SIZE;

/// How many bytes more a false length promises than are sent.
const MISSING_BYTES: usize = 1000;

/// How many bytes of interim responses are sent at once: more of them would only keep the client's parser busy.
const INTERIM_SIZE: usize = 1024;

/// A part of a response as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes that are written at once.
    Segment(Vec<u8>),
    /// Bytes that are written one at a time, each as a segment.
    Bytes(Vec<u8>),
    /// Bytes that are written one at a time, with long pauses.
    Drip(Vec<u8>),
    /// So many spaces, as fast as the client reads.
    Spaces(usize),
    /// The bytes repeatedly, with a short pause after each time, until the client leaves.
    Endless(Vec<u8>),
}

impl Piece {
    /// `filler` without end, of which about `size` bytes are sent at once.
    pub(crate) fn endless(filler: &[u8], size: usize) -> Self {
        Self::Endless(filler.repeat(size / filler.len()))
    }
}

/// A response as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) ending: Ending,
}

/// The bytes of a response that is derived from an allow response.
pub(crate) fn render(wire: &WireResponse, responses: &Responses) -> Rendered {
    let mut pieces = Vec::new();
    match wire.interim {
        Interim::Nothing => {}
        Interim::Continue => pieces.push(segment("HTTP/1.1 100 Continue\r\n\r\n")),
        Interim::EarlyHints => pieces.push(segment(
            "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n",
        )),
        Interim::Endless => {
            pieces.push(Piece::endless(
                b"HTTP/1.1 100 Continue\r\n\r\n",
                INTERIM_SIZE,
            ));
        }
    }
    let content = content(wire.body, responses);
    let body = framed(wire.framing, &content.bytes);
    let head = head(wire, responses, content.length());
    pieces.extend(paced(wire.pace, head, body));
    match (wire.fields, wire.body) {
        (Fields::Endless, _) => {
            let field = format!("X-Filler: {}\r\n", "x".repeat(1000));
            pieces.push(Piece::endless(field.as_bytes(), PIECE_SIZE));
        }
        (Fields::Cut, _) => {}
        (_, Body::EndlessSpaces) => pieces.push(Piece::endless(b" ", PIECE_SIZE)),
        _ if content.spaces > 0 => pieces.push(Piece::Spaces(content.spaces)),
        _ => {}
    }
    Rendered {
        pieces: divided(pieces, wire.cuts),
        ending: wire.ending,
    }
}

/// Divides segments at up to three places each, which `cuts` determines.
fn divided(pieces: Vec<Piece>, cuts: u32) -> Vec<Piece> {
    if cuts == 0 {
        return pieces;
    }
    let mut random = fastrand::Rng::with_seed(cuts.into());
    let divide = |piece| match piece {
        Piece::Segment(bytes) if bytes.len() > 1 => {
            let mut places: Vec<usize> = (0..random.usize(1..=3))
                .map(|_| random.usize(1..bytes.len()))
                .chain([0, bytes.len()])
                .collect();
            places.sort_unstable();
            places.dedup();
            places
                .windows(2)
                .map(|pair| Piece::Segment(bytes[pair[0]..pair[1]].to_vec()))
                .collect()
        }
        other => vec![other],
    };
    pieces.into_iter().flat_map(divide).collect()
}

fn segment(text: &str) -> Piece {
    Piece::Segment(text.as_bytes().to_vec())
}

/// Divides head and body into pieces.
fn paced(pace: Pace, head: Vec<u8>, body: Vec<u8>) -> Vec<Piece> {
    match pace {
        Pace::AtOnce => vec![Piece::Segment([head, body].concat())],
        Pace::HeadThenBody => vec![Piece::Segment(head), Piece::Segment(body)],
        Pace::TwoPieces => {
            let (first, second) = body.split_at(body.len() / 2);
            vec![
                Piece::Segment([&head, first].concat()),
                Piece::Segment(second.to_vec()),
            ]
        }
        Pace::ByteByByte => vec![Piece::Bytes([head, body].concat())],
        Pace::DripHead => vec![Piece::Drip(head), Piece::Segment(body)],
        Pace::DripBody => vec![Piece::Segment(head), Piece::Drip(body)],
    }
}

/// The status line and the fields, up to and with the blank line.
fn head(wire: &WireResponse, responses: &Responses, length: usize) -> Vec<u8> {
    let status = responses.allow.status;
    let status_line = match wire.status_line {
        StatusLine::Good => format!("HTTP/1.1 {status} OK"),
        StatusLine::Http10 => format!("HTTP/1.0 {status} OK"),
        StatusLine::OddReason => "HTTP/1.1 502 upstream said 200 OK".to_owned(),
        StatusLine::LettersForDigits => "HTTP/1.1 2OO OK".to_owned(),
        StatusLine::WithoutStatus => "HTTP/1.1 OK".to_owned(),
        StatusLine::OtherProtocol => format!("ICY {status} OK"),
        StatusLine::Absent => return Vec::new(),
    };
    let kind = content_type(wire.fields, responses);
    let mut fields = vec![("Content-Type".to_owned(), kind)];
    fields.extend(responses.allow.headers.iter().cloned());
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    let longer = length + MISSING_BYTES;
    match wire.framing {
        Framing::Length => add("Content-Length", length.to_string()),
        Framing::LongerLength => add("Content-Length", longer.to_string()),
        Framing::LengthThenLonger => {
            add("Content-Length", length.to_string());
            add("Content-Length", longer.to_string());
        }
        Framing::LongerThenLength => {
            add("Content-Length", longer.to_string());
            add("Content-Length", length.to_string());
        }
        Framing::LengthNotANumber => add("Content-Length", "unknown".to_owned()),
        Framing::NegativeLength => add("Content-Length", format!("-{length}")),
        Framing::Chunked | Framing::BadChunkSize | Framing::NoLastChunk | Framing::ShortChunk => {
            add("Transfer-Encoding", "chunked".to_owned());
        }
        Framing::LengthAndClaimsChunked => {
            add("Content-Length", length.to_string());
            add("Transfer-Encoding", "chunked".to_owned());
        }
        Framing::UntilClose => {}
    }
    if wire.body.is_gzip() || wire.fields == Fields::ClaimsGzip {
        add("Content-Encoding", "gzip".to_owned());
    }
    match wire.ending {
        Ending::CloseThoughAnnouncedOpen => {
            add("Connection", "keep-alive".to_owned());
            add("Keep-Alive", "timeout=60".to_owned());
        }
        Ending::Close | Ending::Reset | Ending::NoCloseNotify => {
            add("Connection", "close".to_owned())
        }
    }
    if wire.fields == Fields::NulByte {
        add("X-Trace", "a\0b".to_owned());
    }
    let mut head = format!("{status_line}\r\n");
    for (name, value) in &fields {
        head += &match wire.fields {
            Fields::LowerCase => format!("{}: {value}\r\n", name.to_ascii_lowercase()),
            Fields::UpperCase => format!("{}:{value}\r\n", name.to_ascii_uppercase()),
            _ => format!("{name}: {value}\r\n"),
        };
    }
    match wire.fields {
        Fields::WithoutColon => head += "a line without a colon\r\n\r\n",
        // The blank line that would end them never comes.
        Fields::Endless | Fields::Cut => {}
        _ => head += "\r\n",
    }
    head.into_bytes()
}

/// The value of Content-Type.
pub(super) fn content_type(fields: Fields, responses: &Responses) -> String {
    let kind = &responses.allow.content_type;
    match fields {
        Fields::WrongType => "text/html".to_owned(),
        Fields::Charset => format!("{kind}; charset=utf-8"),
        Fields::SpacedCharset => format!("{kind} ; charset=utf-8"),
        Fields::QuotedCharset => format!("{kind};charset=\"UTF-8\""),
        Fields::UpperCaseType => kind.to_ascii_uppercase(),
        _ => kind.clone(),
    }
}

/// The body as the framing transmits it.
fn framed(framing: Framing, body: &[u8]) -> Vec<u8> {
    let chunk =
        |size: usize, bytes: &[u8]| [format!("{size:x}\r\n").as_bytes(), bytes, b"\r\n"].concat();
    match framing {
        Framing::Length
        | Framing::UntilClose
        | Framing::LongerLength
        | Framing::LengthThenLonger
        | Framing::LongerThenLength
        | Framing::LengthNotANumber
        | Framing::NegativeLength
        | Framing::LengthAndClaimsChunked => body.to_vec(),
        Framing::Chunked => {
            let (first, second) = body.split_at(body.len() / 2);
            let chunks = [first, second].map(|part| match part {
                // An empty chunk would be the last one.
                [] => Vec::new(),
                part => chunk(part.len(), part),
            });
            [chunks.concat().as_slice(), b"0\r\n\r\n"].concat()
        }
        Framing::BadChunkSize => {
            [chunk(body.len(), body).as_slice(), b"not-a-size\r\n\r\n"].concat()
        }
        Framing::NoLastChunk => chunk(body.len(), body),
        Framing::ShortChunk => chunk(body.len() + MISSING_BYTES, body),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::testbed::wire::Damage;

    const ALLOW: WireResponse = WireResponse::ALLOW;

    pub(in crate::testbed::wire) fn carrier() -> Responses {
        use crate::profile::{Issued, Request, built_in};
        let profile = built_in("carrier-json").unwrap();
        profile
            .responses(profile.deciding, &Request::default(), &Issued::default())
            .unwrap()
    }

    fn text(wire: WireResponse) -> String {
        let responses = carrier();
        let mut text = String::new();
        for piece in render(&wire, &responses).pieces {
            match piece {
                Piece::Segment(bytes) | Piece::Bytes(bytes) | Piece::Drip(bytes) => {
                    text += &String::from_utf8_lossy(&bytes);
                }
                Piece::Spaces(number) => text += &format!("<{number} spaces>"),
                Piece::Endless(_) => text += "<endless>",
            }
        }
        text
    }

    fn body(wire: WireResponse) -> String {
        let text = text(wire);
        text.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    #[test]
    fn the_plain_composition_is_the_allow_response() {
        assert_eq!(
            text(ALLOW),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\
             Connection: close\r\n\r\n{\"status\":\"allowed\"}"
        );
        assert_eq!(ALLOW.damage(), Damage::None);
    }

    #[test]
    fn pieces_are_the_same_bytes() {
        for pace in [Pace::HeadThenBody, Pace::TwoPieces, Pace::ByteByByte] {
            assert_eq!(text(WireResponse { pace, ..ALLOW }), text(ALLOW));
        }
    }

    #[test]
    fn framings_transmit_the_whole_body() {
        let framed = |framing| body(WireResponse { framing, ..ALLOW });
        assert_eq!(
            framed(Framing::Chunked),
            "a\r\n{\"status\":\r\na\r\n\"allowed\"}\r\n0\r\n\r\n"
        );
        assert_eq!(
            framed(Framing::NoLastChunk),
            "14\r\n{\"status\":\"allowed\"}\r\n"
        );
        assert_eq!(
            framed(Framing::ShortChunk),
            "3fc\r\n{\"status\":\"allowed\"}\r\n"
        );
        assert_eq!(
            framed(Framing::LengthAndClaimsChunked),
            r#"{"status":"allowed"}"#
        );
    }

    #[test]
    fn a_response_without_a_status_line_is_its_body() {
        let wire = WireResponse {
            status_line: StatusLine::Absent,
            ..ALLOW
        };
        assert_eq!(text(wire), r#"{"status":"allowed"}"#);
    }
}

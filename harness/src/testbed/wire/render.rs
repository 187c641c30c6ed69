//! The bytes of a composed response.

use serde_json::{Map, Value};

use super::gzip;
use super::{Body, Ending, Fields, Framing, Interim, Pace, StatusLine, WireResponse};
use crate::profile::member::{json_at, json_parent};
use crate::profile::{MemberPath, Responses};

/// How many bytes more a false length promises than are sent.
const MISSING_BYTES: usize = 1000;

/// The size of [`Body::Padded`].
const PADDED_SIZE: usize = 4096;

/// The size of [`Body::Huge`]. It is well above what a plugin may keep of it.
pub(crate) const HUGE_SIZE: usize = 96 << 20;

/// The number of bytes after the allow body of [`Body::LongSpaces`].
const LONG_PADDING: usize = 20_000;

/// Members of several types that no client knows.
pub(crate) const UNKNOWN: &str =
    r#""request-id":"5f2a","served":[1,2.5,null],"region":{"name":"north","primary":true}"#;

/// A member with characters of two, three and four bytes; U+0800 and U+FFFD are at the borders of what is valid.
const NON_ASCII: &str =
    "\"customer\":\"Andr\u{e9} \u{20ac} \u{800} \u{d55c} \u{fffd} \u{1f600} \u{10ffff}\"";

/// A member with each kind of escape.
const ESCAPES: &str = r#""customer":"Andr\u00e9 \uD83D\uDE00 \\ \/ \" \b\f\n\r\t""#;

/// A string that no body has, in place of an object that is written by hand.
const PLACEHOLDER: &str = "\u{1}the object with the deciding member\u{1}";

/// A byte that is never part of UTF-8.
const NOT_UTF8: u8 = 0xff;

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
    /// The bytes repeatedly, until the client leaves.
    Endless(Vec<u8>),
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
            pieces.push(Piece::Endless(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()));
        }
    }
    let content = content(wire.body, responses);
    let body = framed(wire.framing, &content.bytes);
    let head = head(wire, responses, content.length());
    pieces.extend(paced(wire.pace, head, body));
    match (wire.fields, wire.body) {
        (Fields::Endless, _) => pieces.push(Piece::Endless(
            format!("X-Filler: {}\r\n", "x".repeat(1000)).into_bytes(),
        )),
        (Fields::Cut, _) => {}
        (_, Body::EndlessSpaces) => pieces.push(Piece::Endless(b" ".to_vec())),
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

/// What the response contains, before the framing.
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// How many spaces follow, which are not kept in memory.
    pub(super) spaces: usize,
}

impl Content {
    pub(super) fn length(&self) -> usize {
        self.bytes.len() + self.spaces
    }
}

pub(super) fn content(body: Body, responses: &Responses) -> Content {
    let allow = &responses.allow.body;
    let bytes = match body {
        Body::Allow | Body::EndlessSpaces => allow.clone(),
        Body::Empty => Vec::new(),
        Body::Padded => padded(allow, PADDED_SIZE),
        Body::LongSpaces => padded(allow, allow.len() + LONG_PADDING),
        Body::Spaced => spaced(allow),
        Body::MembersAfter => with_members(allow, UNKNOWN.as_bytes(), false),
        Body::MembersBefore => with_members(allow, UNKNOWN.as_bytes(), true),
        Body::NonAscii => with_members(allow, NON_ASCII.as_bytes(), true),
        Body::Escaped => escaped(responses),
        Body::Gzip => gzip::gzip(allow),
        Body::GzipBomb => gzip::bomb(allow, HUGE_SIZE >> 20),
        Body::TrailingGarbage => [allow.trim_ascii_end(), b"]}<!-- cached -->".as_slice()].concat(),
        Body::TrailingDocument => [allow.trim_ascii_end(), b"\n{}\n"].concat(),
        Body::TrailingNul => [allow.trim_ascii_end(), b"\0"].concat(),
        Body::TextAfterNul => [allow.trim_ascii_end(), b"\0 was cached"].concat(),
        Body::InvalidUtf8 => with_invalid_utf8(responses),
        Body::InvalidMemberNever => with_invalid_member(allow, b"\xff"),
        Body::InvalidMemberContinuation => with_invalid_member(allow, b"\x80"),
        Body::InvalidMemberCut => with_invalid_member(allow, b"\xc3"),
        Body::InvalidMemberTwoFirstBytes => with_invalid_member(allow, b"\xc3\xc3"),
        Body::InvalidMemberOverlong => with_invalid_member(allow, b"\xc0\xaf"),
        Body::InvalidMemberOverlongNul => with_invalid_member(allow, b"\xf0\x80\x80\x80"),
        Body::InvalidMemberSurrogate => with_invalid_member(allow, b"\xed\xa0\x80"),
        Body::InvalidMemberTooLarge => with_invalid_member(allow, b"\xf4\x90\x80\x80"),
        Body::Huge => {
            return Content {
                bytes: allow.clone(),
                spaces: HUGE_SIZE.saturating_sub(allow.len()),
            };
        }
    };
    Content { bytes, spaces: 0 }
}

fn padded(body: &[u8], size: usize) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(size.max(body.len()), b' ');
    body
}

/// The body with white space between its tokens, where it is JSON.
pub(crate) fn spaced(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => {
            let pretty = serde_json::to_string_pretty(&value).unwrap_or_default();
            format!("\r\n\t{}\r\n", pretty.replace(": ", "  :\t")).into_bytes()
        }
        Err(_) => body.to_vec(),
    }
}

/// The body with other members, where it is a JSON object.
pub(crate) fn with_members(body: &[u8], unknown: &[u8], before: bool) -> Vec<u8> {
    let Ok(known) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return body.to_vec();
    };
    let known = serde_json::to_string(&known).unwrap_or_default();
    // Text, since a map would sort them.
    let known = known.strip_prefix('{').unwrap_or(&known);
    // The last member may end with a brace of its own.
    let known = known.strip_suffix('}').unwrap_or(known);
    let (first, second) = match before {
        true => (unknown, known.as_bytes()),
        false => (known.as_bytes(), unknown),
    };
    [b"{", first, b",", second, b"}"].concat()
}

/// The body with a member whose text is not UTF-8, or with these bytes at its end where it is not a JSON object.
fn with_invalid_member(body: &[u8], invalid: &[u8]) -> Vec<u8> {
    let member = [br#""customer":"a"#, invalid, br#"z""#].concat();
    let with_member = with_members(body, &member, false);
    match with_member == body {
        true => [body, invalid].concat(),
        false => with_member,
    }
}

/// The body with the first character of the deciding name and value escaped, and an unknown member that needs escapes,
/// where it is JSON.
fn escaped(responses: &Responses) -> Vec<u8> {
    let body = &responses.allow.body;
    let with_escapes = || {
        let Some(MemberPath::Json(path)) = &responses.member else {
            return None;
        };
        let mut document: Value = serde_json::from_slice(body).ok()?;
        document.as_object()?;
        let (parent, member) = json_parent(&mut document, path)?;
        let mut text = String::new();
        for (name, value) in parent.as_object()? {
            let name = match name == member {
                true => first_escaped(name),
                false => Value::from(name.as_str()).to_string(),
            };
            let value = match value {
                Value::String(value) => first_escaped(value),
                other => other.to_string(),
            };
            text += &format!("{name}:{value},");
        }
        let text = format!("{{{text}{ESCAPES}}}");
        *parent = PLACEHOLDER.into();
        let placeholder = Value::from(PLACEHOLDER).to_string();
        Some(
            document
                .to_string()
                .replacen(&placeholder, &text, 1)
                .into_bytes(),
        )
    };
    with_escapes().unwrap_or_else(|| body.clone())
}

/// The text as JSON, with its first character as an escape of four hexadecimal digits.
fn first_escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    match text.as_bytes().first() {
        Some(first) if first.is_ascii_alphanumeric() => {
            format!("\"\\u{first:04x}{}", &quoted[2..])
        }
        _ => quoted,
    }
}

/// The allow body with a byte that is not UTF-8 before the end of the deciding value.
fn with_invalid_utf8(responses: &Responses) -> Vec<u8> {
    let mut body = responses.allow.body.trim_ascii_end().to_vec();
    let decides = responses.member.as_ref().and_then(|member| match member {
        MemberPath::Json(path) => {
            let document: Value = serde_json::from_slice(&body).ok()?;
            let value = serde_json::to_vec(json_at(&document, path)?).ok()?;
            let at = body
                .windows(value.len())
                .position(|window| window == value)?;
            Some(at + value.len() - usize::from(value.ends_with(b"\"")))
        }
        MemberPath::Xml(path) => Some(path.find(std::str::from_utf8(&body).ok()?)?.at.end),
    });
    body.insert(decides.unwrap_or(body.len()), NOT_UTF8);
    body
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
mod tests {
    use super::*;
    use crate::testbed::wire::Damage;

    const ALLOW: WireResponse = WireResponse::ALLOW;

    fn carrier() -> Responses {
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
    fn bodies_keep_the_allow_value() {
        let of = |body| self::body(WireResponse { body, ..ALLOW });
        assert_eq!(of(Body::Padded).len(), PADDED_SIZE);
        assert_eq!(
            of(Body::TrailingGarbage),
            r#"{"status":"allowed"}]}<!-- cached -->"#
        );
        assert_eq!(of(Body::InvalidUtf8), "{\"status\":\"allowed\u{fffd}\"}");
        assert_eq!(
            of(Body::InvalidMemberNever),
            "{\"status\":\"allowed\",\"customer\":\"a\u{fffd}z\"}"
        );
        assert!(of(Body::Escaped).starts_with(r#"{"\u0073tatus":"\u0061llowed","customer":"#));
        assert!(of(Body::Huge).ends_with("<100663276 spaces>"));
        for body in [
            Body::Spaced,
            Body::MembersAfter,
            Body::MembersBefore,
            Body::NonAscii,
            Body::Escaped,
        ] {
            let value: Value = serde_json::from_str(&of(body)).unwrap();
            assert_eq!(value["status"], "allowed", "{body:?}");
        }
    }

    #[test]
    fn unknown_members_stand_beside_a_last_member_that_is_an_object() {
        let body = br#"{"a":{"b":{"status":1}}}"#;
        for before in [true, false] {
            let body = with_members(body, UNKNOWN.as_bytes(), before);
            let value: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(value["a"]["b"]["status"], 1);
            assert_eq!(value["request-id"], "5f2a");
        }
    }

    #[test]
    fn no_invalid_text_is_utf8() {
        let responses = carrier();
        for invalid in [
            Body::InvalidMemberNever,
            Body::InvalidMemberContinuation,
            Body::InvalidMemberCut,
            Body::InvalidMemberTwoFirstBytes,
            Body::InvalidMemberOverlong,
            Body::InvalidMemberOverlongNul,
            Body::InvalidMemberSurrogate,
            Body::InvalidMemberTooLarge,
        ] {
            let body = content(invalid, &responses).bytes;
            assert!(std::str::from_utf8(&body).is_err(), "{invalid:?}");
            let lossy = String::from_utf8_lossy(&body);
            let value: Value = serde_json::from_str(&lossy).unwrap();
            assert_eq!(value["status"], "allowed", "{invalid:?}");
        }
    }

    #[test]
    fn a_bomb_is_small_on_the_wire() {
        let bomb = body(WireResponse {
            body: Body::GzipBomb,
            ..ALLOW
        });
        assert!(bomb.len() < 1 << 20, "{}", bomb.len());
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

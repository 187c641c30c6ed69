//! Composed responses as HTTP/2 carries them, as far as it can.

use super::body::content;
use super::render::{Piece, content_type};
use super::{Body, Ending, Fields, Framing, Interim, Pace, StatusLine, WireResponse};
use crate::profile::Responses;
use crate::testbed::wire::Damage;

/// A composed response in HTTP/2.
#[derive(Clone, Debug)]
pub(crate) struct Http2Response {
    /// The status of a response before the final one.
    pub(crate) interim: Option<u16>,
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    /// The content of the DATA frames, after which the stream ends.
    pub(crate) data: Vec<Piece>,
    pub(crate) damage: Damage,
}

impl WireResponse {
    /// Whether the response can be sent in HTTP/2. What is wrong with a line of text, a chunk or the end of a connection
    /// cannot.
    pub const fn exists_in_http_2(&self) -> bool {
        matches!(
            self.interim,
            Interim::Nothing | Interim::Continue | Interim::EarlyHints
        ) && matches!(
            self.status_line,
            StatusLine::Good | StatusLine::Http10 | StatusLine::OddReason
        ) && matches!(
            self.fields,
            Fields::Good
                | Fields::LowerCase
                | Fields::UpperCase
                | Fields::Charset
                | Fields::SpacedCharset
                | Fields::QuotedCharset
                | Fields::UpperCaseType
                | Fields::WrongType
                | Fields::ClaimsGzip
        ) && matches!(
            self.framing,
            Framing::Length | Framing::Chunked | Framing::UntilClose
        ) && !matches!(self.pace, Pace::DripHead)
            && matches!(
                self.ending,
                Ending::Close | Ending::CloseThoughAnnouncedOpen
            )
    }
}

/// The response in HTTP/2, if it exists there.
pub(crate) fn in_http_2(wire: &WireResponse, responses: &Responses) -> Option<Http2Response> {
    if !wire.exists_in_http_2() {
        return None;
    }
    let content = content(wire.body, responses);
    let kind = content_type(wire.fields, responses);
    let mut fields = vec![("content-type".to_owned(), kind)];
    fields.extend(responses.allow.headers.iter().cloned());
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    if wire.framing == Framing::Length && wire.body != Body::EndlessSpaces {
        add("content-length", content.length().to_string());
    }
    if wire.body.is_gzip() || wire.fields == Fields::ClaimsGzip {
        add("content-encoding", "gzip".to_owned());
    }
    let spaces = content.spaces;
    let mut data = match wire.pace {
        Pace::AtOnce | Pace::HeadThenBody | Pace::DripHead => vec![Piece::Segment(content.bytes)],
        Pace::TwoPieces => {
            let (first, second) = content.bytes.split_at(content.bytes.len() / 2);
            vec![
                Piece::Segment(first.to_vec()),
                Piece::Segment(second.to_vec()),
            ]
        }
        Pace::ByteByByte => vec![Piece::Bytes(content.bytes)],
        Pace::DripBody => vec![Piece::Drip(content.bytes)],
    };
    if wire.body == Body::EndlessSpaces {
        data.push(Piece::Endless(b" ".to_vec()));
    } else if spaces > 0 {
        data.push(Piece::Spaces(spaces));
    }
    Some(Http2Response {
        interim: match wire.interim {
            Interim::Continue => Some(100),
            Interim::EarlyHints => Some(103),
            Interim::Nothing | Interim::Endless => None,
        },
        status: match wire.status_line {
            StatusLine::OddReason => 502,
            _ => responses.allow.status,
        },
        fields,
        data,
        // END_STREAM marks the end of every body.
        damage: match wire.body {
            Body::EndlessSpaces => Damage::Certain,
            _ => wire.damage(),
        },
    })
}

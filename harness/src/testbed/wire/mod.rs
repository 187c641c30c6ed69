//! Responses as they appear on a connection: data, composed of parts that vary independently.
//!
//! A composition is small and can be copied, so a scenario can contain one. Each part has one value that a correct
//! server sends; every other value is one deviation. A composition can thus be generated at random, and simplified by
//! setting one part after the other back to its value in [`WireResponse::ALLOW`].

mod body;
mod display;
mod gzip;
mod http2;
mod render;

use serde::{Deserialize, Serialize};
use strum::VariantArray;

pub(crate) use body::{UNKNOWN, spaced, with_members};
pub(crate) use http2::{Http2Response, in_http_2};
pub(crate) use render::{Piece, Rendered, render};

/// One response: the allow response of the protocol, changed by each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WireResponse {
    /// What is sent before the status line.
    pub interim: Interim,
    pub status_line: StatusLine,
    pub fields: Fields,
    pub body: Body,
    pub framing: Framing,
    pub pace: Pace,
    /// Divides what is sent at once into segments, at places that this number determines; 0 does not.
    pub cuts: u32,
    pub ending: Ending,
}

impl WireResponse {
    /// The allow response, complete and undamaged.
    pub const ALLOW: Self = Self {
        interim: Interim::Nothing,
        status_line: StatusLine::Good,
        fields: Fields::Good,
        body: Body::Allow,
        framing: Framing::Length,
        pace: Pace::AtOnce,
        cuts: 0,
        ending: Ending::Close,
    };

    /// The worst damage of its parts.
    pub fn damage(&self) -> Damage {
        let parts = [
            self.interim.damage(),
            self.status_line.damage(),
            self.fields.damage(),
            self.body.damage(self.framing),
            self.framing.damage(self.body),
            self.pace.damage(self.body),
            self.ending.damage(self.framing),
        ];
        parts.into_iter().max().unwrap_or(Damage::None)
    }

    /// Whether a plugin may wait until its own deadline.
    pub const fn stalls(&self) -> bool {
        matches!(self.interim, Interim::Endless)
            || matches!(self.fields, Fields::Endless)
            || matches!(self.body, Body::EndlessSpaces)
            || matches!(self.pace, Pace::DripHead | Pace::DripBody)
    }
}

/// How far a response is from one that permits sharing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// A plugin must accept it, or should.
    None,
    /// It is wrong, but well-known HTTP libraries accept it and no one is misled: SUCCESS breaks no `must`.
    Tolerated,
    /// SUCCESS is wrong.
    Certain,
}

/// What is sent before the status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Interim {
    Nothing,
    /// A complete `100 Continue`.
    Continue,
    /// A complete `103 Early Hints`.
    EarlyHints,
    /// `100 Continue` without end.
    Endless,
}

impl Interim {
    fn damage(self) -> Damage {
        match self {
            Self::Nothing | Self::Continue | Self::EarlyHints => Damage::None,
            Self::Endless => Damage::Certain,
        }
    }
}

/// The status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum StatusLine {
    Good,
    /// The same with the version HTTP/1.0.
    Http10,
    /// 502 with a reason phrase that contains `200 OK`.
    OddReason,
    /// `HTTP/1.1 2OO OK`, with letters for digits.
    LettersForDigits,
    /// `HTTP/1.1 OK`.
    WithoutStatus,
    /// `ICY 200 OK`, as some streaming servers send.
    OtherProtocol,
    /// Neither status line nor header fields: only the body, as in HTTP/0.9.
    Absent,
}

impl StatusLine {
    fn damage(self) -> Damage {
        match self {
            Self::Good | Self::Http10 => Damage::None,
            Self::OddReason
            | Self::LettersForDigits
            | Self::WithoutStatus
            | Self::OtherProtocol
            | Self::Absent => Damage::Certain,
        }
    }
}

/// The header fields, apart from those of the framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Fields {
    Good,
    /// Names in lower case, as HTTP/2 gateways send them.
    LowerCase,
    /// Names in upper case, and no space after the colon.
    UpperCase,
    /// The content type has the parameter `charset=utf-8`.
    Charset,
    /// The same parameter, with a space before the semicolon.
    SpacedCharset,
    /// The same parameter in upper case and in quotes.
    QuotedCharset,
    /// The content type in upper case.
    UpperCaseType,
    /// The content type is `text/html`.
    WrongType,
    /// A line without a colon.
    WithoutColon,
    /// A NUL byte in a value.
    NulByte,
    /// Content-Encoding says gzip, and the body is not compressed.
    ClaimsGzip,
    /// Fields without end: the body never comes.
    Endless,
    /// The connection ends within the fields: the body never comes.
    Cut,
}

impl Fields {
    fn damage(self) -> Damage {
        match self {
            Self::Good
            | Self::LowerCase
            | Self::UpperCase
            | Self::Charset
            | Self::SpacedCharset
            | Self::QuotedCharset
            | Self::UpperCaseType => Damage::None,
            // A client that offers no compression may ignore Content-Encoding, and Go (1.19) accepts a NUL byte.
            Self::WrongType | Self::ClaimsGzip | Self::NulByte => Damage::Tolerated,
            Self::WithoutColon | Self::Endless | Self::Cut => Damage::Certain,
        }
    }
}

/// The content of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    Allow,
    /// Followed by white space up to a size of 4 KiB.
    Padded,
    /// The same JSON document with more white space.
    Spaced,
    /// The same JSON document with unknown members after the others.
    MembersAfter,
    /// The same JSON document with unknown members before the others.
    MembersBefore,
    /// The same JSON document with an unknown member whose text has characters of two, three and four bytes.
    NonAscii,
    /// The same text, and the name and the value that decide, written with escapes.
    Escaped,
    /// Compressed with gzip.
    Gzip,
    Empty,
    /// Followed by a second document that is not white space.
    TrailingGarbage,
    /// Followed by a second document.
    TrailingDocument,
    /// Followed by a NUL byte.
    TrailingNul,
    /// Followed by a NUL byte and other text.
    TextAfterNul,
    /// With a byte that is not UTF-8 within the deciding value, or at the end where the body is not JSON.
    InvalidUtf8,
    /// With `ff` within the text of another member, as the following ones, or at the end where the body is not JSON.
    InvalidMemberNever,
    /// With `80`, which only continues a character.
    InvalidMemberContinuation,
    /// With `c3`, and no second byte.
    InvalidMemberCut,
    /// With `c3 c3`: the second byte is not one that continues.
    InvalidMemberTwoFirstBytes,
    /// With `c0 af`: two bytes for a slash.
    InvalidMemberOverlong,
    /// With `f0 80 80 80`: four bytes for NUL.
    InvalidMemberOverlongNul,
    /// With `ed a0 80`: half of a surrogate pair.
    InvalidMemberSurrogate,
    /// With `f4 90 80 80`: a character above U+10FFFF.
    InvalidMemberTooLarge,
    /// Followed by spaces, 96 MiB in all.
    Huge,
    /// As `Huge`, and compressed with gzip to less than 1 MiB.
    GzipBomb,
    /// Followed by spaces without end.
    EndlessSpaces,
    /// Followed by spaces for more than an hour at the pace of [`Pace::DripBody`].
    LongSpaces,
}

impl Body {
    fn damage(self, framing: Framing) -> Damage {
        match self {
            // Where the framing marks the end of the body, they are not part of it.
            Self::EndlessSpaces if framing != Framing::UntilClose => Damage::Tolerated,
            Self::Allow
            | Self::Padded
            | Self::Spaced
            | Self::MembersAfter
            | Self::MembersBefore
            | Self::NonAscii
            | Self::Escaped => Damage::None,
            // Right for a client that offered it; and a client that has room may read a large body to its end.
            Self::Gzip | Self::Huge | Self::GzipBomb | Self::LongSpaces => Damage::Tolerated,
            // Go's encoding/json replaces the bytes, and the decision is in another member.
            Self::InvalidMemberNever
            | Self::InvalidMemberContinuation
            | Self::InvalidMemberCut
            | Self::InvalidMemberTwoFirstBytes
            | Self::InvalidMemberOverlong
            | Self::InvalidMemberOverlongNul
            | Self::InvalidMemberSurrogate
            | Self::InvalidMemberTooLarge => Damage::Tolerated,
            Self::Empty
            | Self::TrailingGarbage
            | Self::TrailingDocument
            | Self::TrailingNul
            | Self::TextAfterNul
            | Self::InvalidUtf8
            | Self::EndlessSpaces => Damage::Certain,
        }
    }

    /// Whether its bytes are compressed with gzip.
    fn is_gzip(self) -> bool {
        matches!(self, Self::Gzip | Self::GzipBomb)
    }
}

/// How the end of the body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// Content-Length.
    Length,
    /// Chunked transfer coding, in two chunks.
    Chunked,
    /// The end of the connection.
    UntilClose,
    /// Content-Length is larger than the body.
    LongerLength,
    /// Two Content-Length fields: that of the body, then a larger one.
    LengthThenLonger,
    /// Two Content-Length fields: a larger one, then that of the body.
    LongerThenLength,
    /// Content-Length is not a number.
    LengthNotANumber,
    /// Content-Length is negative.
    NegativeLength,
    /// Chunked, with a chunk size that is not a number after the complete body.
    BadChunkSize,
    /// Chunked, and the last chunk does not come.
    NoLastChunk,
    /// Chunked, and the only chunk is shorter than its size.
    ShortChunk,
    /// Content-Length and `Transfer-Encoding: chunked`, of which the second applies, and the body is not chunked.
    LengthAndClaimsChunked,
}

impl Framing {
    fn damage(self, body: Body) -> Damage {
        match self {
            Self::Length | Self::Chunked => Damage::None,
            // Its end is not marked; and libcurl (7.88) uses the last of two lengths.
            Self::UntilClose | Self::LongerThenLength => Damage::Tolerated,
            // Spaces without end make up for what the length promises.
            Self::LongerLength | Self::LengthThenLonger if body == Body::EndlessSpaces => {
                Damage::Tolerated
            }
            Self::LongerLength
            | Self::LengthThenLonger
            | Self::LengthNotANumber
            | Self::NegativeLength
            | Self::BadChunkSize
            | Self::NoLastChunk
            | Self::ShortChunk
            | Self::LengthAndClaimsChunked => Damage::Certain,
        }
    }
}

/// In which pieces it is sent, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    AtOnce,
    /// Head and body apart, each in a segment of its own.
    HeadThenBody,
    /// In two segments, divided within the body.
    TwoPieces,
    /// Each byte in a segment of its own, without pauses.
    ByteByByte,
    /// The head one byte at a time, so slowly that it exceeds any deadline.
    DripHead,
    /// The body one byte at a time, so slowly that it exceeds any deadline.
    DripBody,
}

impl Pace {
    fn damage(self, body: Body) -> Damage {
        match (self, body) {
            (Self::AtOnce | Self::HeadThenBody | Self::TwoPieces | Self::ByteByByte, _) => {
                Damage::None
            }
            (Self::DripBody, Body::LongSpaces) => Damage::Certain,
            // A short response may be complete before the deadline.
            (Self::DripHead | Self::DripBody, _) => Damage::Tolerated,
        }
    }
}

/// How the connection ends after the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Closed, over TLS with a close_notify.
    Close,
    /// Closed although the response announces keep-alive.
    CloseThoughAnnouncedOpen,
    /// Reset.
    Reset,
    /// Closed, over TLS without a close_notify.
    NoCloseNotify,
}

impl Ending {
    fn damage(self, framing: Framing) -> Damage {
        match (self, framing) {
            (Self::Close | Self::CloseThoughAnnouncedOpen, _) => Damage::None,
            (Self::Reset | Self::NoCloseNotify, Framing::UntilClose) => Damage::Certain,
            // The length or the last chunk has shown before that the body is complete.
            (Self::Reset | Self::NoCloseNotify, _) => Damage::Tolerated,
        }
    }
}

//! Composed responses as text: how each differs from the plain allow response.

use std::fmt;

use super::{Body, Ending, Fields, Framing, Interim, Pace, StatusLine, WireResponse};

impl fmt::Display for WireResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the allow response")?;
        let parts = [
            interim(self.interim),
            status_line(self.status_line),
            fields(self.fields),
            body(self.body),
            framing(self.framing),
            pace(self.pace),
            ending(self.ending),
        ];
        for (index, part) in parts.into_iter().flatten().enumerate() {
            let separator = if index == 0 { " " } else { ", " };
            write!(formatter, "{separator}{part}")?;
        }
        Ok(())
    }
}

fn interim(interim: Interim) -> Option<&'static str> {
    Some(match interim {
        Interim::Nothing => return None,
        Interim::Continue => "after 100 Continue",
        Interim::EarlyHints => "after 103 Early Hints",
        Interim::Endless => "after 100 Continue without end",
    })
}

fn status_line(status_line: StatusLine) -> Option<&'static str> {
    Some(match status_line {
        StatusLine::Good => return None,
        StatusLine::Http10 => "in HTTP/1.0",
        StatusLine::OddReason => "with the status line `HTTP/1.1 502 upstream said 200 OK`",
        StatusLine::LettersForDigits => "with the status line `HTTP/1.1 2OO OK` (letters O)",
        StatusLine::WithoutStatus => "with the status line `HTTP/1.1 OK`",
        StatusLine::OtherProtocol => "with the status line `ICY 200 OK`",
        StatusLine::Absent => "without status line and header fields",
    })
}

fn fields(fields: Fields) -> Option<&'static str> {
    Some(match fields {
        Fields::Good => return None,
        Fields::LowerCase => "with names of header fields in lower case",
        Fields::UpperCase => "with names of header fields in upper case",
        Fields::Charset => "with `charset=utf-8` in its content type",
        Fields::SpacedCharset => "with ` ; charset=utf-8` in its content type",
        Fields::QuotedCharset => "with `;charset=\"UTF-8\"` in its content type",
        Fields::UpperCaseType => "with its content type in upper case",
        Fields::WrongType => "with the content type text/html",
        Fields::WithoutColon => "with a header line without a colon",
        Fields::NulByte => "with a NUL byte in a header field",
        Fields::ClaimsGzip => "with `Content-Encoding: gzip`, but not compressed",
        Fields::Endless => "with header fields without end",
        Fields::Cut => "cut within its header fields",
    })
}

fn body(body: Body) -> Option<&'static str> {
    Some(match body {
        Body::Allow => return None,
        Body::Padded => "followed by white space up to 4 KiB",
        Body::Spaced => "with white space between its tokens",
        Body::MembersAfter => "with unknown members after its own",
        Body::MembersBefore => "with unknown members before its own",
        Body::NonAscii => "with text that is not ASCII in another member",
        Body::Escaped => "with escapes in its texts",
        Body::Gzip => "compressed with gzip",
        Body::Empty => "with an empty body",
        Body::TrailingGarbage => "followed by other text",
        Body::TrailingDocument => "followed by a second document",
        Body::TrailingNul => "followed by a NUL byte",
        Body::TextAfterNul => "followed by a NUL byte and other text",
        Body::InvalidUtf8 => "with a byte that is not UTF-8",
        Body::InvalidMemberNever => "with the byte ff in another member",
        Body::InvalidMemberContinuation => "with a lone byte 80 in another member",
        Body::InvalidMemberCut => "with a lone byte c3 in another member",
        Body::InvalidMemberTwoFirstBytes => "with the bytes c3 c3 in another member",
        Body::InvalidMemberOverlong => "with the overlong bytes c0 af in another member",
        Body::InvalidMemberOverlongNul => "with the overlong bytes f0 80 80 80 in another member",
        Body::InvalidMemberSurrogate => {
            "with half of a surrogate pair, ed a0 80, in another member"
        }
        Body::InvalidMemberTooLarge => "with the bytes f4 90 80 80 in another member",
        Body::Huge => "followed by spaces up to 96 MiB",
        Body::GzipBomb => "followed by spaces up to 96 MiB, compressed with gzip",
        Body::EndlessSpaces => "followed by spaces without end",
        Body::LongSpaces => "followed by spaces",
    })
}

fn framing(framing: Framing) -> Option<&'static str> {
    Some(match framing {
        Framing::Length => return None,
        Framing::Chunked => "chunked",
        Framing::UntilClose => "whose end is the end of the connection",
        Framing::LongerLength => "shorter than its Content-Length",
        Framing::LengthThenLonger => {
            "with two Content-Length fields, of which the second is larger"
        }
        Framing::LongerThenLength => "with two Content-Length fields, of which the first is larger",
        Framing::LengthNotANumber => "with a Content-Length that is not a number",
        Framing::NegativeLength => "with a negative Content-Length",
        Framing::BadChunkSize => "with a chunk size that is not a number",
        Framing::NoLastChunk => "chunked, without the last chunk",
        Framing::ShortChunk => "in a chunk that is shorter than its size",
        Framing::LengthAndClaimsChunked => {
            "with Content-Length and `Transfer-Encoding: chunked`, but not chunked"
        }
    })
}

fn pace(pace: Pace) -> Option<&'static str> {
    Some(match pace {
        Pace::AtOnce => return None,
        Pace::HeadThenBody => "with its body in a segment of its own",
        Pace::TwoPieces => "in two segments",
        Pace::ByteByByte => "in segments of one byte",
        Pace::DripHead => "with its head one byte at a time",
        Pace::DripBody => "with its body one byte at a time",
    })
}

fn ending(ending: Ending) -> Option<&'static str> {
    Some(match ending {
        Ending::Close => return None,
        Ending::CloseThoughAnnouncedOpen => "with keep-alive, then a close",
        Ending::Reset => "then a reset",
        Ending::NoCloseNotify => "then a close without a close_notify",
    })
}

//! A parser for HTTP responses that reports how each of them ended.

use std::io::{ErrorKind, Read};

use super::{Failure, Manner};

/// The largest size of a head, and of a body, in bytes.
pub(super) const LIMIT: usize = 64 << 10;

/// The most interim responses before the final one.
const MAX_INTERIM: usize = 20;

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The host that the request was sent to.
    pub(crate) asked: String,
    /// The status line.
    pub(crate) line: String,
    /// 0 if the status line is not one of HTTP.
    pub(crate) status: u16,
    /// What is wrong with the header fields.
    pub(crate) defects: Vec<Defect>,
    /// The header fields, with names in lower case.
    fields: Vec<(String, String)>,
    /// The part of the body that was received.
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
    /// What was received with the response, after its end.
    pub(crate) rest: Vec<u8>,
}

/// What is wrong with header fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// A line has no colon, or a length is not a number.
    Field,
    /// There are several lengths.
    TwoLengths,
    /// There are a length and a transfer coding.
    LengthAndChunked,
    /// The content is coded.
    Coded,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    /// The connection was closed before the body's end.
    Short,
    /// The connection was reset before the body's end.
    Reset,
    /// The size of a chunk was not a number.
    BadChunk,
    /// The connection ended within a chunk.
    ShortChunk,
    /// The connection ended before the last chunk.
    NoLastChunk,
    /// It is larger than the limit.
    TooLong,
    /// It was not complete at the deadline.
    Late,
    /// In HTTP/2, it is not as long as Content-Length says.
    Malformed,
}

impl Answer {
    /// A response in HTTP/2.
    pub(super) fn in_http_2(
        asked: String,
        status: u16,
        fields: Vec<(String, String)>,
        body: Vec<u8>,
        end: End,
    ) -> Self {
        let mut answer = Self {
            asked,
            line: String::new(),
            status,
            defects: Vec::new(),
            fields,
            body,
            end,
            rest: Vec::new(),
        };
        if answer.field("content-encoding").is_some() {
            answer.defects.push(Defect::Coded);
        }
        answer
    }

    /// The value of the first header field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter().filter(|(key, _)| key == name);
        fields.next().map(|(_, value)| value.as_str())
    }
}

/// Reads the response of the host `asked`.
pub(super) fn read(
    stream: &mut dyn Read,
    asked: String,
    manner: &Manner,
) -> Result<Answer, Failure> {
    let mut source = Source {
        stream,
        buffer: Vec::new(),
    };
    let mut answer = final_head(&mut source, asked, manner)?;
    let lengths = answer
        .fields
        .iter()
        .filter(|(name, _)| name == "content-length");
    let lengths: Vec<_> = lengths.map(|(_, length)| length.parse::<usize>()).collect();
    let chunked = answer.field("transfer-encoding") == Some("chunked");
    if lengths.iter().any(Result::is_err) {
        answer.defects.push(Defect::Field);
    }
    if lengths.len() > 1 {
        answer.defects.push(Defect::TwoLengths);
    }
    if chunked && !lengths.is_empty() {
        answer.defects.push(Defect::LengthAndChunked);
    }
    if answer.field("content-encoding").is_some() {
        answer.defects.push(Defect::Coded);
    }
    let length = lengths.into_iter().next().and_then(Result::ok);
    let ended = match length {
        Some(length) if !chunked || manner.prefers_length => source.take(length, &mut answer.body),
        _ if chunked => chunks(&mut source, &mut answer.body),
        _ => until_close(&mut source, &mut answer.body),
    };
    answer.end = ended.err().unwrap_or(End::Whole);
    answer.rest = source.buffer;
    Ok(answer)
}

/// The response with its head, without interim responses before it.
fn final_head(source: &mut Source<'_>, asked: String, manner: &Manner) -> Result<Answer, Failure> {
    for _ in 0..MAX_INTERIM {
        let head = head(source)?;
        let head = String::from_utf8_lossy(&head);
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let status = status(&line).unwrap_or(0);
        if (100..200).contains(&status) && !manner.takes_interim {
            continue;
        }
        let mut defects = Vec::new();
        let mut fields = Vec::new();
        for line in lines {
            match line.split_once(':') {
                Some((name, value)) => {
                    fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                None => defects.push(Defect::Field),
            }
        }
        return Ok(Answer {
            asked,
            line,
            status,
            defects,
            fields,
            body: Vec::new(),
            end: End::Whole,
            rest: Vec::new(),
        });
    }
    Err(Failure::Interim)
}

/// The status line and the fields, up to the blank line.
fn head(source: &mut Source<'_>) -> Result<Vec<u8>, Failure> {
    const BLANK: &[u8] = b"\r\n\r\n";
    loop {
        if let Some(at) = find(&source.buffer, BLANK) {
            let mut head: Vec<u8> = source.buffer.drain(..at + BLANK.len()).collect();
            head.truncate(at);
            return Ok(head);
        }
        if source.buffer.len() > LIMIT {
            let line = String::from_utf8_lossy(&source.buffer);
            return Err(Failure::LongHead(status(&line).unwrap_or(0)));
        }
        source.more().map_err(|end| match end {
            _ if !source.buffer.is_empty() => Failure::CutHead(end, source.buffer.clone()),
            End::Late => Failure::Silent,
            _ => Failure::Closed,
        })?;
    }
}

fn status(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.")?;
    rest.get(2..5)?.parse().ok()
}

/// Reads a body with chunked transfer coding.
fn chunks(source: &mut Source<'_>, body: &mut Vec<u8>) -> Result<(), End> {
    loop {
        let line = source.line().map_err(|end| match end {
            End::Short => End::NoLastChunk,
            other => other,
        })?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| End::BadChunk)?;
        source.take(size, body).map_err(|end| match end {
            End::Short => End::ShortChunk,
            other => other,
        })?;
        source.line()?;
        if size == 0 {
            return Ok(());
        }
    }
}

/// Reads a body that is delimited by the end of the connection.
fn until_close(source: &mut Source<'_>, body: &mut Vec<u8>) -> Result<(), End> {
    let ended = loop {
        if source.buffer.len() > LIMIT {
            break Err(End::TooLong);
        }
        match source.more() {
            Ok(()) => {}
            // A close without TLS's close_notify is an error and not this case.
            Err(End::Whole) => break Ok(()),
            Err(end) => break Err(end),
        }
    };
    body.append(&mut source.buffer);
    ended
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// A stream with a buffer of what has been read and not yet consumed.
struct Source<'a> {
    stream: &'a mut dyn Read,
    buffer: Vec<u8>,
}

impl Source<'_> {
    /// Reads more into the buffer. At the end of the connection the error is [`End::Whole`].
    fn more(&mut self) -> Result<(), End> {
        let mut piece = [0; 4096];
        match self.stream.read(&mut piece) {
            Ok(0) => Err(End::Whole),
            Ok(length) => {
                self.buffer.extend_from_slice(&piece[..length]);
                Ok(())
            }
            Err(error) => Err(match error.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => End::Late,
                ErrorKind::UnexpectedEof => End::Short,
                _ => End::Reset,
            }),
        }
    }

    /// Appends `length` bytes to `body`, or as many as there are.
    fn take(&mut self, length: usize, body: &mut Vec<u8>) -> Result<(), End> {
        let mut missing = length;
        loop {
            let here = missing
                .min(self.buffer.len())
                .min(LIMIT.saturating_sub(body.len()));
            body.extend(self.buffer.drain(..here));
            missing -= here;
            if missing == 0 {
                return Ok(());
            }
            if body.len() >= LIMIT {
                return Err(End::TooLong);
            }
            self.more().map_err(cut_short)?;
        }
    }

    /// Reads a line, without its line ending.
    fn line(&mut self) -> Result<String, End> {
        loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                let line = self.buffer.drain(..at + 2).collect::<Vec<u8>>();
                return Ok(String::from_utf8_lossy(&line[..at]).into_owned());
            }
            if self.buffer.len() > LIMIT {
                return Err(End::TooLong);
            }
            self.more().map_err(cut_short)?;
        }
    }
}

/// How the body ended if the connection ended in the middle of it.
fn cut_short(end: End) -> End {
    match end {
        End::Whole => End::Short,
        other => other,
    }
}

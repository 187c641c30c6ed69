//! The WSP push PDU: `transaction | 06 | headers' length | headers | body`.
//!
//! Source: WAP-230-WSP, sections 8.2.4.1 (push) and 8.4.2 (headers). Only the
//! content type is looked into; other headers are kept as they are.

use memchr::memchr;

use super::security::{Mac, Method, Refusal, Secrets, check};
use crate::document::limits::MAX_BYTES;
use crate::document::names::count;
use crate::document::{Diagnostic, Reading, Role, Span, read};

/// The PDU type of a push.
pub(in crate::document) const PDU_TYPE: u8 = 0x06;

/// The media types of the two forms of a document, by their numbers as short
/// integers. Source: OMA-WAP-TS-ProvCont 1.1, where the first is that of the
/// tokenised form and the second that of the textual form.
const MEDIA: [(u8, &str); 2] = [
    (0xB6, "application/vnd.wap.connectivity-wbxml"),
    (0xB5, "text/vnd.wap.connectivity-xml"),
];

/// The place of the tokenised form in [`MEDIA`].
const WBXML: usize = 0;

/// The place of the textual form in [`MEDIA`].
const XML: usize = 1;

/// A length follows as a number, and does not fit 30 bytes.
const LENGTH_QUOTE: u8 = 0x1F;

/// The parameter SEC: how the sender is proven.
const SEC: u8 = 0x91;

/// The parameter MAC: the proof.
const MAC: u8 = 0x92;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Which message of its sender it is.
    pub transaction: u8,
    /// The authentication method that it names, if any.
    pub method: Option<Method>,
    /// The MAC that it carries.
    pub(super) mac: Option<Mac>,
    /// Headers after the content type, as they are encoded.
    pub headers: Vec<u8>,
    /// The document. Offsets in its faults count from its own beginning.
    pub body: Vec<u8>,
}

impl Push {
    /// Takes a message apart.
    ///
    /// # Errors
    /// The first fault with its offset, if it is not a push of a provisioning
    /// document.
    pub fn parse(bytes: &[u8]) -> Result<Self, Diagnostic> {
        if bytes.len() > MAX_BYTES {
            return Err(
                Diagnostic::error(Span::new(MAX_BYTES, bytes.len()), "a push too long")
                    .expected(format!("at most {MAX_BYTES} bytes")),
            );
        }
        let mut all = Octets {
            bytes,
            base: 0,
            at: 0,
        };
        let transaction = all.byte("a transaction's number")?;
        let kind = all.byte("the type of the PDU")?;
        if kind != PDU_TYPE {
            return Err(
                Diagnostic::error(Span::new(1, 2), format!("a PDU of type {kind:02x}"))
                    .expected("06, a push"),
            );
        }
        let length = all.number("the length of the headers")?;
        let mut headers = all.part(length, "headers")?;
        let ContentType { media, method, mac } = headers.content_type()?;
        let headers = headers.rest().to_vec();
        let at = all.here();
        let body = all.rest();
        // An empty one is neither; its reader reports it.
        if let Some(first) = body.first()
            && media != media_of(body)
        {
            let (_, announced) = MEDIA[media];
            let fault = match media {
                WBXML => format!("a body that begins with {first:02x}, announced as `{announced}`"),
                _ => format!("a body of WBXML, announced as `{announced}`"),
            };
            let expected = match media {
                WBXML => "WBXML, which begins with its version, 00 to 03",
                _ => "XML",
            };
            let (number, meant) = MEDIA[media_of(body)];
            return Err(Diagnostic::error(Span::new(at, at + 1), fault)
                .expected(expected)
                .help(format!("announce `{meant}` ({number:02x}) if it is meant")));
        }
        Ok(Self {
            transaction,
            method,
            mac,
            headers,
            body: body.to_vec(),
        })
    }

    /// The message as bytes. The body is announced as what it is.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut content_type = vec![MEDIA[media_of(&self.body)].0];
        if let Some(method) = self.method {
            content_type.extend([SEC, method.number() | 0x80]);
        }
        if let Some(mac) = &self.mac {
            content_type.push(MAC);
            content_type.extend(mac.to_hex().bytes());
            content_type.push(0);
        }
        let mut headers = Vec::new();
        if content_type.len() < usize::from(LENGTH_QUOTE) {
            headers.extend(number(content_type.len()));
        } else {
            headers.push(LENGTH_QUOTE);
            headers.extend(number(content_type.len()));
        }
        headers.extend(content_type);
        headers.extend(&self.headers);
        let mut bytes = vec![self.transaction, PDU_TYPE];
        bytes.extend(number(headers.len()));
        bytes.extend(headers);
        bytes.extend(&self.body);
        bytes
    }

    /// Authenticates the sender, then reads the document.
    ///
    /// # Errors
    /// Authentication failed; the document is not read then.
    pub fn open(&self, secrets: &Secrets, role: Role) -> Result<Reading, Refusal> {
        check(self, secrets)?;
        Ok(read(&self.body, role))
    }
}

/// Which of [`MEDIA`] a body is: WBXML begins with its version.
fn media_of(body: &[u8]) -> usize {
    match body {
        [0..=3, ..] => WBXML,
        _ => XML,
    }
}

/// A number in groups of seven bits.
fn number(value: usize) -> Vec<u8> {
    let groups = (1..).take_while(|group| value >> (7 * group) > 0).count();
    let mut bytes: Vec<u8> = (1..=groups)
        .rev()
        .map(|group| (value >> (7 * group)) as u8 | 0x80)
        .collect();
    bytes.push(value as u8 & 0x7F);
    bytes
}

/// What the first header says.
struct ContentType {
    /// The place in [`MEDIA`].
    media: usize,
    method: Option<Method>,
    mac: Option<Mac>,
}

/// A parameter that says who sent it may not say so twice: which one is meant?
fn once<T>(known: &mut Option<T>, value: T, name: &str, at: Span) -> Result<(), Diagnostic> {
    match known.replace(value) {
        None => Ok(()),
        Some(_) => {
            Err(Diagnostic::error(at, format!("a second {name}")).expected(format!("one {name}")))
        }
    }
}

/// A stretch of the message that is read from its beginning.
struct Octets<'a> {
    bytes: &'a [u8],
    /// Where it stands in the message.
    base: usize,
    at: usize,
}

impl<'a> Octets<'a> {
    fn here(&self) -> usize {
        self.base + self.at
    }

    fn byte(&mut self, what: &str) -> Result<u8, Diagnostic> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| {
            Diagnostic::error(Span::point(self.here()), "the end").expected(what.to_owned())
        })?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self, what: &str) -> Result<usize, Diagnostic> {
        let start = self.here();
        let mut value = 0_usize;
        // A message is at most 1 MiB long: three groups of seven bits.
        for _ in 0..3 {
            let byte = self.byte(what)?;
            value = value << 7 | usize::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Diagnostic::error(
            Span::new(start, self.here()),
            format!("a number too large as {what}"),
        )
        .expected("at most three bytes"))
    }

    fn part(&mut self, length: usize, what: &str) -> Result<Octets<'a>, Diagnostic> {
        let base = self.here();
        let rest = &self.bytes[self.at..];
        let bytes = rest.get(..length).ok_or_else(|| {
            let length = count(length, "byte");
            let found = format!("{what} of {length}, with {} left", rest.len());
            Diagnostic::error(Span::point(base), found).expected("a length within the message")
        })?;
        self.at += length;
        Ok(Octets { bytes, base, at: 0 })
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// A text up to a zero byte.
    fn text(&mut self, what: &str) -> Result<&'a [u8], Diagnostic> {
        let rest = self.rest();
        let end = memchr(0, rest).ok_or_else(|| {
            Diagnostic::error(Span::point(self.here()), format!("{what} without its end"))
                .expected("a zero byte")
        })?;
        self.at += end + 1;
        Ok(&rest[..end])
    }

    /// The content type: alone as one number or text, or with its length before
    /// it and parameters after it.
    fn content_type(&mut self) -> Result<ContentType, Diagnostic> {
        let mut field = match self.byte("a content type")? {
            short @ 0..LENGTH_QUOTE => self.part(usize::from(short), "a content type")?,
            LENGTH_QUOTE => {
                let length = self.number("the length of the content type")?;
                self.part(length, "a content type")?
            }
            _ => {
                self.at -= 1;
                return Ok(ContentType {
                    media: self.media()?,
                    method: None,
                    mac: None,
                });
            }
        };
        let media = field.media()?;
        let (mut method, mut mac) = (None, None);
        while field.at < field.bytes.len() {
            let start = field.here();
            match field.byte("a parameter")? {
                SEC => {
                    let number = field.byte("the security method")?;
                    let known = (number & 0x80 != 0).then(|| Method::from_number(number & 0x7F));
                    let found = format!("security method {number:02x}");
                    let at = Span::new(start, field.here());
                    let known = known
                        .flatten()
                        .ok_or_else(|| Diagnostic::error(at, found).expected("80, 81, 82 or 83"))?;
                    once(&mut method, known, "SEC", at)?;
                }
                MAC => {
                    let at = field.here();
                    let text = field.text("a MAC")?;
                    let known = Mac::from_hex(text).ok_or_else(|| {
                        Diagnostic::error(Span::new(at, at + text.len()), "a malformed MAC")
                            .expected("40 hexadecimal digits")
                    })?;
                    once(&mut mac, known, "MAC", Span::new(start, field.here()))?;
                }
                other => field.skip_parameter(other)?,
            }
        }
        Ok(ContentType { media, method, mac })
    }

    /// The place of the media type in [`MEDIA`].
    fn media(&mut self) -> Result<usize, Diagnostic> {
        let start = self.here();
        let first = self.byte("a media type")?;
        let known = if first & 0x80 == 0 {
            self.at -= 1;
            let name = self.text("a media type")?;
            MEDIA
                .iter()
                .position(|(_, media)| name.eq_ignore_ascii_case(media.as_bytes()))
        } else {
            MEDIA.iter().position(|(number, _)| *number == first)
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let found = "a push of another content type";
        Err(Diagnostic::error(Span::new(start, self.here()), found)
            .expected(format!("`{}` (b6) or `{}` (b5)", MEDIA[0].1, MEDIA[1].1)))
    }

    /// Passes over a parameter that says nothing here, such as the character set.
    fn skip_parameter(&mut self, first: u8) -> Result<(), Diagnostic> {
        if first & 0x80 == 0 {
            // Its name is text; its first byte is gone.
            self.text("a parameter's name")?;
        }
        match self.byte("a parameter's value")? {
            0x80.. => {}
            length @ 0..LENGTH_QUOTE => {
                self.part(usize::from(length), "a parameter's value")?;
            }
            LENGTH_QUOTE => {
                let length = self.number("the length of a parameter's value")?;
                self.part(length, "a parameter's value")?;
            }
            _ => {
                self.text("a parameter's value")?;
            }
        }
        Ok(())
    }
}

//! Short messages as they are written down: hexadecimal digits in many forms, logs of modems and gateways, binary files.

mod hex;
mod line;

use super::USER_DATA;
use super::header::Header;
use super::octets::{Cursor, Octets};
use super::tpdu::{Tpdu, length_fault};
use crate::document::limits::MAX_BYTES;
use crate::document::names::count;
use crate::document::push::PDU_TYPE;
use crate::document::{Diagnostic, Diagnostics, Span};
use line::{Label, Line};

/// One short message, or a whole push that no header stands before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where its octets stand in the source.
    pub at: Span,
    /// The sender of a DELIVER, the receiver of a SUBMIT; none is known of user data alone.
    pub number: Option<String>,
    /// What its user data header says; empty where there is none.
    pub header: Header,
    /// The user data after the header.
    pub payload: Vec<u8>,
}

/// Reads all messages of a source: text with hexadecimal digits, or one binary message.
///
/// What the digits are is told by how they begin. Each line that begins like a message is one; other lines go on with the
/// message before them. Faults have their places in the source; messages without a fault are handed over beside them.
pub fn parse(source: &[u8]) -> (Vec<Part>, Diagnostics) {
    let mut reader = Reader::default();
    if source.len() > MAX_BYTES {
        let at = Span::new(MAX_BYTES, source.len());
        let fault = Diagnostic::error(at, format!("a source of more than {MAX_BYTES} bytes"));
        reader
            .faults
            .push(fault.expected(format!("at most {MAX_BYTES} bytes")));
        return (reader.parts, reader.faults);
    }
    match std::str::from_utf8(source) {
        Ok(text) if text.trim_start().starts_with('<') => {
            let at = text.len() - text.trim_start().len();
            let fault = Diagnostic::error(Span::new(at, at + 1), "a document in XML");
            reader.faults.push(fault.expected(EXPECTED));
        }
        Ok(text) if !text.contains(is_binary) => reader.text(text),
        _ => {
            let mut octets = Octets::default();
            for (at, byte) in source.iter().enumerate() {
                octets.push(*byte, Span::new(at, at + 1));
            }
            reader.begin(octets);
        }
    }
    reader.finish();
    if reader.parts.is_empty() && !reader.faults.refuse() {
        let fault = Diagnostic::error(Span::point(source.len()), "no short message");
        reader.faults.push(fault.expected(EXPECTED));
    }
    (reader.parts, reader.faults)
}

/// What can be read.
const EXPECTED: &str = "hexadecimal digits of user data with its header (06 05 04 0b 84 …), of an SMS-DELIVER or SMS-SUBMIT, or of a push";

/// The end of input that terminals send to modems, Ctrl-Z, stands in logs.
fn is_binary(one: char) -> bool {
    one.is_control() && !matches!(one, '\t' | '\n' | '\r' | '\u{1a}')
}

/// What has been read of the message at hand.
#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    faults: Diagnostics,
    octets: Octets,
    /// The length that a modem announced, and where.
    announced: Option<(usize, Span)>,
    /// What labelled lines said.
    number: Option<String>,
    labels: Vec<Label>,
    /// Its octets have a fault: it is no message, and the fault is reported.
    is_faulty: bool,
}

impl Reader {
    fn text(&mut self, text: &str) {
        let mut at = 0;
        for whole in text.split_inclusive('\n') {
            match Line::of(whole, at) {
                Line::Empty => self.finish(),
                Line::Other => {
                    self.finish();
                    self.announced = None;
                }
                Line::Announced(length, at) => {
                    self.finish();
                    self.announced = Some((length, at));
                }
                Line::Labelled(label, value, at) => self.labelled(label, value, at),
                Line::Query { header, data } => {
                    self.finish();
                    let (mut octets, faulty_header) = self.digits(hex::percent(header.0, header.1));
                    let (data, faulty_data) = self.digits(hex::percent(data.0, data.1));
                    octets.append(data);
                    self.begin(octets);
                    self.is_faulty = faulty_header || faulty_data;
                    self.finish();
                }
                Line::Digits(chunks) => {
                    for (digits, at) in chunks {
                        let (octets, is_faulty) = self.digits(hex::digits(digits, at));
                        self.add(octets);
                        self.is_faulty |= is_faulty;
                    }
                }
            }
            at += whole.len();
        }
    }

    /// The octets, and whether they have a fault, which is kept.
    fn digits(&mut self, (octets, fault): (Octets, Option<Diagnostic>)) -> (Octets, bool) {
        let is_faulty = fault.is_some();
        if let Some(fault) = fault {
            self.faults.push(fault);
        }
        (octets, is_faulty)
    }

    fn labelled(&mut self, label: Label, value: &str, at: usize) {
        // Each message has each label once.
        if self.labels.contains(&label) {
            self.finish();
        }
        self.labels.push(label);
        match label {
            Label::Header | Label::Data => {
                let (octets, is_faulty) = self.digits(hex::digits(value, at));
                self.is_faulty |= is_faulty;
                if label == Label::Header {
                    // It stands before the data, also where the data came first.
                    let data = std::mem::replace(&mut self.octets, octets);
                    self.octets.append(data);
                } else {
                    self.octets.append(octets);
                }
            }
            Label::Number => self.number = Some(value.to_owned()),
            Label::Coding => {
                let (octets, fault) = hex::digits(value, at);
                let coding = octets.bytes().first().copied();
                if fault.is_none() && coding.is_some_and(|one| !super::tpdu::is_data(one)) {
                    let found = format!("data coding scheme {value}, which is text");
                    let fault = Diagnostic::error(Span::new(at, at + value.len()), found);
                    self.faults
                        .push(fault.expected("8-bit data, such as f5 or 04"));
                    self.is_faulty = true;
                }
            }
        }
    }

    /// Octets of a further line: the next message, or more of the one at hand.
    fn add(&mut self, octets: Octets) {
        let goes_on = self.is_open() || !begins(&octets);
        if self.octets.is_empty() || !goes_on {
            self.begin(octets);
        } else {
            self.octets.append(octets);
        }
    }

    /// Whether the message at hand says that there is more of it: a PDU by its length, a header by having nothing after it.
    fn is_open(&self) -> bool {
        let bytes = self.octets.bytes();
        if Header::begins(bytes) {
            return bytes.len() == 1 + usize::from(bytes[0]);
        }
        Tpdu::begins(&self.octets) && Tpdu::read(&self.octets).is_err()
    }

    fn begin(&mut self, octets: Octets) {
        let announced = self.announced.take();
        self.finish();
        self.octets = octets;
        self.announced = announced;
    }

    /// The message at hand has ended.
    fn finish(&mut self) {
        let octets = std::mem::take(&mut self.octets);
        let number = self.number.take();
        self.labels.clear();
        if std::mem::take(&mut self.is_faulty) || octets.is_empty() {
            return;
        }
        match part(&octets, self.announced.take()) {
            Ok(part) => self.parts.push(Part {
                number: part.number.or(number),
                ..part
            }),
            Err(fault) => self.faults.push(fault),
        }
    }
}

/// Whether octets begin like a message.
fn begins(octets: &Octets) -> bool {
    let bytes = octets.bytes();
    Header::begins(bytes) || Tpdu::begins(octets) || begins_push(bytes)
}

/// Whether they begin like a push of a document: a transaction, the type, the headers' length, and the content type alone
/// or after its length.
fn begins_push(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [_, PDU_TYPE, _, 0xB5 | 0xB6, ..]
            | [_, PDU_TYPE, _, 0..=0x1E, 0xB5 | 0xB6, ..]
            | [_, PDU_TYPE, _, 0x1F, _, 0xB5 | 0xB6, ..]
    )
}

/// Whether they are a document in WBXML without a push.
fn is_document(bytes: &[u8]) -> bool {
    matches!(bytes, [0..=3, 0x0B | 0x00, ..])
}

/// The message that the octets are.
fn part(octets: &Octets, announced: Option<(usize, Span)>) -> Result<Part, Diagnostic> {
    let bytes = octets.bytes();
    let of = |number, header, payload: &[u8]| Part {
        at: octets.whole(),
        number,
        header,
        payload: payload.to_vec(),
    };
    if Header::begins(bytes) {
        if bytes.len() > USER_DATA {
            let found = format!("user data of {}", count(bytes.len(), "octet"));
            return Err(Diagnostic::error(octets.whole(), found)
                .expected(format!("at most {USER_DATA}"))
                .help("write each short message on a line of its own"));
        }
        let mut user_data = Cursor::new(octets, 0);
        let header = Header::read(&mut user_data)?;
        return Ok(of(None, header, user_data.bytes()));
    }
    if Tpdu::begins(octets) || announced.is_some() {
        let pdu = Tpdu::read(octets)?;
        if let Some((length, at)) = announced
            && length != pdu.length
        {
            return Err(length_fault(length, pdu.length, at));
        }
        let mut user_data = Cursor::new(octets, pdu.user_data);
        if !pdu.has_header {
            return Err(
                Diagnostic::error(user_data.span(), "user data without a header")
                    .expected("a header with the port 2948, a push"),
            );
        }
        let header = Header::read(&mut user_data)?;
        return Ok(of(Some(pdu.number), header, user_data.bytes()));
    }
    if begins_push(bytes) || is_document(bytes) {
        return Ok(of(None, Header::default(), bytes));
    }
    let shown: Vec<_> = bytes
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let found = format!("octets that begin with {}", shown.join(" "));
    Err(Diagnostic::error(octets.span(0, 4.min(bytes.len())), found).expected(EXPECTED))
}

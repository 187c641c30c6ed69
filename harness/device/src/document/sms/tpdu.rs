//! The PDUs that modems show and take: SMS-DELIVER and SMS-SUBMIT.

use std::fmt;

use super::USER_DATA;
use super::octets::{Cursor, Octets};
use crate::document::{Diagnostic, Span};

/// The two lowest bits of the first octet: what the PDU is.
const TYPE: u8 = 0x03;
const DELIVER: u8 = 0x00;
const SUBMIT: u8 = 0x01;
/// The user data begins with a header.
const HAS_HEADER: u8 = 0x40;
/// No more messages wait (of a DELIVER).
const NO_MORE: u8 = 0x04;

/// 8-bit data of class 1: for the phone, not for the SIM.
const DATA_CLASS_1: u8 = 0xF5;

/// The most digits of a number.
const MOST_DIGITS: usize = 20;

/// Types of numbers: international; of unknown kind; a name in the 7-bit alphabet.
const INTERNATIONAL: u8 = 0x91;
const UNKNOWN: u8 = 0x81;
const NAME: u8 = 0x50;

/// The network's time of a DELIVER that is made: 2000-01-01 00:00:00, since a push says nothing about its time.
const NO_TIME: [u8; 7] = [0x00, 0x10, 0x10, 0, 0, 0, 0];

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the device: SMS-DELIVER.
    Deliver,
    /// From a modem to the network: SMS-SUBMIT.
    Submit,
}

/// A PDU that was taken apart.
pub(super) struct Tpdu {
    /// The sender of a DELIVER, the receiver of a SUBMIT.
    pub(super) number: String,
    pub(super) has_header: bool,
    /// Where in the octets the user data begins; it ends with them.
    pub(super) user_data: usize,
    /// The octets without the service centre's number, which is what modems count.
    pub(super) length: usize,
}

impl Tpdu {
    /// Takes a PDU apart, with or without the service centre's number before it.
    pub(super) fn read(octets: &Octets) -> Result<Self, Diagnostic> {
        let bytes = octets.bytes();
        let centre = match bytes {
            [0, ..] => Some(1),
            [length @ 2..=12, kind, ..] if kind & 0x80 != 0 => Some(1 + usize::from(*length)),
            _ => None,
        };
        let without = Self::read_from(octets, 0);
        match centre {
            // `00` may also begin a DELIVER without a header; the one that fits is meant.
            Some(at) if at < bytes.len() => match Self::read_from(octets, at) {
                Err(fault) => without.map_err(|_| fault),
                ok => ok,
            },
            _ => without,
        }
    }

    /// Whether these octets begin like a PDU, although it may go on elsewhere.
    pub(super) fn begins(octets: &Octets) -> bool {
        let begins_at = |at: usize| {
            let Some([first, rest @ ..]) = octets.bytes().get(at..) else {
                return false;
            };
            let rest = match first & TYPE {
                DELIVER if first & HAS_HEADER != 0 => rest,
                SUBMIT if first & HAS_HEADER != 0 => rest.get(1..).unwrap_or_default(),
                _ => return false,
            };
            matches!(rest, [1..=20, kind, ..] if kind & 0x80 != 0)
        };
        let centre = octets
            .bytes()
            .first()
            .map_or(0, |length| 1 + usize::from(*length));
        begins_at(0) || (centre <= 13 && begins_at(centre))
    }

    fn read_from(octets: &Octets, at: usize) -> Result<Self, Diagnostic> {
        let mut fields = Cursor::new(octets, at);
        let length = fields.left();
        let first = fields.byte("the first octet of a PDU")?;
        let validity = match first & TYPE {
            DELIVER => 0,
            SUBMIT => {
                fields.byte("the message reference")?;
                match first >> 3 & 3 {
                    0 => 0,
                    2 => 1,
                    _ => 7,
                }
            }
            _ => {
                return Err(Diagnostic::error(
                    fields.since(at),
                    format!("a PDU of another type ({first:02x})"),
                )
                .expected("SMS-DELIVER or SMS-SUBMIT"));
            }
        };
        let number = number(&mut fields)?;
        fields.byte("the protocol identifier")?;
        let start = fields.at;
        let coding = fields.byte("the data coding scheme")?;
        if !is_data(coding) {
            let found = format!("data coding scheme {coding:02x}, which is text");
            return Err(Diagnostic::error(fields.since(start), found)
                .expected("8-bit data, such as f5 or 04"));
        }
        match first & TYPE {
            DELIVER => fields.take(7, "the service centre's time")?,
            _ => fields.take(validity, "the validity period")?,
        };
        let start = fields.at;
        let announced = usize::from(fields.byte("the length of the user data")?);
        let (left, at) = (fields.left(), fields.since(start));
        if announced != left {
            let found = format!("user data of {announced} octets, with {left} left");
            let help = match left < announced {
                true => "look for digits that are missing",
                false => "look for digits that do not belong to it",
            };
            return Err(Diagnostic::error(at, found)
                .expected("the length of what follows")
                .help(help));
        }
        if announced > USER_DATA {
            let found = format!("user data of {announced} octets");
            return Err(Diagnostic::error(at, found).expected(format!("at most {USER_DATA}")));
        }
        Ok(Self {
            number,
            has_header: first & HAS_HEADER != 0,
            user_data: fields.at,
            length,
        })
    }
}

/// Whether a data coding scheme says 8-bit data. Source: 3GPP TS 23.038, section 4.
pub(super) fn is_data(coding: u8) -> bool {
    match coding >> 4 {
        // General groups, with and without automatic deletion.
        0..=7 => coding & 0x0C == 0x04,
        0xF => coding & 0x04 != 0,
        _ => false,
    }
}

/// An address field: its length in digits, its type, and two digits an octet, the lower half first.
fn number(fields: &mut Cursor<'_>) -> Result<String, Diagnostic> {
    let start = fields.at;
    let digits = usize::from(fields.byte("the length of a number")?);
    if digits > MOST_DIGITS {
        let found = format!("a number of {digits} digits");
        return Err(Diagnostic::error(fields.since(start), found)
            .expected(format!("at most {MOST_DIGITS} digits")));
    }
    let kind = fields.byte("the type of a number")?;
    let octets = fields.take(digits.div_ceil(2), "a number")?;
    if kind & 0x70 == NAME {
        return Ok(name(octets.bytes(), digits));
    }
    let halves = octets
        .bytes()
        .iter()
        .flat_map(|octet| [octet & 0xF, octet >> 4]);
    let plus = if kind & 0x70 == INTERNATIONAL & 0x70 {
        "+"
    } else {
        ""
    };
    let digits = halves.take(digits).map(|half| match half {
        0..=9 => char::from(b'0' + half),
        10 => '*',
        11 => '#',
        _ => '?',
    });
    Ok(plus.chars().chain(digits).collect())
}

/// A sender that is a name: septets, of which letters and digits are those of ASCII.
fn name(octets: &[u8], halves: usize) -> String {
    let bit = |index: usize| {
        octets
            .get(index / 8)
            .is_some_and(|octet| octet >> (index % 8) & 1 == 1)
    };
    let septet = |index: usize| (0..7).fold(0, |all, at| all | u8::from(bit(index * 7 + at)) << at);
    (0..halves * 4 / 7)
        .map(|index| match septet(index) {
            one @ (b' ' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'&') => {
                char::from(one)
            }
            _ => '?',
        })
        .collect()
}

/// A telephone number that a message goes to or comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    digits: String,
    international: bool,
}

/// Why a text is no telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadNumber;

impl std::error::Error for BadNumber {}

impl fmt::Display for BadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a telephone number has 1 to {MOST_DIGITS} digits, with a `+` before them if the country's code comes first"
        )
    }
}

impl std::str::FromStr for Number {
    type Err = BadNumber;

    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let (digits, international) = match text.strip_prefix('+') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let is_number = (1..=MOST_DIGITS).contains(&digits.len())
            && digits.bytes().all(|one| one.is_ascii_digit());
        is_number
            .then(|| Self {
                digits: digits.to_owned(),
                international,
            })
            .ok_or(BadNumber)
    }
}

impl Number {
    fn to_bytes(&self) -> Vec<u8> {
        let kind = if self.international {
            INTERNATIONAL
        } else {
            UNKNOWN
        };
        // At most 20 digits.
        let mut bytes = vec![self.digits.len() as u8, kind];
        bytes.extend(self.digits.as_bytes().chunks(2).map(|pair| {
            let half = |index: usize| pair.get(index).map_or(0xF, |digit| digit - b'0');
            half(1) << 4 | half(0)
        }));
        bytes
    }
}

/// The PDU with this user data, whose header is in it, and its length as modems count: without the first octet, which says
/// that the service centre's number is the modem's own.
pub fn write_tpdu(
    direction: Direction,
    number: &Number,
    user_data: &[u8],
    is_last: bool,
) -> (Vec<u8>, usize) {
    let mut bytes = vec![0];
    match direction {
        Direction::Deliver => bytes.push(DELIVER | HAS_HEADER | if is_last { NO_MORE } else { 0 }),
        // The modem counts its messages itself.
        Direction::Submit => bytes.extend([SUBMIT | HAS_HEADER, 0]),
    }
    bytes.extend(number.to_bytes());
    bytes.extend([0, DATA_CLASS_1]);
    if direction == Direction::Deliver {
        bytes.extend(NO_TIME);
    }
    // At most 140 octets.
    bytes.push(user_data.len() as u8);
    bytes.extend(user_data);
    let length = bytes.len() - 1;
    (bytes, length)
}

/// A length that a modem announced and that is not that of the PDU.
pub(super) fn length_fault(announced: usize, length: usize, at: Span) -> Diagnostic {
    Diagnostic::error(
        at,
        format!("a PDU of {length} octets, announced with {announced}"),
    )
    .expected(format!(
        "{announced} octets after the service centre's number"
    ))
    .help(match length < announced {
        true => "look for digits that are missing",
        false => "look for digits that do not belong to it",
    })
}

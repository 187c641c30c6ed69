//! The user data header: ports, and which part of a longer message it is.

use super::octets::Cursor;
use crate::document::{Diagnostic, Span};

/// The information elements that are read, by their identifiers.
const SHORT_REFERENCE: u8 = 0x00;
const PORTS_8: u8 = 0x04;
const PORTS_16: u8 = 0x05;
const LONG_REFERENCE: u8 = 0x08;

/// What the header says. Of an element that comes twice the last counts, and unknown ones are passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub ports: Option<Ports>,
    pub concatenation: Option<Concatenation>,
}

/// Where a message goes on the device, as with UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    pub destination: u16,
    pub source: u16,
}

impl Ports {
    /// Connectionless push.
    pub const PUSH: Self = Self {
        destination: 2948,
        source: 9200,
    };
    /// Push over WTLS.
    pub(super) const SECURE_PUSH: u16 = 2949;
    /// The settings of Nokia and Ericsson that came before OMA Client Provisioning.
    pub(super) const OTA_SETTINGS: u16 = 49999;
}

/// Which part of which message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concatenation {
    pub reference: Reference,
    /// How many parts the message has.
    pub parts: u8,
    /// Which of them this is, from 1.
    pub part: u8,
}

/// What the parts of one message have in common. 8 bits and 16 bits are never the same message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    Short(u8),
    Long(u16),
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short(number) => write!(f, "reference {number:#04x}"),
            Self::Long(number) => write!(f, "reference {number:#06x}"),
        }
    }
}

impl Header {
    /// Reads a header with its length before it; the cursor stands at the payload then.
    pub(super) fn read(user_data: &mut Cursor<'_>) -> Result<Self, Diagnostic> {
        let length = user_data.byte("a user data header")?;
        let mut elements = user_data.take(usize::from(length), "a user data header")?;
        let mut header = Self::default();
        while elements.left() > 0 {
            let start = elements.at;
            let identifier = elements.byte("an information element")?;
            let length = elements.byte("the length of an information element")?;
            let data = elements.take(usize::from(length), "an information element")?;
            header.element(identifier, data.bytes(), elements.since(start))?;
        }
        Ok(header)
    }

    /// Whether octets begin with a header that has ports or says which part it is, whatever the numbers are.
    pub(super) fn begins(bytes: &[u8]) -> bool {
        let Some((length, rest)) = bytes.split_first() else {
            return false;
        };
        let Some(mut elements) = rest.get(..usize::from(*length)) else {
            return false;
        };
        let mut is_known = false;
        while let [identifier, length, rest @ ..] = elements {
            let length = usize::from(*length);
            is_known |= matches!(
                (*identifier, length),
                (PORTS_16 | LONG_REFERENCE, 4) | (PORTS_8, 2) | (SHORT_REFERENCE, 3)
            );
            let Some(rest) = rest.get(length..) else {
                return false;
            };
            elements = rest;
        }
        is_known && elements.is_empty()
    }

    fn element(&mut self, identifier: u8, data: &[u8], at: Span) -> Result<(), Diagnostic> {
        let wrong_length = |expected: &str| {
            let found = format!(
                "information element {identifier:02x} of length {}",
                data.len()
            );
            Diagnostic::error(at, found).expected(expected.to_owned())
        };
        match (identifier, data) {
            (PORTS_16, [d1, d2, s1, s2]) => {
                self.ports = Some(Ports {
                    destination: u16::from_be_bytes([*d1, *d2]),
                    source: u16::from_be_bytes([*s1, *s2]),
                });
            }
            (PORTS_16, _) => return Err(wrong_length("two ports of two octets: length 4")),
            (PORTS_8, [destination, source]) => {
                self.ports = Some(Ports {
                    destination: u16::from(*destination),
                    source: u16::from(*source),
                });
            }
            (PORTS_8, _) => return Err(wrong_length("two ports of one octet: length 2")),
            (SHORT_REFERENCE, [reference, parts, part]) => {
                self.part(Reference::Short(*reference), *parts, *part, at)?;
            }
            (SHORT_REFERENCE, _) => {
                return Err(wrong_length("reference, number of parts, part: length 3"));
            }
            (LONG_REFERENCE, [high, low, parts, part]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                self.part(Reference::Long(reference), *parts, *part, at)?;
            }
            (LONG_REFERENCE, _) => {
                return Err(wrong_length("reference, number of parts, part: length 4"));
            }
            _ => {}
        }
        Ok(())
    }

    /// A device ignores an element with impossible numbers, and then has one part for the whole: here it is a fault.
    fn part(
        &mut self,
        reference: Reference,
        parts: u8,
        part: u8,
        at: Span,
    ) -> Result<(), Diagnostic> {
        if part == 0 || part > parts {
            let found = format!("part {part} of {parts}");
            return Err(Diagnostic::error(at, found)
                .expected("a part from 1 up to the number of parts")
                .help("have the sender number the parts from 1; a device ignores this element and takes the part for a whole message"));
        }
        self.concatenation = Some(Concatenation {
            reference,
            parts,
            part,
        });
        Ok(())
    }

    /// The header as octets, with its length.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![0];
        if let Some(Ports {
            destination,
            source,
        }) = self.ports
        {
            bytes.extend([PORTS_16, 4]);
            bytes.extend(destination.to_be_bytes());
            bytes.extend(source.to_be_bytes());
        }
        if let Some(one) = self.concatenation {
            match one.reference {
                Reference::Short(number) => bytes.extend([SHORT_REFERENCE, 3, number]),
                Reference::Long(number) => {
                    bytes.extend([LONG_REFERENCE, 4]);
                    bytes.extend(number.to_be_bytes());
                }
            }
            bytes.extend([one.parts, one.part]);
        }
        // Both elements together take twelve octets at most.
        bytes[0] = bytes.len() as u8 - 1;
        bytes
    }
}

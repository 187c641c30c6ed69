//! Provisioning documents: one type for every encoding.
//!
//! A document comes as XML, as WBXML or inside a WSP push, which [`sms`] puts together; all three are read
//! into [`Document`], whose parts know where they stood in the source. Reading
//! collects every fault as a [`Diagnostic`] and hands over what could be
//! understood, so that a CSP, which knows the names, adds its own faults to the
//! same list. Nothing here opens a file or knows a CSP.

mod builder;
pub mod diagnostic;
pub mod element;
mod foreign;
pub mod limits;
pub mod names;
pub mod push;
pub mod render;
mod schema;
pub mod sms;
pub mod source;
pub mod span;
pub mod value;
pub mod wbxml;
pub mod xml;

use builder::Builder;
use limits::MAX_BYTES;

pub use diagnostic::{Counts, Diagnostic, Diagnostics, Level};
pub use element::{Attribute, Datatype, Document, Element, ElementTag, Version};
pub use render::{Colour, Rendered};
pub use schema::ROOT;
pub use source::{Source, SourceLocation};
pub use span::{Located, Span};

/// How a document is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Xml,
    /// WAP binary XML.
    Wbxml,
    /// A WSP push PDU around one of the two.
    Push,
}

/// The side that wrote the document, which decides which elements may occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The provisioning side. `-error` elements are faults.
    Request,
    Response,
}

/// The result of reading a document.
#[derive(Clone, Debug)]
pub struct Reading {
    pub encoding: Encoding,
    /// What was understood. It may be used only if no fault refuses it; until
    /// then it serves to find more faults.
    pub document: Option<Document>,
    pub faults: Diagnostics,
}

impl Reading {
    /// The document, if nothing refuses it.
    pub fn accepted(&self) -> Option<&Document> {
        self.document.as_ref().filter(|_| !self.faults.refuse())
    }
}

impl Encoding {
    /// What the first bytes say: text begins with `<` (perhaps after white space
    /// or a byte order mark; in UTF-16, which is refused, with a zero beside it),
    /// WBXML with its version, and a push has the PDU's type in its second byte.
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            // A version is followed by a public identifier, which is 0 or 11 for
            // a document that we read; as the type of a PDU neither is a push.
            [_, push::PDU_TYPE, ..] => Self::Push,
            [0, b'\t' | b'\n' | b'\r' | b' ' | b'<', ..] => Self::Xml,
            // Newer and unknown versions are reported as such.
            [0..=8 | 0x10..=0x1F, ..] => Self::Wbxml,
            _ => Self::Xml,
        }
    }
}

/// Reads a document, XML or WBXML, as its first bytes say.
///
/// A push is refused here: its sender has to be authenticated first, with
/// [`push::Push`].
pub fn read(bytes: &[u8], role: Role) -> Reading {
    let encoding = Encoding::of(bytes);
    let mut builder = Builder::new(role);
    if bytes.len() > MAX_BYTES {
        builder.faults.push(
            Diagnostic::error(
                Span::new(MAX_BYTES, bytes.len()),
                format!("a document of more than {MAX_BYTES} bytes"),
            )
            .expected(format!("at most {MAX_BYTES} bytes"))
            .help("send less at once, in several documents"),
        );
        return Reading {
            encoding,
            document: None,
            faults: builder.faults,
        };
    }
    match encoding {
        Encoding::Xml => xml::read(bytes, &mut builder),
        Encoding::Wbxml => wbxml::read(bytes, &mut builder),
        Encoding::Push => builder.faults.push(
            Diagnostic::error(Span::new(0, 2), "a push message")
                .expected("a document; a push is opened with the secrets that it is signed with")
                .help("open it as a push, which checks who sent it"),
        ),
    }
    let (document, faults) = builder.finish(bytes.len());
    Reading {
        encoding,
        document,
        faults,
    }
}

//! Provisioning documents: one type, however a document was written.
//!
//! A document comes as XML, as WBXML or inside a WSP push; all three are read
//! into [`Document`], whose parts know where they stood in the source. Reading
//! collects every fault as a [`Diagnostic`] and hands over what could be
//! understood, so that whoever knows the names (a CSP) adds its own faults to
//! the same list. Nothing here opens a file or knows a CSP.

pub mod diagnostic;
pub mod element;
pub mod span;

pub use diagnostic::{Diagnostic, Diagnostics, Level};
pub use element::{Attribute, Datatype, Document, Element, Kind, Version};
pub use span::{Located, Span};

//! How much of a document is read before it is refused.
//!
//! Anyone who can send a message can send a document over the air, so every
//! dimension is limited.

/// Bytes of a document, XML or WBXML, and of a push that carries one.
pub const MAX_BYTES: usize = 1 << 20;

/// Elements inside each other, the root counted.
pub const MAX_DEPTH: usize = 32;

/// Attributes of one element. The document type knows eleven for a `parm`.
pub const MAX_ATTRIBUTES: usize = 32;

/// Bytes of text that a WBXML document may stand for: a string of its table can
/// be used again and again, and would otherwise grow without end.
pub const MAX_EXPANDED: usize = 4 << 20;

/// Faults that are kept; those after them are counted.
pub const MAX_FAULTS: usize = 1000;

/// Elements with which the queries of one document are answered: each query can
/// ask for all that a device has, again and again.
pub const MAX_ANSWERED: usize = 1 << 16;

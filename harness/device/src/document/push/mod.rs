//! Documents sent over the air: a body in a WSP push PDU, whose sender is
//! authenticated by a secret that sender and device share.
//!
//! The body of a [`Push`] can be inspected without the secret; a document that is
//! to be applied goes through [`Push::open`], which refuses a wrong MAC.

mod pdu;
mod security;

pub use pdu::Push;
pub use security::{Imsi, Method, Pin, Refusal, Sealed, Secrets, seal};

pub(super) use pdu::PDU_TYPE;

//! Documents as they come over the air: a WSP push PDU around a body, with who
//! sent it proven by a secret that sender and device share.
//!
//! The body of a [`Push`] can be read without the secret, to look at it; what is
//! to be applied goes through [`Push::open`], which refuses a wrong proof.

mod pdu;
mod security;

pub use pdu::Push;
pub use security::{Imsi, Method, Pin, Refusal, Sealed, Secrets, seal};

pub(super) use pdu::PDU_TYPE;

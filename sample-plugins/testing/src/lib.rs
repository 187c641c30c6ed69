//! What the tests of the samples share: an operator's server on loopback, and a built plugin that is loaded as a host
//! loads it.
//!
//! The server speaks cleartext HTTP. That a plugin made with the SDK insists on TLS, and on which certificates, is shown
//! by the tests of the SDK and by the harness.

mod library;
mod server;

pub use library::{Answer, Library};
pub use server::{Reply, Request, Server};

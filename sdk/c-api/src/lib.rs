//! The SDK's client as a static library with a small C API: a plugin in C or C++ that needs neither libcurl nor a JSON
//! library.
//!
//! The header `include/IcsClient.h` is generated from these modules, so what is documented in them addresses C authors.
//! The plugin defines `IsEntitled` itself and calls [`ics_client_check`](check::ics_client_check) in it; the rest of a call
//! is the SDK's: a thread of its own, one deadline, the settings file beside the library, and the decision, which is
//! UNAVAILABLE in doubt.
//!
//! Every handle and every text belongs to the call and is freed when the check function returns. No function unwinds, and
//! each takes a null handle. Nothing here opens a socket, reads a file or prints: the crate `ics-entitlement` does.

#![warn(missing_docs)]
#![expect(
    clippy::missing_safety_doc,
    reason = "the header says once what all pointers have to be; its functions are documented for C authors"
)]

pub mod call;
pub mod check;
pub mod error;
mod operation;
pub mod request;
pub mod response;
mod text;

// Its symbols are those of the whole library that is linked with the archive.
ics_entitlement::__ledger!();

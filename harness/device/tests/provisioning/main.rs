//! Provisioning documents, read and written from outside of the crate.

mod differential;
mod generated;
#[path = "../prerequisites/mod.rs"]
mod prerequisites;
mod push;
mod variants;
mod vectors;
mod wbxml;
mod xml;

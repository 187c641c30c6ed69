//! Provisioning documents, read and written from outside of the crate.

mod differential;
mod generated;
mod push;
mod vectors;
mod wbxml;
mod xml;

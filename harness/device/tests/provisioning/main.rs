//! Provisioning documents, read and written from outside of the crate.

mod differential;
mod generated;
mod other_codec;
mod push;
mod variants;
mod vectors;
mod wbxml;
mod xml;

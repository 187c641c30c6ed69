//! Provisioning documents, read and written from outside of the crate.

mod differential;
mod generated;
mod help;
mod microsoft;
mod neighbours;
mod oem;
mod push;
mod sms;
mod support;
mod wbxml;
mod xml;

//! Provisioning documents as WAP binary XML.
//!
//! This crate has its own codec, because no maintained crate has the tokens of
//! PROV. Input is untrusted: every read is bounded, and every error has its offset.

mod bytes;
mod decode;
mod encode;
mod microsoft;
mod strings;
mod table;
mod tables;

pub(super) use decode::read;
pub use encode::{encode, encode_for_microsoft};

/// Tokens that mean the same in every document type (WBXML 1.3, section 7.1).
pub(super) mod global {
    /// The next byte is the code page.
    pub(in crate::document) const SWITCH_PAGE: u8 = 0x00;
    /// The end of attributes, or of an element.
    pub(in crate::document) const END: u8 = 0x01;
    /// A character by its number.
    pub(in crate::document) const ENTITY: u8 = 0x02;
    /// A string that stands here, ended by a zero.
    pub(in crate::document) const STR_I: u8 = 0x03;
    /// A name from the string table. The bits of tags may be added.
    pub(in crate::document) const LITERAL: u8 = 0x04;
    /// The first of three extensions with a string.
    pub(in crate::document) const EXT_I_0: u8 = 0x40;
    pub(in crate::document) const PI: u8 = 0x43;
    /// The first of three extensions with a number.
    pub(in crate::document) const EXT_T_0: u8 = 0x80;
    /// A string from the table.
    pub(in crate::document) const STR_T: u8 = 0x83;
    /// Bytes with their count.
    pub(in crate::document) const OPAQUE: u8 = 0xC3;
    /// The tag has content.
    pub(in crate::document) const CONTENT: u8 = 0x40;
    /// The tag has attributes.
    pub(in crate::document) const ATTRIBUTES: u8 = 0x80;
}

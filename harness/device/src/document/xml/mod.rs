//! XML text, read into any `Sink`, and provisioning documents written as such.

mod builder;
mod prolog;
mod read;
mod sink;
mod text;
mod unescape;
mod write;

pub(crate) use read::read;
pub(crate) use sink::Sink;
pub(crate) use unescape::unescape;
pub use write::{Unwritable, write};

/// Whether XML 1.0 has this character at all, written or by reference.
pub(super) fn is_character(one: char) -> bool {
    matches!(one, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{1_0000}'..)
}

/// The first character of the text that XML does not have, and where it is.
pub(crate) fn foreign_character(text: &str) -> Option<(usize, char)> {
    // The bytes that can begin one are rare; most texts are done with after one
    // pass over them, a block at a time and without a branch for each byte.
    const BLOCK: usize = 64;
    let suspicious = |byte: &u8| *byte == 0xEF || (*byte < b' ' && !matches!(byte, 9 | 10 | 13));
    let block = text
        .as_bytes()
        .chunks(BLOCK)
        .position(|block| block.iter().fold(false, |any, byte| any | suspicious(byte)))?;
    let rest = &text.as_bytes()[block * BLOCK..];
    let first = block * BLOCK + rest.iter().position(suspicious)?;
    // These bytes are never in the middle of a character.
    text[first..]
        .char_indices()
        .find(|(_, one)| !is_character(*one))
        .map(|(at, one)| (first + at, one))
}

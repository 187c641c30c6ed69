//! The marker by which a plugin made with this SDK is known without loading it.
//!
//! It is an ELF note in a section of its own, `.note.ics-entitlement`; in a PE the same bytes
//! stand in the section `.icsent`. A section, because a plugin exports one symbol and no other.

use crate::config;

const OWNER: &[u8; 16] = b"ICS-Entitlement\0";

/// The text of the note: JSON with the version of the SDK and of the form of its settings.
const TEXT: &str = {
    const {
        assert!(
            config::FORM == 1,
            "the form is spelled out in the text below"
        )
    };
    concat!(
        "{\"sdk\":\"",
        env!("CARGO_PKG_VERSION"),
        "\",\"settings\":1}"
    )
};

/// A note's text is padded to whole words of four bytes.
const ROOM: usize = TEXT.len().next_multiple_of(4);

/// An ELF note: three words, the owner's name, the text.
#[repr(C, align(4))]
#[derive(Debug)]
pub struct Marker {
    owner_size: u32,
    text_size: u32,
    kind: u32,
    owner: [u8; OWNER.len()],
    text: [u8; ROOM],
}

/// The marker of this version.
pub const MARKER: Marker = {
    let mut text = [0; ROOM];
    text.split_at_mut(TEXT.len())
        .0
        .copy_from_slice(TEXT.as_bytes());
    Marker {
        owner_size: OWNER.len() as u32,
        text_size: TEXT.len() as u32,
        kind: 1,
        owner: *OWNER,
        text,
    }
};

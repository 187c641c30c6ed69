//! The marker that identifies a plugin made with this SDK without loading it.
//!
//! It is an ELF note in the section `.note.ics-entitlement`; in a PE file the same bytes are the
//! section `.icsent`. It is a section because a plugin exports no symbol but its function.

use crate::config;

const OWNER: &[u8; 16] = b"ICS-Entitlement\0";

/// The text of the note: JSON with the versions of the SDK and of its settings' format.
const TEXT: &str = {
    const {
        assert!(
            config::FORMAT_VERSION == 1,
            "the text below contains the version as a literal"
        )
    };
    concat!(
        "{\"sdk\":\"",
        env!("CARGO_PKG_VERSION"),
        "\",\"settings\":1}"
    )
};

/// The size of the text in bytes, padded to a multiple of four as the ELF format demands.
const PADDED: usize = TEXT.len().next_multiple_of(4);

/// An ELF note: the two sizes and the type, the owner's name, the text.
#[repr(C, align(4))]
#[derive(Debug)]
pub struct Marker {
    owner_size: u32,
    text_size: u32,
    kind: u32,
    owner: [u8; OWNER.len()],
    text: [u8; PADDED],
}

/// The marker of this version of the SDK.
pub const MARKER: Marker = {
    let mut text = [0; PADDED];
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

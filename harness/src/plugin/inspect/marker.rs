//! The marker that the SDK adds to a library.
//!
//! It is an ELF note, or a section with the same bytes in a PE file, and not an export, so a library made with the SDK exports one function
//! only. The harness writes settings files for libraries with the marker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ELF note's owner.
pub(super) const NOTE_NAME: &[u8] = b"ICS-Entitlement";

/// The ELF note's type.
pub(super) const NOTE_TYPE: u32 = 1;

/// The PE section with the same bytes as the note.
pub(super) const PE_SECTION: &str = ".icsent";

/// The description in the bytes of a note: its three numbers, the owner's name, and then the description. As they are, if
/// they are no such note: the description is then found to be invalid.
pub(super) fn description_of(note: &[u8]) -> &[u8] {
    const NUMBERS: usize = 12;
    let number = |at: usize| {
        let bytes = note.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let found = || {
        let length = usize::try_from(number(4)?).ok()?;
        let rest = note.get(NUMBERS..)?.strip_prefix(NOTE_NAME)?;
        let description = rest.strip_prefix(b"\0")?.get(..length)?;
        (number(8)? == NOTE_TYPE).then_some(description)
    };
    found().unwrap_or(note)
}

/// The SDK that a library was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SdkMarker {
    pub sdk: String,
    /// The version of the settings file's format.
    pub settings: u32,
}

impl SdkMarker {
    /// Reads the description: JSON, with members that a later SDK may add, and
    /// padded with zeros by a linker.
    pub(super) fn parse(description: &[u8]) -> Result<Self, String> {
        let end = description
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |last| last + 1);
        serde_json::from_slice(&description[..end]).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_and_later_members_are_ignored() {
        let marker = SdkMarker::parse(b"{\"sdk\":\"0.1.0\",\"settings\":1,\"more\":[]}\0\0\0");
        assert_eq!(
            marker,
            Ok(SdkMarker {
                sdk: "0.1.0".to_owned(),
                settings: 1
            })
        );
    }

    #[test]
    fn the_description_of_a_note_follows_its_numbers_and_its_owner() {
        let mut note = [16, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0].to_vec();
        note.extend(b"ICS-Entitlement\0{1}\0\0\0");
        assert_eq!(description_of(&note), b"{1}");
        // Another type, and one that ends too soon.
        for (at, value) in [(8, 2), (4, 200)] {
            let mut other = note.clone();
            other[at] = value;
            assert_eq!(description_of(&other), other);
        }
        assert_eq!(description_of(b"short"), b"short");
    }

    #[test]
    fn an_invalid_description_is_reported_with_its_position() {
        for broken in [
            &b"\0\0"[..],
            b"{\"sdk\":1}",
            b"{\"sdk\":\"0.1.0\"}",
            b"\xff",
        ] {
            let reason = SdkMarker::parse(broken).expect_err("broken");
            assert!(reason.contains("column"), "{reason}");
        }
    }
}

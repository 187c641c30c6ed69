//! The marker that the SDK adds to a library.
//!
//! It is a note and not an export, so a library made with the SDK exports one function
//! only. The harness writes settings files for libraries with the marker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ELF note's owner.
pub(super) const NOTE_NAME: &[u8] = b"ICS-Entitlement";

/// The ELF note's type.
pub(super) const NOTE_TYPE: u32 = 1;

/// The PE section with the same description.
pub(super) const PE_SECTION: &str = ".icsent";

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

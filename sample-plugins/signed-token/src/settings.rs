//! The table `[plugin]` of the settings, which `settings.toml` describes.

use serde::Deserialize;

use crate::jws::PublicKey;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) device: String,
    pub(crate) public_key: PublicKey,
    /// In seconds.
    pub(crate) clock_tolerance: u32,
}

//! The table `[plugin]` of the settings, which `settings.toml` describes.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) method: Method,
    pub(crate) app: String,
    pub(crate) terminal_id: String,
    pub(crate) terminal_vendor: String,
    pub(crate) terminal_model: String,
    pub(crate) terminal_sw_version: String,
    pub(crate) entitlement_version: String,
    pub(crate) token: Option<String>,
    pub(crate) imsi: Option<String>,
    pub(crate) mnc_length: usize,
}

/// How the parameters are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Method {
    /// In the query of the URL.
    #[serde(rename = "GET")]
    Get,
    /// As a JSON object in the body.
    #[serde(rename = "POST")]
    Post,
}

//! The settings: a TOML file beside the library, laid over those compiled in.
//!
//! Not the environment: whoever starts the host must not steer the plugin. A setting that can't
//! be understood is an error with its place, and an error is UNAVAILABLE; no value is guessed.

mod document;
mod units;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

pub(crate) use document::Document;
pub use document::SettingsError;
#[cfg(feature = "http")]
pub(crate) use units::Pin;
use units::{Size, Span};

/// The version of the form of the settings, told in the plugin's marker.
pub(crate) const FORM: u32 = 1;

/// The SDK's own settings, with every default filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(feature = "http"),
    expect(dead_code, reason = "most settings are the client's")
)]
pub(crate) struct Settings {
    /// What the author's paths are joined to.
    pub(crate) url: Option<String>,
    /// Files with further trusted roots, PEM or DER, relative to the library.
    #[serde(default)]
    pub(crate) ca: Vec<PathBuf>,
    #[serde(default)]
    pub(crate) roots: Roots,
    #[serde(default = "Settings::default_deadline")]
    deadline: Span,
    #[serde(default = "Settings::default_body_limit")]
    body_limit: Size,
    /// Whether `http://` may be spoken.
    #[serde(default)]
    pub(crate) allow_http: bool,
    /// The certificate chain that shows who we are, in PEM, relative to the library.
    pub(crate) client_certificate: Option<PathBuf>,
    /// Its key, in PEM.
    pub(crate) client_key: Option<PathBuf>,
    /// `sha256/<base64>` of the server's key (SubjectPublicKeyInfo); any one of them has to match.
    #[serde(default)]
    pub(crate) pinned_keys: Vec<units::Pin>,
    /// The network interface to go out by (Linux).
    pub(crate) interface: Option<String>,
    pub(crate) source_address: Option<IpAddr>,
    pub(crate) proxy: Option<String>,
    #[serde(default)]
    pub(crate) retry: Retry,
    /// The author's own. It is read by [`Document::plugin`].
    #[serde(rename = "plugin")]
    _plugin: Option<IgnoredAny>,
}

/// Whom to trust besides the files in `ca` and the roots compiled in.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Roots {
    /// Nobody.
    Settings,
    /// Mozilla's list, compiled in by the feature `webpki-roots`.
    Webpki,
    /// The platform's store; needs the feature `platform-roots`.
    Platform,
}

impl Default for Roots {
    fn default() -> Self {
        if cfg!(feature = "webpki-roots") {
            Self::Webpki
        } else {
            Self::Settings
        }
    }
}

/// When and how often to ask again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    /// How often at most, after the first time.
    pub(crate) times: u32,
    pause: Span,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            times: 0,
            pause: Span(Duration::from_millis(200)),
        }
    }
}

#[cfg(feature = "http")]
impl Retry {
    /// How long to wait before the first retry; it doubles each time.
    pub(crate) fn pause(&self) -> Duration {
        self.pause.0
    }
}

impl Settings {
    fn default_deadline() -> Span {
        Span(Duration::from_secs(5))
    }

    fn default_body_limit() -> Size {
        Size(64 << 10)
    }

    /// How long a whole call may take.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline.0
    }

    /// The most bytes that a body may have.
    #[cfg(feature = "http")]
    pub(crate) fn body_limit(&self) -> usize {
        self.body_limit.0
    }
}

impl Document {
    /// Reads the SDK's own settings.
    pub(crate) fn settings(&self) -> Result<Settings, SettingsError> {
        self.read(self.merged()?)
    }

    /// Reads the author's table, `[plugin]`. It is empty if there is none.
    pub(crate) fn plugin<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        self.read(self.merged_plugin()?)
    }
}

#[cfg(test)]
mod tests;

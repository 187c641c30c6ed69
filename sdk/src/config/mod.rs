//! The settings: a TOML file beside the library, which overrides the compiled-in settings key by key.
//!
//! The environment is not read, since the process that starts the host must not control the plugin. A
//! setting that cannot be parsed is an error with its line and column, and becomes UNAVAILABLE; no
//! value is guessed.

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

/// The version of the settings' format, which the plugin's marker contains.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// The SDK's own settings, with defaults applied. The crate's documentation explains each key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(feature = "http"),
    expect(dead_code, reason = "only the client reads most of them")
)]
pub(crate) struct Settings {
    /// The paths of requests are appended to it.
    pub(crate) url: Option<String>,
    /// Files with further trusted roots, in PEM or DER; paths are relative to the library's folder.
    #[serde(default)]
    pub(crate) ca: Vec<PathBuf>,
    #[serde(default)]
    pub(crate) roots: Roots,
    #[serde(default = "Settings::default_deadline")]
    deadline: Span,
    #[serde(default = "Settings::default_body_limit")]
    body_limit: Size,
    /// Whether `http://` URLs may be requested.
    #[serde(default)]
    pub(crate) allow_http: bool,
    /// The file with the client's certificate chain, in PEM, relative to the library's folder.
    pub(crate) client_certificate: Option<PathBuf>,
    /// The file with the certificate's private key, in PEM.
    pub(crate) client_key: Option<PathBuf>,
    /// If there are any, the server's key (SubjectPublicKeyInfo) has to be one of these.
    #[serde(default)]
    pub(crate) pinned_keys: Vec<units::Pin>,
    /// The network interface that connections are bound to (Linux).
    pub(crate) interface: Option<String>,
    pub(crate) source_address: Option<IpAddr>,
    pub(crate) proxy: Option<String>,
    #[serde(default)]
    pub(crate) retry: Retry,
    /// The plugin's own settings, which [`Document::plugin`] reads.
    #[serde(rename = "plugin")]
    _plugin: Option<IgnoredAny>,
}

/// Which roots to trust besides the files in `ca` and the compiled-in roots.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Roots {
    /// No other roots are trusted.
    Settings,
    /// Mozilla's root certificates, compiled in by the feature `webpki-roots`.
    Webpki,
    /// The platform's trust store; needs the feature `platform-roots`.
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

/// How often a request is repeated, and after which pause.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    /// The most repetitions of a request, not counting the first attempt.
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
    /// The pause before the first repetition. It doubles with each further one.
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

    /// How long a complete call may take.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline.0
    }

    /// The largest size of a response body, in bytes.
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

    /// Reads the table `[plugin]`. A missing table is read like an empty one.
    pub(crate) fn plugin<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        self.read(self.merged_plugin()?)
    }
}

#[cfg(test)]
mod tests;

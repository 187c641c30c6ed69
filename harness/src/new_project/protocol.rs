//! What a new plugin asks its operator's server.

use std::path::{Path, PathBuf};

use ics_device::document::names::{nearest, one_of, quoted};

use super::first_request::{FirstRequest, RequestError};
use crate::profile::{self, ProfileError, built_in_source};

/// The protocols that a project is complete for.
pub const PROTOCOLS: [&str; 2] = ["minimal", "carrier-json"];

/// What a new plugin asks its operator's server.
#[derive(Debug)]
pub enum Protocol {
    /// That of the sample `minimal`.
    Minimal,
    /// That of the sample `carrier-json`.
    CarrierJson,
    /// That of a profile. Only its first request is known, and not what a response means.
    Own {
        /// The profile's text.
        profile: String,
        request: Box<FirstRequest>,
    },
}

/// Why there is no project for a protocol.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    #[error(
        "there is no project for the protocol {}{}; the protocols are {}, and any other one is a profile: --profile FILE",
        quoted(.0),
        nearest(.0, PROTOCOLS).map_or_else(String::new, |near| format!(", did you mean `{near}`?")),
        one_of(PROTOCOLS)
    )]
    Unknown(String),
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(
        "the profile {0} names other files, which a project does not get; write their text into the profile (`body` for \
         `body-file`, steps for recordings), and add [ca] and [plugin] in the project"
    )]
    NamesFiles(PathBuf),
    #[error("the profile {path} has no request for a new project: {source}")]
    Request { path: PathBuf, source: RequestError },
}

impl Protocol {
    /// The protocol of that name.
    ///
    /// # Errors
    /// If a project for it cannot be made.
    pub fn named(name: &str) -> Result<Self, ProtocolError> {
        match name {
            "minimal" => Ok(Self::Minimal),
            "carrier-json" => Ok(Self::CarrierJson),
            _ => Err(ProtocolError::Unknown(name.to_owned())),
        }
    }

    /// The protocol of a profile.
    ///
    /// # Errors
    /// If the profile has faults, needs other files, or begins with a request that a project cannot send.
    pub fn of_profile(file: &Path) -> Result<Self, ProtocolError> {
        let read = profile::read(file)?;
        let text = std::fs::read_to_string(file).map_err(|source| ProfileError::Unreadable {
            path: file.to_owned(),
            source,
        })?;
        let table: toml::Table = text.parse().unwrap_or_default();
        if names_files(&toml::Value::Table(table)) {
            return Err(ProtocolError::NamesFiles(file.to_owned()));
        }
        let request = FirstRequest::of(&read).map_err(|source| ProtocolError::Request {
            path: file.to_owned(),
            source,
        })?;
        Ok(Self::Own {
            profile: text,
            request: Box::new(request),
        })
    }

    /// The text of the project's profile.
    pub(super) fn profile(&self) -> &str {
        let built_in = |name| built_in_source(name).expect("the built-in profiles have it");
        match self {
            Self::Minimal => built_in("minimal"),
            Self::CarrierJson => built_in("carrier-json"),
            Self::Own { profile, .. } => profile,
        }
    }

    /// Whether the author has to complete the decision.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Self::Own { .. })
    }
}

/// Whether a profile refers to files of its folder.
fn names_files(profile: &toml::Value) -> bool {
    let has = |name| profile.get(name).is_some();
    let plugin_files = profile.get("plugin").and_then(|plugin| plugin.get("files"));
    has("allow") || has("ca") || plugin_files.is_some() || has_body_file(profile)
}

fn has_body_file(value: &toml::Value) -> bool {
    match value {
        toml::Value::Table(table) => table
            .iter()
            .any(|(key, value)| key == "body-file" || has_body_file(value)),
        toml::Value::Array(list) => list.iter().any(has_body_file),
        _ => false,
    }
}

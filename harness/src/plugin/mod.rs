//! What a plugin is: a library file, or a crate folder that is built first.
//!
//! The plugin is read here, never loaded: only a worker loads it.

pub mod build;
pub mod copy;
pub mod inspect;

use std::path::{Path, PathBuf};

use inspect::Inspection;

/// A plugin that is there to be examined.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// As it was named on the command line.
    pub name: String,
    /// The library, absolute.
    pub library: PathBuf,
    /// What the file says.
    pub inspection: Inspection,
    /// The protocol that its crate says it speaks.
    pub protocol: Option<String>,
}

/// Why there is no plugin to examine.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The file or folder is not there or not readable.
    #[error("cannot read {path}; name a library file or the folder of a plugin's source")]
    Unreadable {
        /// As it was named.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It could not be built.
    #[error(transparent)]
    Build(#[from] build::BuildError),
    /// The file could not be read.
    #[error(transparent)]
    Inspect(#[from] inspect::InspectError),
}

impl Plugin {
    /// Finds the plugin that the argument names; a folder is built first.
    ///
    /// Building starts processes but no thread, so that a namespace can be
    /// entered afterwards.
    pub fn find(argument: &Path) -> Result<Self, PluginError> {
        let unreadable = |source| PluginError::Unreadable {
            path: argument.to_owned(),
            source,
        };
        let metadata = std::fs::metadata(argument).map_err(unreadable)?;
        let built = if metadata.is_dir() {
            build::build(argument)?
        } else {
            build::Built {
                library: argument.to_owned(),
                protocol: None,
            }
        };
        let library = built.library.canonicalize().map_err(unreadable)?;
        Ok(Self {
            name: argument.display().to_string(),
            inspection: inspect::inspect(&library)?,
            protocol: built.protocol,
            library,
        })
    }
}

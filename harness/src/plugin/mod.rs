//! What a plugin is: a library file, or a crate folder that is built first.
//!
//! The plugin is read here, never loaded: loading is the worker's business.

pub mod build;
pub mod copy;
pub mod inspect;
pub mod load;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

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
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Why there is no plugin to examine.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The file or folder is not there or not readable.
    #[error("cannot read {path}: {source}; name a library file or the folder of a plugin's crate")]
    Unreadable {
        /// As it was named.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It could not be built.
    #[error(transparent)]
    Build(#[from] build::BuildError),
    /// The file could not be read as a library.
    #[error(transparent)]
    Inspect(#[from] inspect::InspectError),
}

impl Plugin {
    /// Finds the plugin that the argument names; a crate folder is built first.
    ///
    /// Building starts processes but no thread, so that a namespace can be
    /// entered afterwards.
    pub fn find(argument: &Path) -> Result<Self, PluginError> {
        let unreadable = |source| PluginError::Unreadable { path: argument.to_owned(), source };
        let metadata = std::fs::metadata(argument).map_err(unreadable)?;
        let library = if metadata.is_dir() { build::build(argument)? } else { argument.to_owned() };
        let library = library.canonicalize().map_err(unreadable)?;
        let bytes = std::fs::read(&library).map_err(unreadable)?;
        Ok(Self {
            name: argument.display().to_string(),
            inspection: inspect::inspect(&library)?,
            sha256: hexadecimal(&Sha256::digest(&bytes)),
            library,
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

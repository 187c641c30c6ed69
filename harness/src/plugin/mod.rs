//! A plugin: a library file, or a source folder that is built first.
//!
//! The plugin is read here, never loaded: only a worker loads it.

pub mod build;
pub mod copy;
pub mod identity;
pub mod inspect;
pub mod lacking;
pub mod signature;

use std::io;
use std::path::{Path, PathBuf};

use inspect::Inspection;

use crate::profile::FILE_NAME;

/// A plugin to be tested.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// As it was named on the command line.
    pub name: String,
    /// The absolute path of the library.
    pub library: PathBuf,
    pub inspection: Inspection,
    /// The profile that its crate names, or that lies beside it.
    pub profile: Option<ProfileName>,
}

/// How a plugin names its profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileName {
    /// A built-in one.
    BuiltIn(String),
    File(PathBuf),
}

/// Why there is no plugin to test.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The file or folder does not exist or is not readable.
    #[error(
        "a plugin is loaded from a file, and cannot be read from standard input: save it, and name the file"
    )]
    StandardInput,
    #[error("cannot read {path}; name a library file or the folder of a plugin's source")]
    Unreadable {
        /// As it was named on the command line.
        path: PathBuf,
        source: std::io::Error,
    },
    /// The source could not be built.
    #[error(transparent)]
    Build(#[from] build::BuildError),
    /// The file could not be read.
    #[error(transparent)]
    Inspect(#[from] inspect::InspectError),
}

impl Plugin {
    /// Finds the plugin of a command-line argument; a folder is built first, a crate with that
    /// cargo profile or else the one that the plugin is shipped with.
    ///
    /// Building starts processes but no thread, so that a namespace can be
    /// entered afterwards.
    pub fn find(argument: &Path, cargo_profile: Option<&str>) -> Result<Self, PluginError> {
        let unreadable = |source| PluginError::Unreadable {
            path: argument.to_owned(),
            source,
        };
        if argument == Path::new("-") {
            return Err(PluginError::StandardInput);
        }
        let metadata = std::fs::metadata(argument).map_err(unreadable)?;
        let built = if metadata.is_dir() {
            build::build(argument, cargo_profile)?
        } else {
            build::Built {
                library: argument.to_owned(),
                profile: None,
            }
        };
        let library = canonical(&built.library).map_err(unreadable)?;
        Ok(Self {
            name: argument.display().to_string(),
            inspection: inspect::inspect(&library)?,
            profile: built
                .profile
                .or_else(|| beside(argument, metadata.is_dir())),
            library,
        })
    }
}

/// The absolute path without links.
fn canonical(path: &Path) -> io::Result<PathBuf> {
    let path = path.canonicalize()?;
    // Windows's own form of it, `\\?\C:\…`, is read by few programs and by no one with ease.
    let plain = path.to_str().and_then(|path| path.strip_prefix(r"\\?\"));
    Ok(match plain {
        Some(plain) if cfg!(windows) && !plain.starts_with("UNC") && plain.len() < LONGEST => {
            PathBuf::from(plain)
        }
        _ => path,
    })
}

/// The longest path in bytes that all programs for Windows take in the usual form.
const LONGEST: usize = 248;

/// The profile in a plugin's source folder, or beside its library.
fn beside(argument: &Path, is_folder: bool) -> Option<ProfileName> {
    let folder = if is_folder {
        argument
    } else {
        argument.parent()?
    };
    let file = folder.join(FILE_NAME);
    file.is_file().then_some(ProfileName::File(file))
}

//! Reads whole files, up to a length that no library has.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest file that is read, in bytes. It is held in memory, once for each plugin.
const MAX_BYTES: u64 = 1 << 30;

/// Why a file could not be inspected.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The file could not be read.
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The path is a folder.
    #[error("{0} is a folder; name a library file in it")]
    Folder(PathBuf),
    /// The path is not a regular file: reading a pipe or a device might not end.
    #[error("{0} is not a regular file")]
    NotAFile(PathBuf),
    /// The file is longer than any library.
    #[error(
        "{path} has {size} bytes; a library file of at most {MAX_BYTES} bytes (1 GiB) is expected"
    )]
    TooLong {
        path: PathBuf,
        /// The length in bytes; at least that, if the file grows while it is read.
        size: u64,
    },
    /// Its signature is asked for, but the file is empty.
    #[error("the file is empty: {0}; a library for Windows (PE) is expected")]
    Empty(PathBuf),
    /// Its signature is asked for, but only libraries for Windows contain one.
    #[error("{0} is no library for Windows (PE); other formats contain no signature")]
    NotPe(PathBuf),
}

/// The contents of a regular file.
///
/// # Errors
///
/// The file cannot be read, is longer than [`MAX_BYTES`], or is not a regular file.
pub(in crate::plugin) fn read(path: &Path) -> Result<Vec<u8>, InspectError> {
    let unreadable = |source| InspectError::Read {
        path: path.to_owned(),
        source,
    };
    let too_long = |size| InspectError::TooLong {
        path: path.to_owned(),
        size,
    };
    // Before it is opened, since that waits for the other end of a pipe.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(InspectError::Folder(path.to_owned()));
    }
    if !metadata.is_file() {
        return Err(InspectError::NotAFile(path.to_owned()));
    }
    let size = metadata.len();
    if size > MAX_BYTES {
        return Err(too_long(size));
    }
    // One read for what is there, and one that finds the end. The file may grow meanwhile.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    match bytes.len() as u64 {
        length if length > MAX_BYTES => Err(too_long(length)),
        _ => Ok(bytes),
    }
}

//! The identity of a file, to notice that it was changed or replaced.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::inspect::{hash, read};

/// What changes when a file is written to or another one takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    size: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and the time of the last change, which no program can set.
    inode: Option<(u64, u64, i64, i64)>,
}

impl Identity {
    /// The identity of the file that has this path now. Links are followed.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            inode: inode(&metadata),
        })
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every system has inodes")]
fn inode(metadata: &Metadata) -> Option<(u64, u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((
        metadata.dev(),
        metadata.ino(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<(u64, u64, i64, i64)> {
    None
}

/// Whether the file has those contents.
pub fn has_contents(path: &Path, sha256: &str) -> bool {
    read(path).is_ok_and(|bytes| hash(&bytes) == sha256)
}

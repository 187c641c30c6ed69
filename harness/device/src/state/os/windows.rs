//! Files on Windows.

use std::fs::File;
use std::io;
use std::path::Path;

/// Creates a file with the access rights that the folder passes on; below a
/// user's profile those are the user's and the system's.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}

/// Does nothing: Windows cannot open a folder as a file, and NTFS keeps the
/// order of renames in its journal.
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

//! Writing a project's files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ProjectFile;

/// Why a project was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("{0} exists and is not empty; name another folder with --output")]
    NotEmpty(PathBuf),
    #[error("{0} is a file; name another folder with --output")]
    NotAFolder(PathBuf),
    #[error("cannot write {path}: {source}")]
    Unwritable { path: PathBuf, source: io::Error },
}

/// Writes the files into a folder that is absent or empty.
pub(super) fn write(files: &[ProjectFile], folder: &Path) -> Result<(), WriteError> {
    let unwritable = |path: &Path, source| WriteError::Unwritable {
        path: path.to_owned(),
        source,
    };
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => {}
        Ok(false) => return Err(WriteError::NotEmpty(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(WriteError::NotAFolder(folder.to_owned()));
        }
        Err(error) => return Err(unwritable(folder, error)),
    }
    for file in files {
        let path = folder.join(file.path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| unwritable(parent, error))?;
        fs::write(&path, &file.text).map_err(|error| unwritable(&path, error))?;
        if file.is_executable {
            make_executable(&path).map_err(|error| unwritable(&path, error))?;
        }
    }
    Ok(())
}

/// Everyone who may read it may execute it.
#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    fs::set_permissions(path, fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

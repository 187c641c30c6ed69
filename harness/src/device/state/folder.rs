//! The folder that keeps a device's state.
//!
//! The state is one file, replaced as a whole: written beside the old one,
//! flushed to the disk, renamed over it, and the folder flushed after. Whoever
//! kills the writer finds the state before or the state after. A lock on a file
//! of its own keeps a second writer out and ends with its process.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::State;

/// The form of the file; counted up when an older program could not read it.
const FORMAT: u32 = 1;
const STATE: &str = "device.json";
const NEW: &str = "device.json.new";
const LOCK: &str = "lock";

/// A device's folder, locked against other writers for as long as this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Held, not read: closing it gives the lock back.
    _lock: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error("{} is in use by another process; wait until that has ended", .0.display())]
    InUse(PathBuf),
    /// A newer program wrote it.
    #[error(
        "{} is of format {found} and this program knows formats up to {FORMAT}; \
         use the newer program that wrote it, or another folder", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// It was edited or damaged.
    #[error(
        "{} is not a device's state: {error}; mend it, or remove it to start with a new device",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        error: serde_json::Error,
    },
    /// The system refused.
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
}

#[derive(Serialize, Deserialize)]
struct Stored<S> {
    format: u32,
    device: S,
}

impl Folder {
    /// Opens a folder for one writer, making it if it is not there.
    ///
    /// # Errors
    /// Another process has it, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        fs::create_dir_all(path).map_err(io_error("make", path))?;
        let lock_path = path.join(LOCK);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(io_error("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(io_error("lock", &lock_path)(error)),
        }
    }

    /// The state; that of a new device if none was written yet.
    ///
    /// # Errors
    /// The file is of a newer format, damaged, or cannot be read.
    pub fn load(&self) -> Result<State, FolderError> {
        Self::peek(&self.path)
    }

    /// The state of a folder that somebody else may be writing to. Every write
    /// replaces the file as a whole, so this needs no lock.
    ///
    /// # Errors
    /// As [`Folder::load`].
    pub fn peek(folder: &Path) -> Result<State, FolderError> {
        let path = folder.join(STATE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            Err(error) => return Err(io_error("read", &path)(error)),
        };
        let unreadable = |error| FolderError::Unreadable {
            path: path.clone(),
            error,
        };
        // The number comes first: nothing else of a newer form has to make sense.
        let AnyFormat { format } = serde_json::from_slice(&text).map_err(unreadable)?;
        if format > FORMAT {
            return Err(FolderError::Newer {
                path,
                found: format,
            });
        }
        let stored: Stored<State> = serde_json::from_slice(&text).map_err(unreadable)?;
        Ok(stored.device)
    }

    /// Replaces the state. When this returns, the new state is on the disk.
    ///
    /// # Errors
    /// The system refuses; then the old state is still there.
    pub fn store(&mut self, state: &State) -> Result<(), FolderError> {
        let new = self.path.join(NEW);
        let stored = Stored {
            format: FORMAT,
            device: state,
        };
        let mut text = serde_json::to_vec_pretty(&stored)
            .map_err(|error| io_error("write", &new)(error.into()))?;
        text.push(b'\n');
        // A file that a killed writer left is overwritten; the lock is ours.
        File::create(&new)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .map_err(io_error("write", &new))?;
        let path = self.path.join(STATE);
        fs::rename(&new, &path).map_err(io_error("replace", &path))?;
        sync_folder(&self.path).map_err(io_error("flush", &self.path))
    }
}

/// A rename is on the disk once its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Windows cannot open a folder as a file; NTFS keeps the order of renames in its
/// journal.
#[cfg(windows)]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |error| FolderError::Io {
        action,
        path,
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_file(text: &str) -> (tempfile::TempDir, FolderError) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(STATE), text).unwrap();
        let error = Folder::open(folder.path()).unwrap().load().unwrap_err();
        (folder, error)
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a device");
        let mut state = State::default();
        assert_eq!(Folder::open(&path).unwrap().load().unwrap(), state);
        state.service.shown_before = true;
        state.network = Some(super::super::Network {
            ssid: "Télé".to_owned(),
            key: "12345678".to_owned(),
        });
        Folder::open(&path).unwrap().store(&state).unwrap();
        assert_eq!(Folder::peek(&path).unwrap(), state);
    }

    #[test]
    fn a_second_writer_is_told_to_wait() {
        let folder = tempfile::tempdir().unwrap();
        let first = Folder::open(folder.path()).unwrap();
        let error = Folder::open(folder.path()).unwrap_err();
        assert!(matches!(error, FolderError::InUse(_)));
        assert!(
            error
                .to_string()
                .ends_with("in use by another process; wait until that has ended")
        );
        drop(first);
        Folder::open(folder.path()).unwrap();
    }

    #[test]
    fn a_newer_format_is_refused_whatever_else_it_holds() {
        let (_folder, error) = state_file(r#"{"format": 7, "unheard": {"of": []}}"#);
        assert!(matches!(error, FolderError::Newer { found: 7, .. }));
        assert!(
            error
                .to_string()
                .contains("knows formats up to 1; use the newer program")
        );
    }

    #[test]
    fn a_damaged_state_is_told_with_its_place() {
        for text in [
            "",
            "{",
            r#"{"format": 1}"#,
            r#"{"format": 1, "device": {"colour": 1}}"#,
        ] {
            let (_folder, error) = state_file(text);
            assert!(error.to_string().contains("line 1 column"), "{error}");
        }
    }
}

//! The folder that keeps a device's state.
//!
//! The state is one file, replaced as a whole: written beside the old one,
//! flushed to the disk, renamed over it, and the folder flushed after. If the
//! writer is killed, the folder has the old or the new state. A lock on a file
//! of its own keeps a second writer out and ends with its process.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::State;
use super::os::{create_private, sync_folder};
use super::validate::first_violation;

/// The version of the file's format; increased when older programs cannot read it.
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
    /// Nothing was ever stored in it, or it is not there.
    #[error(
        "there is no device in {}: expected a folder with {STATE}; \
         check the path, or apply a document there, which makes one", .0.display()
    )]
    NoDevice(PathBuf),
    /// Another process has it.
    #[error("{} is in use by another process; wait until that has ended", .0.display())]
    InUse(PathBuf),
    /// A newer program wrote it.
    #[error(
        "{} is of format {found} and this program knows formats up to {FORMAT}; \
         use the newer program that wrote it, or another folder", path.display()
    )]
    Newer { path: PathBuf, found: u32 },
    /// It was edited or damaged.
    #[error(
        "{} is not a device's state: {error}; correct it, or remove it to start with a new device",
        path.display()
    )]
    Unreadable {
        path: PathBuf,
        /// What is wrong, with line and column.
        error: serde_json::Error,
    },
    /// It can be read, but its content is invalid.
    #[error(
        "{} is not a device's state: {fault}; correct it, or remove it to start with a new device",
        path.display()
    )]
    Impossible {
        path: PathBuf,
        /// What was found and what was expected.
        fault: String,
    },
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
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
        let grown = grown_by(path);
        fs::create_dir_all(path).map_err(io_error("make", path))?;
        for folder in grown {
            sync_folder(&folder).map_err(io_error("flush", &folder))?;
        }
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

    /// The files by which a folder is a device's.
    pub fn files(folder: &Path) -> [PathBuf; 3] {
        [STATE, NEW, LOCK].map(|name| folder.join(name))
    }

    /// The state; that of a new device if none was written yet.
    ///
    /// # Errors
    /// The file is of a newer format, damaged, invalid, or cannot be
    /// read.
    pub fn load(&self) -> Result<State, FolderError> {
        Ok(read(&self.path)?.unwrap_or_default())
    }

    /// The state of a folder that another process may be writing to. Every write
    /// replaces the file as a whole, so this needs no lock.
    ///
    /// # Errors
    /// As [`Folder::load`], and where there is no state.
    pub fn peek(folder: &Path) -> Result<State, FolderError> {
        read(folder)?.ok_or_else(|| FolderError::NoDevice(folder.to_owned()))
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
        create_secret(&new)
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

/// The state in a folder, if one was ever stored there.
fn read(folder: &Path) -> Result<Option<State>, FolderError> {
    let path = folder.join(STATE);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error("read", &path)(error)),
    };
    let unreadable = |error| FolderError::Unreadable {
        path: path.clone(),
        error,
    };
    let impossible = |fault| FolderError::Impossible {
        path: path.clone(),
        fault,
    };
    // The version comes first: the rest of a newer format may be unreadable.
    let AnyFormat { format } = serde_json::from_slice(&text).map_err(unreadable)?;
    if format > FORMAT {
        return Err(FolderError::Newer {
            path,
            found: format,
        });
    }
    if format == 0 {
        let fault = format!("its format is 0; expected a format from 1 to {FORMAT}");
        return Err(impossible(fault));
    }
    let stored: Stored<State> = serde_json::from_slice(&text).map_err(unreadable)?;
    match first_violation(&stored.device) {
        Some(fault) => Err(impossible(fault)),
        None => Ok(Some(stored.device)),
    }
}

/// The folders that get a new entry where this one is made with all that lead to
/// it, the outermost first.
fn grown_by(path: &Path) -> Vec<PathBuf> {
    let missing = path
        .ancestors()
        .take_while(|one| !one.as_os_str().is_empty() && !one.exists());
    let mut grown: Vec<PathBuf> = missing
        .filter_map(Path::parent)
        .map(|parent| match parent.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => parent.to_owned(),
        })
        .collect();
    grown.reverse();
    grown
}

/// A new file for its owner alone, since passwords and keys are among settings. One
/// that a killed writer left is not written to: others may be able to read it.
fn create_secret(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create_private(path)
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
    fn a_second_writer_has_to_wait() {
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
    fn only_a_writer_starts_with_a_new_device() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("gone")] {
            let error = Folder::peek(&path).unwrap_err();
            assert!(matches!(error, FolderError::NoDevice(_)));
            let told = error.to_string();
            assert!(told.contains(&path.display().to_string()), "{told}");
            assert!(told.contains("apply a document"), "{told}");
        }
        let state = Folder::open(folder.path()).unwrap().load().unwrap();
        assert_eq!(state, State::default());
    }

    #[test]
    fn every_folder_that_gets_a_new_entry_is_flushed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(grown_by(root).is_empty());
        assert_eq!(grown_by(&root.join("a")), [root]);
        let deep = root.join("a/b/c");
        let grown = [root.to_owned(), root.join("a"), root.join("a/b")];
        assert_eq!(grown_by(&deep), grown);
        assert_eq!(grown_by(Path::new("no such device")), [Path::new(".")]);
        Folder::open(&deep).unwrap();
        assert!(grown_by(&deep).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_state_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        // What an earlier writer left can be readable by all.
        for left in [NEW, STATE] {
            let left = folder.path().join(left);
            fs::write(&left, "").unwrap();
            fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let reader = File::open(folder.path().join(NEW)).unwrap();
        let mut opened = Folder::open(folder.path()).unwrap();
        opened.store(&State::default()).unwrap();
        let stored = fs::metadata(folder.path().join(STATE)).unwrap();
        assert_eq!(stored.permissions().mode() & 0o777, 0o600);
        let seen = io::read_to_string(reader).unwrap();
        assert_eq!(seen, "", "a reader of the old file sees nothing of the new");
    }

    #[test]
    fn what_no_device_can_have_is_refused_with_its_name() {
        for (text, fault) in [
            (
                r#"{"format": 0, "device": {}}"#,
                "its format is 0; expected a format from 1 to 1",
            ),
            (
                r#"{"format": 1, "device": {"settings": {"HotSpot": {"parms": {"MaxUsers": "99"}}}}}"#,
                "HotSpot/MaxUsers is `99`; expected a whole number of users from 1 to 8",
            ),
            (
                r#"{"format": 1, "device": {"settings": {"HotSpot": {"parms": {"Enabled": "TRUE"}}}}}"#,
                "HotSpot/Enabled is `TRUE`; expected it written as `true`",
            ),
            (
                r#"{"format": 1, "device": {"settings": {"HotSpot": {"parms": {"MaxUser": "5"}}}}}"#,
                "HotSpot has no parm `MaxUser`; write `MaxUsers`",
            ),
            (
                r#"{"format": 1, "device": {"settings": {"HotSpot": {"groups": {"a": {}}}}}}"#,
                "HotSpot has the entry `a`; expected parms alone",
            ),
            (
                r#"{"format": 1, "device": {"settings": {"Hotspot": {}}}}"#,
                "no provider is called `Hotspot`; write `HotSpot`",
            ),
            (
                r#"{"format": 1, "device": {"settings": {"CM_CellularEntries": {"parms": {"Version": "1"}}}}}"#,
                "CM_CellularEntries has the parm `Version` outside of an entry; expected entries alone",
            ),
            (
                r#"{"format": 1, "device": {"settings": {"CM_CellularEntries": {"groups": {"a": {"parms": {"TetheringNAI": "2"}}}}}}}"#,
                "CM_CellularEntries/a/TetheringNAI is `2`; expected 0 or 1",
            ),
            (
                r#"{"format": 1, "device": {"settings": {"CM_CellularEntries": {"groups": {"a": {"groups": {"b": {}}}}}}}}"#,
                "CM_CellularEntries/a has the entry `b`; expected parms alone",
            ),
            (
                r#"{"format": 1, "device": {"pending": [{"provider": "HotSpot", "node": "MaxUser", "in_effect": null, "until": "reboot"}]}}"#,
                "HotSpot has no parm `MaxUser`; write `MaxUsers`",
            ),
            (
                r#"{"format": 1, "device": {"pending": [{"provider": "HotSpot", "node": "PeerlessTimeout", "in_effect": "0", "until": "reboot"}]}}"#,
                "HotSpot/PeerlessTimeout is `0`; expected a whole number of minutes from",
            ),
        ] {
            let (_folder, error) = state_file(text);
            let told = error.to_string();
            assert!(told.contains(STATE), "{told}");
            assert!(told.contains(fault), "{fault}: {told}");
        }
        // A newer device may have more nodes for a connection than are known here.
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"format": 1, "device": {"settings": {"CM_CellularEntries": {"groups": {"a": {"parms": {"Preferred": "gprs"}}}}}}}"#;
        fs::write(folder.path().join(STATE), text).unwrap();
        Folder::peek(folder.path()).unwrap();
    }

    #[test]
    fn a_damaged_state_is_reported_with_its_place() {
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

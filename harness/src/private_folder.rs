//! The private folder of a command, which is removed with it.
//!
//! A command that is killed leaves its folder. The next command finds it by its name, its owner and its lock, which
//! the kernel releases with the process: a folder whose lock is held is in use and left alone.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// What the names of private folders begin with. A plugin sees the name, and learns nothing of the harness from it.
const PREFIX: &str = "entitlement-";

/// How many letters and digits follow.
const SUFFIX: usize = 6;

/// The file that is locked while the folder is in use.
const LOCK: &str = ".lock";

/// A private folder. Dropping it removes it.
#[derive(Debug)]
pub struct PrivateFolder {
    folder: TempDir,
    /// Released after the folder is removed.
    _lock: File,
}

impl PrivateFolder {
    /// Creates a folder in the system's temporary folder, and removes those that killed commands left there.
    ///
    /// # Errors
    /// If it cannot be created. What cannot be removed is left.
    pub fn new() -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).rand_bytes(SUFFIX);
        // Other users have no business in it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(parent)?;
        let unlocked = folder.path().join(".unlocked");
        let lock = File::create_new(&unlocked)?;
        lock.lock()?;
        // Now that it is locked, it may be found.
        fs::rename(unlocked, folder.path().join(LOCK))?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the private folders in `parent` that no process uses.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let named = entry.file_name().to_str().is_some_and(is_ours);
        if !named || !fs::symlink_metadata(&path).is_ok_and(|it| it.is_dir() && is_private(&it)) {
            continue;
        }
        let lock = path.join(LOCK);
        if !fs::symlink_metadata(&lock).is_ok_and(|it| it.is_file()) {
            continue;
        }
        let Ok(lock) = File::open(lock) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            make_writable(&path);
            // What is left now is tried again by the next command.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_ours(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|rest| {
        rest.len() == SUFFIX && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Whether this user made it, for no one else.
#[cfg(unix)]
fn is_private(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_private(_: &Metadata) -> bool {
    true
}

/// Makes folders in a private folder writable, so that they can be removed: some runs load from a read-only one.
fn make_writable(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            set_writable(&entry.path());
            make_writable(&entry.path());
        }
    }
}

#[cfg(unix)]
fn set_writable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
}

#[cfg(not(unix))]
fn set_writable(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_command_left_is_removed_and_nothing_else() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let used = PrivateFolder::new_in(parent.path()).expect("created");
        // Killed: the folder stays, and the lock is released.
        let killed = PrivateFolder::new_in(parent.path()).expect("created");
        let left = killed.folder.keep();
        let inner = left.join("plugin-1/odd");
        fs::create_dir_all(&inner).expect("created");
        fs::write(inner.join("file"), "").expect("written");
        let mut read_only = fs::metadata(&inner).expect("read").permissions();
        read_only.set_readonly(true);
        fs::set_permissions(&inner, read_only).expect("set");
        drop(killed._lock);
        let others = ["entitlement-abc", "entitlement-notes1", "other-abcdef"];
        for name in others {
            fs::create_dir(parent.path().join(name)).expect("created");
        }

        let next = PrivateFolder::new_in(parent.path()).expect("created");
        assert!(!left.exists(), "a killed command's folder is left");
        assert!(used.path().exists(), "a folder in use was removed");
        for name in others {
            assert!(parent.path().join(name).exists(), "{name} is not ours");
        }
        drop((used, next));
        let left = fs::read_dir(parent.path()).expect("read").count();
        assert_eq!(left, others.len());
    }
}

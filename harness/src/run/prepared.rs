//! One plugin in a test bed, with the folders that its runs use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Conditions, TestBedError};
use crate::plugin::Plugin;
use crate::plugin::copy::{self, Copy};
use crate::plugin::identity::{self, Identity};
use crate::testbed::containment::Containment;
use crate::testbed::servers::Servers;

/// One plugin in a test bed: its private folder, the copy that most runs load,
/// and the servers of its profile.
pub struct PreparedPlugin<'a> {
    pub(super) plugin: &'a Plugin,
    pub(super) conditions: Conditions,
    pub(super) servers: Arc<Servers>,
    pub(super) folder: tempfile::TempDir,
    pub(super) usual: Copy,
    /// The plugin as the usual copy, of which further copies are made.
    pub(super) source: Plugin,
    /// The identity of the usual copy.
    pub(super) identity: Identity,
    pub(super) counter: AtomicUsize,
}

impl PreparedPlugin<'_> {
    /// Checks that the plugin's runs loaded the bytes that were inspected.
    ///
    /// # Errors
    /// If the file that they loaded was changed or replaced.
    pub fn verify(&self) -> Result<(), TestBedError> {
        self.check_unchanged()?;
        if identity::has_contents(&self.usual.library, &self.plugin.inspection.sha256) {
            Ok(())
        } else {
            Err(self.changed())
        }
    }

    pub(super) fn check_unchanged(&self) -> Result<(), TestBedError> {
        match Identity::of(&self.usual.library) {
            Ok(now) if now == self.identity => Ok(()),
            Ok(_) | Err(_) => Err(self.changed()),
        }
    }

    fn changed(&self) -> TestBedError {
        TestBedError::Changed(self.plugin.library.clone())
    }

    /// The path of the original library, not of its copy.
    pub fn library(&self) -> &Path {
        &self.plugin.library
    }

    /// What lies beside the plugin and did not move with it, if anything.
    pub fn left_out(&self) -> Option<String> {
        let left_out = self.usual.left_out;
        (left_out > 0).then(|| {
            format!(
                "{left_out} files or folders beside it were not moved with it ({})",
                copy::LIMITS
            )
        })
    }
}

impl Drop for PreparedPlugin<'_> {
    /// Makes read-only folders writable, so that they can be removed.
    fn drop(&mut self) {
        for entry in std::fs::read_dir(self.folder.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            copy::make_writable(&entry.path());
        }
    }
}

/// The folder that a run may write to where it has no view of the file system of its own. It is removed with the run,
/// so that no run sees what another one left.
pub(super) struct OwnFolder(pub(super) PathBuf);

impl OwnFolder {
    pub(super) fn new(prepared: &PreparedPlugin<'_>) -> std::io::Result<Self> {
        let number = prepared.counter.fetch_add(1, Ordering::Relaxed);
        let path = prepared.folder.path().join(format!("own-{number}"));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// The variables that lead to it.
    pub(super) fn variables(&self, containment: &Containment) -> BTreeMap<String, String> {
        if containment.home().is_some() {
            return BTreeMap::new();
        }
        let own = self.0.display().to_string();
        let names = ["HOME", "TMPDIR"].map(str::to_owned);
        names.into_iter().map(|name| (name, own.clone())).collect()
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        // What cannot be removed now is removed with the plugin's private folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

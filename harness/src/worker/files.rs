//! Lists the files in the folders that a run may write to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::testbed::containment::Containment;

/// How many files are listed, and how deep folders are entered.
const MAX_FILES: usize = 4096;
const MAX_DEPTH: usize = 6;

/// The folders that only this run can write to.
#[derive(Debug, Default)]
pub(super) struct PrivateFolders {
    folders: Vec<PathBuf>,
    /// What others see too; it is not entered.
    shared: Vec<PathBuf>,
}

impl PrivateFolders {
    /// The folders of a run's containment. Without a containment there are none: other programs write to the machine's.
    pub(super) fn of(containment: Option<&Containment>) -> Self {
        let Some(containment) = containment else {
            return Self::default();
        };
        match &containment.view {
            Some(view) => Self {
                folders: view.hidden.clone(),
                shared: view.visible.clone(),
            },
            None => Self {
                folders: containment.writable.clone(),
                shared: Vec::new(),
            },
        }
    }

    /// The same without these folders and files.
    #[cfg(target_os = "linux")]
    pub(super) fn without(mut self, left_out: impl IntoIterator<Item = PathBuf>) -> Self {
        self.shared.extend(left_out);
        self
    }

    /// The same with these folders, also where they are in one that is left out.
    #[cfg(target_os = "linux")]
    pub(super) fn with(mut self, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        self.folders.extend(folders);
        self
    }

    /// The files and empty folders in them.
    pub(super) fn list(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        for folder in &self.folders {
            self.add(folder, 0, &mut files);
        }
        files
    }

    fn add(&self, folder: &Path, depth: usize, files: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if files.len() >= MAX_FILES || self.shared.contains(&path) {
                continue;
            }
            let listed = files.len();
            // A link is not followed.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && depth < MAX_DEPTH {
                self.add(&path, depth + 1, files);
            }
            let holds_shared = is_folder && self.shared.iter().any(|it| it.starts_with(&path));
            if files.len() == listed && !holds_shared {
                files.insert(path.display().to_string());
            }
        }
    }
}

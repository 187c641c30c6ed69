//! What a plugin may see and change of the machine, as data.
//!
//! The isolation says once which folders are hidden. Each run adds what its plugin needs, and the run's supervisor
//! applies the result to itself before the plugin is loaded (`linux/containment.rs`).

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The containment of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Containment {
    /// The run's own view of the file system; none where the process has no mount namespace.
    pub(crate) view: Option<View>,
    /// The folders that the plugin may write to, where the kernel can restrict that.
    pub(crate) writable: Vec<PathBuf>,
    /// Whether it may make sockets that have a path.
    #[serde(default)]
    pub(crate) unix_sockets: bool,
    /// Whether it may execute code for another word size, whose system calls have other numbers.
    #[serde(default)]
    pub(crate) other_word_size: bool,
}

/// A view of the file system in which everything is read-only but some empty folders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct View {
    /// Folders that are covered by empty ones, which only this run has.
    pub(crate) hidden: Vec<PathBuf>,
    /// What is visible inside the hidden folders nevertheless, read-only.
    pub(crate) visible: Vec<PathBuf>,
    /// The home folder: one of the hidden ones.
    pub(crate) home: PathBuf,
    /// Files of the system that others stand in for, and their contents.
    #[serde(default)]
    pub(crate) replaced: Vec<(PathBuf, String)>,
}

impl View {
    /// Adds what a plugin needs, unless that would show a whole hidden folder.
    pub(crate) fn show(&mut self, path: &Path) {
        let within = |hidden: &PathBuf| path.starts_with(hidden) && path != hidden;
        let whole = self.hidden.iter().any(|hidden| hidden.starts_with(path));
        let shown = self.visible.iter().any(|shown| path.starts_with(shown));
        if !whole && !shown && self.hidden.iter().any(within) {
            self.visible.push(path.to_owned());
        }
    }
}

impl Containment {
    /// Makes a file or folder visible to the run, read-only.
    pub fn show(&mut self, path: &Path) {
        if let Some(view) = &mut self.view {
            view.show(path);
        }
    }

    /// Has the run see another content of a file of the system.
    pub fn replace(&mut self, path: &Path, content: String) {
        if let Some(view) = &mut self.view {
            view.replaced.push((path.to_owned(), content));
        }
    }

    /// Permits sockets that have a path. Without them, a plugin cannot use the services of this machine; with them, it can use
    /// those whose sockets are in no hidden folder.
    pub fn allow_unix_sockets(&mut self) {
        self.unix_sockets = true;
    }

    /// Permits code for another word size than the harness's. System calls are not restricted then, since a restriction is
    /// made for one word size and ends a process of another one.
    pub fn allow_other_word_size(&mut self) {
        self.other_word_size = true;
    }

    /// The home folder of the run, where it has one of its own.
    pub fn home(&self) -> Option<&Path> {
        self.view.as_ref().map(|view| view.home.as_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_folder_is_never_shown_as_a_whole() {
        let mut view = View {
            hidden: vec!["/tmp".into(), "/home".into()],
            ..View::default()
        };
        // The last is visible with the folder before it.
        for path in [
            "/tmp",
            "/",
            "/usr/lib",
            "/tmp/a",
            "/home/user/b",
            "/tmp/a/c",
        ] {
            view.show(Path::new(path));
        }
        assert_eq!(
            view.visible,
            [PathBuf::from("/tmp/a"), PathBuf::from("/home/user/b")]
        );
    }
}

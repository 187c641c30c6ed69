//! Wine on this machine, as data: what the runs of a plugin for Windows need on another system.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How to install what the examination of a DLL needs.
pub const INSTALL: &str =
    "apt-get install wine wine64 libgnutls30 gcc-mingw-w64-x86-64 (Debian, Ubuntu)";

/// An installed Wine, and what was made for it in the user's cache folder. Runs share it, and change nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wine {
    /// Its version, such as `8.0`.
    pub version: String,
    /// The program that loads Windows programs.
    pub(super) loader: PathBuf,
    /// The prefix that each run has a copy of.
    pub(super) template: PathBuf,
    /// The folder with the Windows programs of a run.
    pub(super) programs: PathBuf,
    /// The folder with Wine's own libraries.
    pub(super) libraries: PathBuf,
}

/// Why Windows plugins cannot be run here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoWine(pub(super) String);

impl Wine {
    /// Finds Wine, and makes what its runs need unless the cache folder has it already. That takes some seconds; `tell` is
    /// called before it begins.
    ///
    /// # Errors
    /// What is missing, and how to install it, or what failed.
    pub fn find(tell: &dyn Fn(&str)) -> Result<Self, NoWine> {
        super::os::find_wine(tell)
    }

    /// Those of the libraries that Wine lacks, unless they are beside the plugin.
    pub fn lacks<'a>(
        &self,
        needed: &'a [String],
        beside: Option<&std::path::Path>,
    ) -> Vec<&'a str> {
        let has = |name: &str| {
            let name = name.to_ascii_lowercase();
            // These names stand for others, which the loader knows.
            name.starts_with("api-ms-win-")
                || name.starts_with("ext-ms-")
                || self.libraries.join(&name).is_file()
                || self.programs.join(&name).is_file()
                || beside.is_some_and(|folder| has_file(folder, &name))
        };
        let names = needed.iter().map(String::as_str);
        names.filter(|name| !has(name)).collect()
    }
}

/// Whether a folder has a file of that name, in whatever case.
fn has_file(folder: &std::path::Path, name: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().to_ascii_lowercase())
        .any(|other| other == name)
}

impl fmt::Display for Wine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Wine {}", self.version)
    }
}

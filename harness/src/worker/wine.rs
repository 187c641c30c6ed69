//! Wine on this machine, as data: what the runs of a plugin for Windows need on another system.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How to install what the examination of a DLL needs.
pub const INSTALL: &str =
    "apt-get install wine wine64 libgnutls30 gcc-mingw-w64-x86-64 (Debian, Ubuntu)";

/// A library of Windows that runs have though Wine lacks it before version 10: Rust's standard library imports it.
pub const SUPPLIED: &str = "bcryptprimitives.dll";

/// The system's libraries with HTTP or TLS, which are Wine's own ones there.
pub(super) const STACK: &[&str] = &[
    "winhttp.dll",
    "wininet.dll",
    "urlmon.dll",
    "secur32.dll",
    "schannel.dll",
];

/// Processes that Windows starts by itself for one that has a console.
const OF_WINDOWS: &[&str] = &["conhost.exe"];

/// Processes that Wine starts by itself, some of them as children of the one that first needs them.
const OF_WINE: &[&str] = &[
    "explorer.exe",
    "plugplay.exe",
    "rpcss.exe",
    "services.exe",
    "start.exe",
    "svchost.exe",
    "wineboot.exe",
    "winedbg.exe",
    "winedevice.exe",
];

/// Whether the system, which is Wine or not, starts that program by itself.
pub(super) fn starts_by_itself(program: &str, is_wine: bool) -> bool {
    let of_wine = if is_wine { OF_WINE } else { &[] };
    let mut names = OF_WINDOWS.iter().chain(of_wine);
    names.any(|name| name.eq_ignore_ascii_case(program))
}

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

/// What a plugin for Windows is run by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowsKind<'a> {
    /// Windows itself.
    Windows,
    /// Wine of that version, such as `8.0`.
    Wine(&'a str),
}

impl WindowsKind<'static> {
    /// What this program runs on; none on another system.
    pub fn own() -> Option<Self> {
        cfg!(windows).then(|| super::os::wine_version().map_or(Self::Windows, Self::Wine))
    }
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

    /// The folders with the libraries of Windows that a plugin finds.
    pub fn libraries(&self) -> [&Path; 2] {
        [&self.libraries, &self.programs]
    }

    /// The folder with the libraries of an installed Wine, if there is one. Nothing is made for it.
    pub fn installed_libraries() -> Option<PathBuf> {
        super::os::wine_libraries()
    }
}

impl fmt::Display for Wine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Wine {}", self.version)
    }
}

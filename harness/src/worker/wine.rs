//! Wine on this machine, as data: what the runs of a plugin for Windows need on another system.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How to install what the examination of a DLL needs.
pub const INSTALL: &str =
    "apt-get install wine wine64 libgnutls30 gcc-mingw-w64-x86-64 (Debian, Ubuntu)";

/// How to install what the examination of a DLL for 32-bit x86 needs besides.
pub const INSTALL_32: &str = "dpkg --add-architecture i386 && apt-get update && apt-get install wine32:i386 libgnutls30:i386 gcc-mingw-w64-i686 (Debian, Ubuntu)";

/// A library of Windows that runs have though Wine lacks it before version 10: Rust's standard library imports it.
pub const SUPPLIED: &str = "bcryptprimitives.dll";

/// What Wine starts in each run before the plugin is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum WineBoot {
    /// The services that list network interfaces, so that a plugin that asks Windows whether it is connected hears yes.
    #[default]
    Nsi,
    /// No service. Each run is shorter, and Windows has no network interfaces to list.
    Stub,
}

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
    /// What plugins for 32-bit x86 need, if that is installed.
    pub(super) x86: Option<X86>,
    /// Whether the plugin is one.
    pub(super) is_for_x86: bool,
    /// What is started in each run.
    pub(super) boot: WineBoot,
    /// The proxy that the user has set in the Internet settings, if any.
    pub(super) proxy: Option<String>,
}

/// What runs of plugins for 32-bit x86 use in the place of what others use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct X86 {
    pub(super) programs: PathBuf,
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

    /// The same, with something else started in each run.
    #[must_use]
    pub fn with_boot(self, boot: WineBoot) -> Self {
        Self { boot, ..self }
    }

    /// The same with a proxy in the user's Internet settings.
    #[must_use]
    pub fn with_proxy(self, proxy: &str) -> Self {
        Self {
            proxy: Some(proxy.to_owned()),
            ..self
        }
    }

    /// What is started in each run.
    pub fn boot(&self) -> WineBoot {
        self.boot
    }

    /// The same for a plugin for 32-bit x86, if Wine for that is installed.
    #[must_use]
    pub fn for_x86(self) -> Option<Self> {
        self.x86.is_some().then_some(Self {
            is_for_x86: true,
            ..self
        })
    }

    /// Whether it runs plugins for 32-bit x86, too.
    pub fn runs_x86(&self) -> bool {
        self.x86.is_some()
    }

    /// The folders with the libraries of Windows that a plugin finds.
    pub fn libraries(&self) -> [&Path; 2] {
        match self.x86.as_ref().filter(|_| self.is_for_x86) {
            Some(x86) => [&x86.libraries, &x86.programs],
            None => [&self.libraries, &self.programs],
        }
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

//! Finds Wine on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{cache, programs, template};
use crate::worker::wine::{INSTALL, NoWine, Wine, WineBoot, X86};

/// Where distributions have the program that loads 64-bit Windows programs. The `wine` in the search path is often a
/// script that also wants the 32-bit one.
const LOADERS: &[&str] = &[
    "/usr/lib/wine/wine64",
    "/usr/lib64/wine/wine64",
    "/usr/bin/wine64",
    "/usr/bin/wine64-stable",
    "/opt/wine-stable/bin/wine64",
    "/opt/wine-devel/bin/wine64",
];

/// Where Wine's 64-bit Windows libraries may be.
const LIBRARIES: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows",
    "/usr/lib/wine/x86_64-windows",
    "/usr/lib64/wine/x86_64-windows",
    "/opt/wine-stable/lib64/wine/x86_64-windows",
    "/opt/wine-stable/lib/wine/x86_64-windows",
    "/opt/wine-devel/lib64/wine/x86_64-windows",
    "/opt/wine-devel/lib/wine/x86_64-windows",
];

/// Where Wine's 32-bit Windows libraries may be.
const LIBRARIES_32: &[&str] = &[
    "/usr/lib/i386-linux-gnu/wine/i386-windows",
    "/usr/lib/wine/i386-windows",
    "/opt/wine-stable/lib/wine/i386-windows",
    "/opt/wine-devel/lib/wine/i386-windows",
];

/// Folders with libraries of 64-bit systems.
const SYSTEM_LIBRARIES: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
];

/// Wine loads it by name when TLS is used for the first time, so that packages do not depend on it.
const TLS_LIBRARY: &str = "libgnutls.so.30";

/// See [`Wine::find`].
pub(in crate::worker) fn find(tell: &dyn Fn(&str)) -> Result<Wine, NoWine> {
    let missing = |what: &str| NoWine(format!("{what} is not installed: {INSTALL}"));
    if std::env::consts::ARCH != "x86_64" {
        return Err(NoWine(
            "Wine runs libraries for x86_64 on x86_64 only".to_owned(),
        ));
    }
    let loader = std::env::var_os("WINELOADER")
        .map(PathBuf::from)
        .into_iter()
        .chain(LOADERS.iter().map(PathBuf::from))
        .find(|path| path.is_file())
        .ok_or_else(|| missing("64-bit Wine"))?;
    let libraries = libraries().ok_or_else(|| missing("64-bit Wine"))?;
    if !SYSTEM_LIBRARIES
        .iter()
        .any(|folder| Path::new(folder).join(TLS_LIBRARY).exists())
    {
        return Err(missing("GnuTLS, which Wine's TLS needs,"));
    }
    let version = version(&loader)?;
    let cache = cache::folder()?;
    let programs = programs::make(&cache, tell)?;
    let x86 = x86(&loader, &cache, tell);
    let sources = template::Sources {
        loader: &loader,
        libraries: &libraries,
        libraries_32: x86.as_ref().map(|x86| x86.libraries.as_path()),
        version: &version,
        programs: &programs,
    };
    let template = template::make(&cache, &sources, tell)?;
    Ok(Wine {
        version,
        loader,
        template,
        programs,
        libraries,
        x86,
        is_for_x86: false,
        boot: WineBoot::default(),
        proxy: None,
    })
}

/// What plugins for 32-bit x86 need, if all of it is installed. Wine loads them by a program whose name lacks the number.
fn x86(loader: &Path, cache: &Path, tell: &dyn Fn(&str)) -> Option<X86> {
    let name = loader.file_name()?.to_str()?.strip_suffix("64")?;
    if !loader.with_file_name(name).is_file() {
        return None;
    }
    let mut folders = LIBRARIES_32.iter().map(PathBuf::from);
    let libraries = folders.find(|folder| folder.join("kernel32.dll").is_file())?;
    let programs = programs::make_32(cache, tell).ok()?;
    Some(X86 {
        programs,
        libraries,
    })
}

/// See [`Wine::installed_libraries`].
pub(in crate::worker) fn libraries() -> Option<PathBuf> {
    let mut folders = LIBRARIES.iter().map(PathBuf::from);
    folders.find(|folder| folder.join("kernel32.dll").is_file())
}

/// What `--version` prints, such as `wine-8.0 (Debian 8.0~repack-4)`, without the name and the package.
fn version(loader: &Path) -> Result<String, NoWine> {
    let text = output(loader, ["--version"])?;
    let first = text.split_whitespace().next().unwrap_or_default();
    Ok(first.strip_prefix("wine-").unwrap_or(first).to_owned())
}

/// What a program prints. It does not see the user's settings of Wine.
pub(super) fn output<A: AsRef<OsStr>>(
    program: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<String, NoWine> {
    let failed = |reason: String| NoWine(format!("{} does not run: {reason}", program.display()));
    let output = Command::new(program)
        .args(arguments)
        .env_remove("WINEPREFIX")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(failed(format!("{}: {}", output.status, errors.trim())))
    }
}

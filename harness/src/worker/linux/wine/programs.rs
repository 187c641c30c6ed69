//! The Windows programs of a run, compiled once from the sources that are part of this program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cache::{self, failed};
use super::install::output;
use crate::worker::wine::{INSTALL, NoWine, SUPPLIED, WineBoot};

/// The compilers.
const COMPILER: &str = "x86_64-w64-mingw32-gcc";
const COMPILER_32: &str = "i686-w64-mingw32-gcc";

/// The program that a plugin is loaded in. Its name tells a plugin nothing about the harness.
pub(super) const HOST: &str = "entitlement-host.exe";
/// Its parent.
pub(super) const GUARD: &str = "guard.exe";
/// What stands in for Wine's own program that sets up a prefix, and starts the services that list network interfaces.
const BOOT_NSI: &str = "boot-nsi.exe";
/// The same without services.
const BOOT_STUB: &str = "boot-stub.exe";

/// The program that stands in for Wine's own.
pub(super) fn boot(kind: WineBoot) -> &'static str {
    match kind {
        WineBoot::Nsi => BOOT_NSI,
        WineBoot::Stub => BOOT_STUB,
    }
}

/// The sources, by the name of their file.
const SOURCES: &[(&str, &str)] = &[
    ("host.c", include_str!("windows/host.c")),
    ("host.h", include_str!("windows/host.h")),
    ("state.c", include_str!("windows/state.c")),
    ("hidden.c", include_str!("windows/hidden.c")),
    ("keep.c", include_str!("windows/keep.c")),
    ("guard.c", include_str!("windows/guard.c")),
    ("boot.c", include_str!("windows/boot.c")),
    (
        "bcryptprimitives.c",
        include_str!("windows/bcryptprimitives.c"),
    ),
];

/// What is made of them: the options of the compiler for each program.
const PROGRAMS: &[(&str, &[&str])] = &[
    (
        HOST,
        &[
            "host.c",
            "state.c",
            "hidden.c",
            "keep.c",
            "-mwindows",
            "-lpsapi",
        ],
    ),
    (GUARD, &["guard.c", "-mwindows"]),
    (
        BOOT_NSI,
        &[
            "boot.c",
            "-DWITH_SERVICES",
            "-mwindows",
            "-nostdlib",
            "-Wl,-e,start",
            "-lntdll",
            "-lkernel32",
        ],
    ),
    (
        BOOT_STUB,
        &[
            "boot.c",
            "-mwindows",
            "-nostdlib",
            "-Wl,-e,start",
            "-lntdll",
            "-lkernel32",
        ],
    ),
    (SUPPLIED, &["bcryptprimitives.c", "-shared", "-ladvapi32"]),
];

/// Those that a plugin for 32-bit x86 needs besides: the others stay what they are.
const OF_32_BITS: [&str; 2] = [HOST, SUPPLIED];

/// The options of all of them.
const OPTIONS: &[&str] = &["-std=gnu11", "-Os", "-s", "-static-libgcc"];

/// The folder with the programs.
pub(super) fn make(cache: &Path, tell: &dyn Fn(&str)) -> Result<PathBuf, NoWine> {
    make_with(COMPILER, "windows", |_| true, cache, tell).map_err(|error| {
        let NoWine(reason) = error;
        NoWine(format!(
            "the Windows programs of a run cannot be compiled: {reason}; {INSTALL}"
        ))
    })
}

/// The folder with the programs for plugins for 32-bit x86.
pub(super) fn make_32(cache: &Path, tell: &dyn Fn(&str)) -> Result<PathBuf, NoWine> {
    let is_needed = |program: &str| OF_32_BITS.contains(&program);
    make_with(COMPILER_32, "windows32", is_needed, cache, tell)
}

fn make_with(
    compiler: &str,
    kind: &str,
    is_needed: impl Fn(&str) -> bool,
    cache: &Path,
    tell: &dyn Fn(&str),
) -> Result<PathBuf, NoWine> {
    let version = output(Path::new(compiler), ["--version"])?;
    let options = format!("{OPTIONS:?}{PROGRAMS:?}");
    let sources = SOURCES.iter().map(|(_, text)| text.as_bytes());
    let made_from: Vec<&[u8]> = [version.as_bytes(), options.as_bytes()]
        .into_iter()
        .chain(sources)
        .collect();
    cache::entry(cache, kind, &made_from, |folder| {
        tell("the Windows programs of a run");
        for (name, text) in SOURCES {
            let file = folder.join(name);
            fs::write(&file, text).map_err(failed("write", &file))?;
        }
        for (program, arguments) in PROGRAMS {
            if is_needed(program) {
                compile(compiler, folder, program, arguments)?;
            }
        }
        Ok(())
    })
}

fn compile(compiler: &str, folder: &Path, program: &str, arguments: &[&str]) -> Result<(), NoWine> {
    let failed = |reason: String| NoWine(format!("{compiler} does not make {program}: {reason}"));
    let output = Command::new(compiler)
        .current_dir(folder)
        .args(OPTIONS)
        .args(["-o", program])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
}

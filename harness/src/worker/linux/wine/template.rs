//! The prefix that runs have copies of: what Wine sets up for a user, made once.
//!
//! Wine copies its libraries into it, some 700 MB. They are replaced by links to Wine's own, so that it is small and a copy takes
//! some milliseconds. It is made by the user that runs have, whose name is part of it.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::cache::{self, failed};
use super::prefix::users;
use crate::testbed::enter_as_user;
use crate::worker::wine::NoWine;

/// What is done here; part of the name of the result. Increment it with each change of this file that changes the result.
const RECIPE: &str = "5";

/// How long Wine may take to set up a prefix. It takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it is looked whether Wine is done.
const INTERVAL: Duration = Duration::from_millis(20);

/// Services that a run does without. Without the last ones, the one that lists the network interfaces still works.
const UNUSED_SERVICES: &[&str] = &["Eventlog", "MountMgr", "NDIS", "PlugPlay"];

/// Services for keyboards, mice and game controllers, which no run has. Wine would look for devices at the start of each run, and
/// take a third of the processor time of that start for it.
const INPUT_SERVICES: &[&str] = &["winebus", "winehid", "wineusb"];

/// What Wine sets up and no run uses, below drive C.
const UNUSED: &[&str] = &[
    "Program Files/Common Files",
    "Program Files/Internet Explorer",
    "Program Files/Windows Media Player",
    "Program Files/Windows NT",
    "windows/inf",
    "windows/winsxs",
];

/// The folder with 32-bit libraries, where Wine has them.
const OF_32_BITS: &str = "syswow64";

/// What the template is made from.
pub(super) struct Sources<'a> {
    pub(super) loader: &'a Path,
    /// Wine's own libraries.
    pub(super) libraries: &'a Path,
    /// The same for 32-bit x86, if plugins for that are run.
    pub(super) libraries_32: Option<&'a Path>,
    pub(super) version: &'a str,
    /// The Windows programs of a run.
    pub(super) programs: &'a Path,
}

/// The folder with the template.
pub(super) fn make(
    cache: &Path,
    sources: &Sources<'_>,
    tell: &dyn Fn(&str),
) -> Result<PathBuf, NoWine> {
    let Sources {
        loader,
        libraries,
        libraries_32,
        version,
        programs,
    } = *sources;
    let changed = |path: &Path| {
        let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
        let since = modified.ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{} {}", path.display(), since.as_nanos()))
    };
    let made_from = [
        RECIPE.to_owned(),
        version.to_owned(),
        changed(&libraries.join("ntdll.dll")).unwrap_or_default(),
        libraries_32
            .and_then(|libraries| changed(&libraries.join("ntdll.dll")))
            .unwrap_or_default(),
        changed(loader).unwrap_or_default(),
        programs.display().to_string(),
    ];
    let made_from: Vec<&[u8]> = made_from.iter().map(String::as_bytes).collect();
    cache::entry(cache, "prefix", &made_from, |folder| {
        tell(&format!(
            "a prefix of Wine {version}, which takes some seconds"
        ));
        set_up(folder, loader)?;
        let drive = folder.join("drive_c");
        for unused in UNUSED {
            let path = drive.join(unused);
            if path.exists() {
                fs::remove_dir_all(&path).map_err(failed("remove", &path))?;
            }
        }
        let nls = PathBuf::from("/usr/share/wine/nls");
        let windows = drive.join("windows");
        let of_32_bits = windows.join(OF_32_BITS);
        if let Some(libraries) = libraries_32 {
            let others = [libraries.to_owned(), nls.clone()];
            link_copies(&of_32_bits, &others).map_err(failed("change", &of_32_bits))?;
        } else if of_32_bits.exists() {
            fs::remove_dir_all(&of_32_bits).map_err(failed("remove", &of_32_bits))?;
        }
        let others = [libraries.to_owned(), nls];
        link_copies(&windows, &others).map_err(failed("change", &windows))?;
        let registry = folder.join("system.reg");
        let text = fs::read_to_string(&registry).map_err(failed("read", &registry))?;
        fs::write(&registry, with_few_services(&text)).map_err(failed("write", &registry))?;
        // Otherwise Wine would set it up again after an update.
        let stamp = folder.join(".update-timestamp");
        fs::write(&stamp, "disable\n").map_err(failed("write", &stamp))
    })
}

/// Has Wine set up the prefix, as the user of runs, and waits until it is done.
fn set_up(folder: &Path, loader: &Path) -> Result<(), NoWine> {
    let failed = |reason: &str| NoWine(format!("Wine does not set up a prefix: {reason}"));
    let home = folder.join("home");
    fs::create_dir(&home).map_err(|error| failed(&error.to_string()))?;
    let server = server(loader).ok_or_else(|| failed("its server is not found"))?;
    let mut command = Command::new("/bin/sh");
    // Wine's server writes the registry when it ends, a few seconds after the last program.
    command
        .args(["-c", r#""$0" wineboot.exe -i && exec "$1" -w"#])
        .args([loader, &server])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("HOME", &home)
        .env("WINEPREFIX", folder)
        .env("WINELOADER", loader)
        .env("WINEDEBUG", "-all")
        .env(
            "WINEDLLOVERRIDES",
            "mscoree=;mshtml=;winemenubuilder.exe=d;winedbg.exe=d",
        )
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let folder = home.clone();
    let content = |user, group| users(user, group, Path::new("/"));
    // SAFETY: The closure runs between fork and exec, in a process whose only thread it is. This program has one thread, too,
    // so that no lock is held by another one.
    unsafe { command.pre_exec(move || enter_as_user(&folder, &content)) };
    let mut wine = command
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match wine.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => std::thread::sleep(INTERVAL),
            Ok(None) => {
                drop(wine.kill());
                drop(wine.wait());
                return Err(failed("it takes too long"));
            }
            Err(error) => return Err(failed(&error.to_string())),
        }
    };
    if !status.success() {
        return Err(failed(&status.to_string()));
    }
    fs::remove_dir_all(&home).map_err(|error| failed(&error.to_string()))
}

/// Wine's server, which is beside the loader or in the search path of all distributions.
fn server(loader: &Path) -> Option<PathBuf> {
    let beside = ["wineserver64", "wineserver"];
    let beside = beside.iter().map(|name| loader.with_file_name(name));
    let mut all = beside.chain([PathBuf::from("/usr/bin/wineserver")]);
    all.find(|path| path.is_file())
}

/// Replaces copies of what is in one of the other folders by links to it, in a folder and those inside it.
fn link_copies(folder: &Path, others: &[PathBuf]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            link_copies(&entry.path(), others)?;
        }
        if !kind.is_file() {
            continue;
        }
        let mut candidates = others.iter().map(|other| other.join(entry.file_name()));
        if let Some(original) = candidates.find(|path| path.is_file()) {
            fs::remove_file(entry.path())?;
            symlink(original, entry.path())?;
        }
    }
    Ok(())
}

/// The registry without the services for input, and in which the unused ones start on demand only.
fn with_few_services(registry: &str) -> String {
    let mut text = String::with_capacity(registry.len());
    let (mut unused, mut left_out) = (false, false);
    for line in registry.lines() {
        if line.starts_with('[') {
            let section = line.split(']').next().unwrap_or_default();
            let service = section.split(r"\\Services\\").nth(1);
            // Their settings are sections below them.
            let name = service.map(|service| service.split(r"\\").next().unwrap_or_default());
            left_out = name.is_some_and(|name| INPUT_SERVICES.contains(&name));
            unused = service.is_some_and(|service| UNUSED_SERVICES.contains(&service));
        }
        if left_out {
            continue;
        }
        if unused && line.starts_with("\"Start\"=") {
            text.push_str("\"Start\"=dword:00000003");
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_for_input_are_left_out_and_the_unused_ones_start_on_demand() {
        let service = |name: &str, start: u8| {
            format!(
                "[System\\\\CurrentControlSet\\\\Services\\\\{name}] 1\n\"Start\"=dword:0000000{start}\n"
            )
        };
        let before = service("Eventlog", 2)
            + &service("winebus", 3)
            + &service(r"winebus\\Parameters", 3)
            + &service("nsiproxy", 2);
        assert_eq!(
            with_few_services(&before),
            service("Eventlog", 3) + &service("nsiproxy", 2)
        );
    }
}

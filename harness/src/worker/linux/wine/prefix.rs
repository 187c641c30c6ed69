//! The prefix of a run: a copy of the template, which only this run has.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::process::{getegid, geteuid};

use super::programs::{GUARD, HOST, boot};
use super::proxy;
use crate::testbed::containment::Containment;
use crate::worker::files::PrivateFolders;
use crate::worker::wine::{SUPPLIED, Wine};

/// The user's name in a run, and in the template, which has a folder for it. Wine takes it from the system's list of users.
pub(super) const USER: &str = "device";

/// The name of the prefix in the run's home folder.
const NAME: &str = "windows";

/// Adds to a run's containment what Wine needs.
pub(in crate::worker) fn contain(wine: &Wine, containment: &mut Containment) {
    let own = [
        &*wine.template,
        &*wine.programs,
        &*wine.loader,
        &*wine.libraries,
    ];
    for path in own.into_iter().chain(wine.libraries()) {
        containment.show(path);
    }
    // Wine's processes talk to their server by sockets in /tmp, of which each run has its own.
    containment.allow_unix_sockets();
    if wine.is_for_x86 {
        containment.allow_other_word_size();
    }
    let home = containment.home().unwrap_or(Path::new("/")).to_owned();
    containment.replace(
        Path::new("/etc/passwd"),
        users(geteuid().as_raw(), getegid().as_raw(), &home),
    );
}

/// A list of users with the one of a run.
pub(super) fn users(user: u32, group: u32, home: &Path) -> String {
    format!("{USER}:x:{user}:{group}::{}:/bin/sh\n", home.display())
}

/// The prefix of the calling process's run.
#[derive(Debug)]
pub(super) struct Prefix(PathBuf);

impl Prefix {
    /// Copies the template into the home folder.
    pub(super) fn make(wine: &Wine, home: &Path) -> io::Result<Self> {
        let prefix = Self(home.join(NAME));
        copy(&wine.template, &prefix.0)?;
        if let Some(proxy) = &wine.proxy {
            let mut registry = OpenOptions::new()
                .append(true)
                .open(prefix.0.join("user.reg"))?;
            registry.write_all(proxy::of_user(proxy).as_bytes())?;
        }
        let service = prefix.drive().join("service");
        fs::create_dir(&service)?;
        let system = prefix.drive().join("windows/system32");
        let [libraries, programs] = wine.libraries();
        symlink(programs.join(HOST), service.join(HOST))?;
        symlink(wine.programs.join(GUARD), service.join(GUARD))?;
        // Not beside the host: a plugin's libraries are looked for in its own folder and in this one.
        if !libraries.join(SUPPLIED).exists() {
            let folder = match wine.is_for_x86 {
                true => prefix.drive().join("windows/syswow64"),
                false => system.clone(),
            };
            symlink(programs.join(SUPPLIED), folder.join(SUPPLIED))?;
        }
        let target = system.join("wineboot.exe");
        if target.symlink_metadata().is_ok() {
            fs::remove_file(&target)?;
        }
        // A copy: Wine looks at what a link leads to, and would take one of its own.
        fs::copy(wine.programs.join(boot(wine.boot)), target)?;
        Ok(prefix)
    }

    pub(super) fn root(&self) -> &Path {
        &self.0
    }

    /// The root of drive C.
    fn drive(&self) -> PathBuf {
        self.0.join("drive_c")
    }

    /// The Windows path of a program of the run.
    pub(super) fn program(name: &str) -> String {
        format!(r"C:\service\{name}")
    }

    /// The folders in which a plugin may leave files: those of the run, without what Wine itself has in them.
    pub(super) fn folders(&self, containment: &Containment) -> PrivateFolders {
        let drive = self.drive();
        let [local, low] = ["Local", "LocalLow"]
            .map(|name| drive.join(format!("users/{USER}/AppData/{name}/Microsoft")));
        let sockets = PathBuf::from(format!("/tmp/.wine-{}", geteuid().as_raw()));
        let windows = drive.join("windows");
        let temporary = windows.join("temp");
        PrivateFolders::of(Some(containment))
            .without([self.0.clone(), local, low, sockets, windows])
            .with([drive, temporary])
    }
}

/// Copies a folder with its files, folders and links.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, target)?;
        } else if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A path of this system as one of Windows: drive Z is the root.
pub(super) fn windows_path(path: &str) -> String {
    format!("Z:{}", path.replace('/', r"\"))
}

//! The folder in the user's cache with what is made once for all runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::plugin::inspect::hash;
use crate::worker::wine::NoWine;

/// The folder, which exists afterwards.
pub(super) fn folder() -> Result<PathBuf, NoWine> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| Some(variable("HOME")?.join(".cache")))
        .ok_or_else(|| {
            NoWine(
                "there is no folder for a cache: neither XDG_CACHE_HOME nor HOME is set".to_owned(),
            )
        })?;
    let folder = base.join("ics-harness");
    fs::create_dir_all(&folder).map_err(failed("create", &folder))?;
    // Links are resolved now: in a run, only the folder itself is visible.
    folder.canonicalize().map_err(failed("find", &folder))
}

/// The entry of that name, made if it is not there. What it is made from is part of the name.
///
/// Two programs that make the same one wait for each other, and an entry that was not finished is made again.
pub(super) fn entry(
    cache: &Path,
    kind: &str,
    made_from: &[&[u8]],
    make: impl FnOnce(&Path) -> Result<(), NoWine>,
) -> Result<PathBuf, NoWine> {
    let key = hash(&made_from.join(&b"\0"[..]));
    let entry = cache.join(format!("{kind}-{}", &key[..16]));
    if entry.is_dir() {
        return Ok(entry);
    }
    let lock = cache.join(format!("{kind}.lock"));
    let lock = File::create(&lock).map_err(failed("create", &lock))?;
    // It is held until the file is closed.
    lock.lock().map_err(failed("lock", cache))?;
    if entry.is_dir() {
        return Ok(entry);
    }
    let unfinished = cache.join(format!("{kind}.unfinished"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(failed("remove", &unfinished))?;
    }
    fs::create_dir(&unfinished).map_err(failed("create", &unfinished))?;
    make(&unfinished)?;
    fs::rename(&unfinished, &entry).map_err(failed("create", &entry))?;
    Ok(entry)
}

/// For `map_err`: a failure with a file.
pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> NoWine {
    let path = path.to_owned();
    move |error| NoWine(format!("cannot {what} {}: {error}", path.display()))
}

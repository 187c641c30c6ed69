//! What lies beside a plugin and moves with it: the libraries that it needs, and its data files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::{CopyError, io_error};
use crate::plugin::Plugin;
use crate::plugin::inspect::{self, Inspection};

/// The maximum number of libraries that are copied with a plugin. Real plugins have a few.
pub(super) const MAX_LIBRARIES: usize = 200;

/// How many data files are copied, and how many bytes they may have together. What is beyond is left out: a plugin in a
/// build folder has neighbours that are none of its own.
const MAX_FILES: usize = 256;
const MAX_BYTES: u64 = 16 << 20;

/// The limits in words.
pub const LIMITS: &str =
    "at most 256 files of 16 MiB together are, and folders only if all of them fit";

/// How deep folders are searched for data files.
const MAX_DEPTH: usize = 4;

/// What belongs to a plugin.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours {
    /// The libraries inside the plugin's folder that it needs, relative to the folder.
    pub(super) libraries: BTreeSet<PathBuf>,
    /// Other files inside it.
    pub(super) data: BTreeSet<PathBuf>,
    /// Folders elsewhere in which the loader finds libraries.
    pub(super) elsewhere: Vec<PathBuf>,
    /// How many data files were left out.
    pub(super) left_out: usize,
    /// Whether a library is looked for in a folder outside, relative to the plugin's own. Then no copy can be loaded.
    pub(super) leads_outside: bool,
}

impl Neighbours {
    /// Finds what belongs to a plugin.
    pub(super) fn find(plugin: &Plugin) -> Result<Self, CopyError> {
        let origin = plugin.library.parent().unwrap_or(Path::new("/"));
        let mut neighbours = Self::default();
        neighbours.find_libraries(origin, &plugin.inspection)?;
        neighbours.find_data(origin, plugin);
        Ok(neighbours)
    }

    /// Finds the libraries in the plugin's folder that it needs, and those that these need in turn.
    ///
    /// The loader searches folders for a bare name, for example the folder of the library that needs it. A name with a
    /// slash is a path, absolute or relative to the current folder. Such a library is found at its path, and not copied.
    fn find_libraries(&mut self, origin: &Path, plugin: &Inspection) -> Result<(), CopyError> {
        let mut pending = vec![(PathBuf::new(), plugin.clone())];
        while let Some((folder, library)) = pending.pop() {
            let mut searched = vec![folder.clone()];
            for path in &library.linking.run_paths {
                match run_path(&folder, path) {
                    RunPath::Inside(path) => searched.push(path),
                    RunPath::Outside => self.leads_outside = true,
                    RunPath::Absolute(path) => self.elsewhere.push(path),
                }
            }
            for name in &library.needed {
                if !is_bare(name) {
                    let parent = Path::new(name).parent().filter(|path| path.is_absolute());
                    self.elsewhere.extend(parent.map(Path::to_owned));
                    continue;
                }
                let found = searched
                    .iter()
                    .map(|folder| folder.join(name))
                    .find(|path| origin.join(path).is_file());
                let Some(path) = found.filter(|path| !self.libraries.contains(path)) else {
                    continue;
                };
                if self.libraries.len() >= MAX_LIBRARIES {
                    return Err(CopyError::Neighbours(origin.to_owned()));
                }
                // What it needs is read from the original. One that cannot be read cannot be copied either.
                let read = inspect::inspect(&origin.join(&path))
                    .map_err(|error| io_error(&path, std::io::Error::other(error)))?;
                pending.push((path.parent().unwrap_or(Path::new("")).to_owned(), read));
                self.libraries.insert(path);
            }
        }
        Ok(())
    }

    /// Finds data files: those beside the plugin, the smallest first, and then those in folders, if all of them
    /// together are few and small.
    fn find_data(&mut self, origin: &Path, plugin: &Plugin) {
        let mut room = Room {
            files: MAX_FILES,
            bytes: MAX_BYTES,
        };
        let mut folders = Vec::new();
        let mut beside = Vec::new();
        let settings = plugin.library.with_extension("toml");
        for (path, metadata) in entries(origin) {
            let relative = PathBuf::from(path.file_name().unwrap_or_default());
            if metadata.is_dir() {
                folders.push(relative);
            } else if metadata.is_file() && path != plugin.library && path != settings {
                beside.push((metadata.len(), relative));
            }
        }
        beside.sort();
        for (size, path) in beside {
            if self.libraries.contains(&path) {
                continue;
            }
            if room.take(size) {
                self.data.insert(path);
            } else {
                self.left_out += 1;
            }
        }
        let mut inside = Vec::new();
        if folders
            .into_iter()
            .all(|folder| find_inside(origin, &folder, MAX_DEPTH, &mut room, &mut inside))
        {
            self.data.extend(inside);
        } else {
            self.left_out += 1;
        }
    }
}

/// How much may still be copied.
struct Room {
    files: usize,
    bytes: u64,
}

impl Room {
    fn take(&mut self, size: u64) -> bool {
        let fits = self.files > 0 && size <= self.bytes;
        if fits {
            self.files -= 1;
            self.bytes -= size;
        }
        fits
    }
}

/// Adds the files in a folder and its folders, and returns whether all of them fit.
fn find_inside(
    origin: &Path,
    folder: &Path,
    depth: usize,
    room: &mut Room,
    files: &mut Vec<PathBuf>,
) -> bool {
    // A link to a folder could lead round in a circle, or out of here.
    let linked = fs::symlink_metadata(origin.join(folder)).is_ok_and(|it| it.is_symlink());
    if linked {
        return true;
    }
    depth > 0
        && entries(&origin.join(folder)).all(|(path, metadata)| {
            let relative = folder.join(path.file_name().unwrap_or_default());
            if metadata.is_dir() {
                return find_inside(origin, &relative, depth - 1, room, files);
            }
            let fits = !metadata.is_file() || room.take(metadata.len());
            if metadata.is_file() {
                files.push(relative);
            }
            fits
        })
}

/// The entries of a folder that can be read, with what links lead to.
fn entries(folder: &Path) -> impl Iterator<Item = (PathBuf, fs::Metadata)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let path = entry.path();
        let metadata = fs::metadata(&path).ok()?;
        Some((path, metadata))
    })
}

/// Where a run path leads, seen from the folder of the library that has it.
enum RunPath {
    /// To a folder inside the plugin's, relative to it.
    Inside(PathBuf),
    /// Out of the plugin's folder, relative to it.
    Outside,
    /// To the same folder from everywhere.
    Absolute(PathBuf),
}

fn run_path(folder: &Path, path: &str) -> RunPath {
    let rest = ["$ORIGIN", "${ORIGIN}"]
        .iter()
        .find_map(|name| path.strip_prefix(name));
    let Some(rest) = rest else {
        return RunPath::Absolute(PathBuf::from(path));
    };
    let mut inside = folder.to_owned();
    for component in Path::new(rest.trim_start_matches('/')).components() {
        match component {
            Component::Normal(name) => inside.push(name),
            Component::ParentDir if inside.pop() => {}
            Component::ParentDir => return RunPath::Outside,
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    RunPath::Inside(inside)
}

/// Whether it is a file name without a path.
fn is_bare(name: &str) -> bool {
    let mut components = Path::new(name).components();
    !name.contains('/')
        && matches!(components.next(), Some(Component::Normal(_)))
        && components.next().is_none()
}

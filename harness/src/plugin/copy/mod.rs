//! The copies of a plugin that workers load.
//!
//! The plugin moves with what lies beside it: the libraries that it needs, and its data
//! files within limits (`neighbours`). So the verdict belongs to the bytes that were
//! inspected, whatever happens to the user's file meanwhile. A plugin made with our SDK
//! also gets a settings file that adds the test bed's CA to its roots, and on loopback
//! names the test bed's URL (`settings`). Only a plugin that looks for libraries outside
//! of its folder, relative to it, is loaded from its original path.
//!
//! The user's files are read here and never written. Each file is created in a private
//! folder; an existing file is never overwritten.

mod neighbours;
mod settings;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::Plugin;
pub use neighbours::LIMITS;
use neighbours::{MAX_LIBRARIES, Neighbours};

/// A folder name with spaces and non-ASCII letters.
const UNUSUAL_FOLDER_NAME: &str = "an odd folder – Ωδός, 場所";

/// Why no copy could be made.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file could not be read or written.
    #[error("cannot copy the plugin and what it needs: {path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The plugin's own settings file cannot be parsed.
    #[error("{path} cannot be read as settings: {reason}")]
    Settings {
        path: PathBuf,
        /// The parser's message, with line and column.
        reason: String,
    },
    /// The plugin needs too many libraries of its folder.
    #[error(
        "the plugin needs more than {MAX_LIBRARIES} libraries of its folder {0}; \
         move it to a folder that contains only its own files"
    )]
    Neighbours(PathBuf),
}

impl CopyError {
    /// Whether the private folder's file system has no room for the copy.
    pub(crate) fn is_no_room(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, Self::Io { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded))
    }
}

/// What the test bed adds to the settings of a plugin made with the SDK.
#[derive(Clone, Copy, Debug)]
pub struct Additions<'a> {
    /// The file with the test bed's CA.
    pub authority: &'a Path,
    /// The test bed's URL, where the plugin cannot find it by itself.
    pub url: Option<&'a str>,
    /// Whether the plugin may use cleartext HTTP.
    pub allow_http: bool,
    /// Files of the plugin's profile, to put beside the library: the name there, and where they are now.
    pub files: &'a [(String, PathBuf)],
}

impl Additions<'_> {
    /// The profile's file that stands in for the plugin's own file of that name.
    fn file_named(&self, file: &Path) -> Option<&Path> {
        let name = file.file_name()?.to_str()?;
        let mut files = self.files.iter();
        files
            .find(|(other, _)| other == name)
            .map(|(_, path)| path.as_path())
    }
}

/// The copy of a plugin that a worker loads.
#[derive(Clone, Debug)]
pub struct Copy {
    pub library: PathBuf,
    /// The worker's current folder, if not the default.
    pub folder: Option<PathBuf>,
    /// Files and folders elsewhere that the plugin needs: libraries that it names by their path, and what its settings
    /// name.
    pub needs: Vec<PathBuf>,
    /// How many files and folders beside the plugin are too large, or too many, to move with it.
    pub left_out: usize,
}

/// Copies a plugin to `folder`, with what lies beside it. One that can only be loaded from where it is stays there.
pub fn in_private_folder(
    plugin: &Plugin,
    folder: &Path,
    additions: Additions<'_>,
) -> Result<Copy, CopyError> {
    let neighbours = Neighbours::find(plugin)?;
    if neighbours.leads_outside && plugin.inspection.sdk.is_none() {
        return Ok(Copy {
            library: plugin.library.clone(),
            folder: None,
            needs: neighbours.elsewhere,
            left_out: 0,
        });
    }
    copy_all(plugin, neighbours, folder, additions)
}

/// Copies a plugin to a read-only folder with an unusual name, to be loaded with another current folder.
pub fn in_unusual_folder(
    plugin: &Plugin,
    folder: &Path,
    additions: Additions<'_>,
) -> Result<Copy, CopyError> {
    let unusual = folder.join(UNUSUAL_FOLDER_NAME);
    let copy = copy_all(plugin, Neighbours::find(plugin)?, &unusual, additions)?;
    set_read_only(&unusual).map_err(|source| io_error(&unusual, source))?;
    Ok(Copy {
        folder: Some(PathBuf::from("/")),
        ..copy
    })
}

fn copy_all(
    plugin: &Plugin,
    neighbours: Neighbours,
    folder: &Path,
    additions: Additions<'_>,
) -> Result<Copy, CopyError> {
    let library = copy_library(plugin, folder)?;
    let settings = plugin.library.with_extension("toml");
    let mut needs = neighbours.elsewhere;
    if plugin.inspection.sdk.is_some() {
        needs.extend(settings::write(plugin, &library, additions)?);
    } else {
        copy_if_present(additions.file_named(&settings).unwrap_or(&settings), folder)?;
    }
    copy_given(additions, folder)?;
    let origin = plugin.library.parent().unwrap_or(Path::new("/"));
    let copy_inside = |file: &PathBuf| {
        let target = folder.join(file);
        if additions
            .files
            .iter()
            .any(|(name, _)| Path::new(name) == file)
        {
            return Ok(());
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(|source| io_error(parent, source))?;
        }
        copy_file(&origin.join(file), &target)
    };
    neighbours.libraries.iter().try_for_each(copy_inside)?;
    let mut left_out = neighbours.left_out;
    for file in neighbours.data.difference(&neighbours.libraries) {
        match copy_inside(file) {
            // A file that the user may not read is not one that the plugin can.
            Err(CopyError::Io { source, .. })
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                left_out += 1;
            }
            // It was removed since the folder was read, as a file with a temporary name is.
            Err(CopyError::Io { path, source })
                if source.kind() == io::ErrorKind::NotFound && path == origin.join(file) => {}
            copied => copied?,
        }
    }
    Ok(Copy {
        library,
        folder: None,
        needs,
        left_out,
    })
}

/// Copies the profile's files, before the plugin's own neighbours of the same names.
fn copy_given(additions: Additions<'_>, folder: &Path) -> Result<(), CopyError> {
    for (name, path) in additions.files {
        let target = folder.join(name);
        // The settings of a plugin made with the SDK have been written.
        if target.exists() {
            continue;
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(|source| io_error(parent, source))?;
        }
        copy_file(path, &target)?;
    }
    Ok(())
}

fn copy_if_present(file: &Path, folder: &Path) -> Result<(), CopyError> {
    match file.file_name() {
        Some(name) if file.is_file() => copy_file(file, &folder.join(name)),
        _ => Ok(()),
    }
}

fn copy_library(plugin: &Plugin, folder: &Path) -> Result<PathBuf, CopyError> {
    let library = folder.join(
        plugin
            .library
            .file_name()
            .unwrap_or(plugin.library.as_os_str()),
    );
    std::fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
    copy_file(&plugin.library, &library)?;
    Ok(library)
}

/// Copies a file to a new path. An existing link is not followed, and an existing file not overwritten; if it is the
/// same file, there is nothing to do.
fn copy_file(source: &Path, target: &Path) -> Result<(), CopyError> {
    let mut from = File::open(source).map_err(|error| io_error(source, error))?;
    let metadata = from.metadata().map_err(|error| io_error(source, error))?;
    let mut to = match File::create_new(target) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return match same_file::is_same_file(source, target) {
                Ok(true) => Ok(()),
                Ok(false) => Err(io_error(target, error)),
                Err(error) => Err(io_error(target, error)),
            };
        }
        made => made.map_err(|error| io_error(target, error))?,
    };
    io::copy(&mut from, &mut to)
        .and_then(|_| to.set_permissions(metadata.permissions()))
        .map_err(|error| io_error(target, error))
}

/// Makes the unusual folder below `folder` writable, so that it can be removed.
pub fn make_writable(folder: &Path) {
    // If the folder does not exist, there is nothing to do. Its parent has the permissions that it was created with.
    if let Ok(parent) = std::fs::metadata(folder) {
        let _ = std::fs::set_permissions(folder.join(UNUSUAL_FOLDER_NAME), parent.permissions());
    }
}

fn set_read_only(folder: &Path) -> std::io::Result<()> {
    let mut permissions = std::fs::metadata(folder)?.permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(folder, permissions)
}

fn io_error(path: &Path, source: std::io::Error) -> CopyError {
    CopyError::Io {
        path: path.to_owned(),
        source,
    }
}

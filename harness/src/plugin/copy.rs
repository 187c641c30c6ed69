//! The copies of a plugin that workers load.
//!
//! A plugin made with our SDK gets a private copy with a settings file that
//! adds the test bed's CA to its roots, and on loopback names the test bed's URL. A
//! foreign plugin is loaded from its original path; only the rule about unusual folders
//! copies it. The libraries that a plugin needs and that are in its folder are copied
//! with it.
//!
//! The user's files are read here and never written. Each file is created in a private
//! folder; an existing file is never overwritten.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::{Plugin, inspect};

/// A folder name with spaces and non-ASCII letters.
const UNUSUAL_FOLDER_NAME: &str = "an odd folder – Ωδός, 場所";

/// The maximum number of libraries that are copied with a plugin. Real plugins have a few.
const MAX_NEIGHBOURS: usize = 200;

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
        "the plugin needs more than {MAX_NEIGHBOURS} libraries of its folder {0}; \
         move it to a folder that contains only its own files"
    )]
    Neighbours(PathBuf),
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
}

/// The copy of a plugin that a worker loads.
#[derive(Clone, Debug)]
pub struct Copy {
    pub library: PathBuf,
    /// The worker's current folder, if not the default.
    pub folder: Option<PathBuf>,
}

/// Copies a plugin made with the SDK to `folder`. A foreign plugin is not copied.
pub fn in_private_folder(
    plugin: &Plugin,
    folder: &Path,
    additions: Additions<'_>,
) -> Result<Copy, CopyError> {
    if plugin.inspection.sdk.is_none() {
        return Ok(Copy {
            library: plugin.library.clone(),
            folder: None,
        });
    }
    let library = copy_library(plugin, folder)?;
    write_settings(plugin, &library, additions)?;
    copy_neighbours(plugin, folder)?;
    Ok(Copy {
        library,
        folder: None,
    })
}

/// Copies a plugin to a read-only folder with an unusual name, to be loaded with another current folder.
pub fn in_unusual_folder(
    plugin: &Plugin,
    folder: &Path,
    additions: Additions<'_>,
) -> Result<Copy, CopyError> {
    let unusual = folder.join(UNUSUAL_FOLDER_NAME);
    let library = copy_library(plugin, &unusual)?;
    if plugin.inspection.sdk.is_some() {
        write_settings(plugin, &library, additions)?;
    }
    copy_neighbours(plugin, &unusual)?;
    set_read_only(&unusual).map_err(|source| io_error(&unusual, source))?;
    Ok(Copy {
        library,
        folder: Some(PathBuf::from("/")),
    })
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

/// Copies the libraries of the plugin's folder that it needs, and those that these need in turn.
///
/// The loader searches folders for a bare name, for example the folder of the library that needs it. A name with a
/// slash is a path, absolute or relative to the current folder. Such a library is found at its path, and not copied.
fn copy_neighbours(plugin: &Plugin, folder: &Path) -> Result<(), CopyError> {
    let origin = plugin.library.parent().unwrap_or(Path::new("/"));
    let mut needed = plugin.inspection.needed.clone();
    // The files that are in the folder already: the plugin, and its settings if it has any.
    let settings = plugin.library.with_extension("toml");
    let mut copied: BTreeSet<String> = [&plugin.library, &settings]
        .into_iter()
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    while let Some(name) = needed.pop() {
        let neighbour = origin.join(&name);
        if !is_bare(&name) || copied.contains(&name) || !neighbour.is_file() {
            continue;
        }
        if copied.len() > MAX_NEIGHBOURS {
            return Err(CopyError::Neighbours(origin.to_owned()));
        }
        copy_file(&neighbour, &folder.join(&name))?;
        // What it needs is read from the original. One that cannot be read could not be copied either.
        if let Ok(inspection) = inspect::inspect(&neighbour) {
            needed.extend(inspection.needed);
        }
        copied.insert(name);
    }
    Ok(())
}

/// Whether it is a file name without a path.
fn is_bare(name: &str) -> bool {
    let mut components = Path::new(name).components();
    !name.contains('/')
        && matches!(components.next(), Some(Component::Normal(_)))
        && components.next().is_none()
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

/// Writes the plugin's settings, with the additions, next to the copy.
fn write_settings(
    plugin: &Plugin,
    library: &Path,
    additions: Additions<'_>,
) -> Result<(), CopyError> {
    let own = plugin.library.with_extension("toml");
    let mut settings = match std::fs::read_to_string(&own) {
        Ok(text) => text
            .parse::<toml::Table>()
            .map_err(|error| CopyError::Settings {
                path: own.clone(),
                reason: error.to_string(),
            })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => toml::Table::new(),
        Err(source) => return Err(io_error(&own, source)),
    };
    make_paths_absolute(&mut settings, own.parent().unwrap_or(Path::new("/")));
    let roots = settings
        .entry("ca")
        .or_insert_with(|| toml::Value::Array(Vec::new()));
    if let toml::Value::String(single) = roots {
        *roots = toml::Value::Array(vec![toml::Value::String(single.clone())]);
    }
    if let toml::Value::Array(roots) = roots {
        roots.push(toml::Value::String(
            additions.authority.display().to_string(),
        ));
    }
    if let Some(url) = additions.url {
        settings.insert("url".to_owned(), toml::Value::String(url.to_owned()));
    }
    if additions.allow_http {
        settings.insert("allow_http".to_owned(), toml::Value::Boolean(true));
    }
    let file = library.with_extension("toml");
    // A parsed table with added strings can always be serialised.
    let text = toml::to_string(&settings).expect("a table of plain values");
    File::create_new(&file)
        .and_then(|mut settings| settings.write_all(text.as_bytes()))
        .map_err(|source| io_error(&file, source))
}

/// Makes paths absolute that are relative to the settings file, since the copy is in another folder.
fn make_paths_absolute(settings: &mut toml::Table, origin: &Path) {
    for key in ["ca", "client_certificate", "client_key"] {
        match settings.get_mut(key) {
            Some(toml::Value::String(path)) => *path = origin.join(&*path).display().to_string(),
            Some(toml::Value::Array(paths)) => {
                for path in paths {
                    if let toml::Value::String(path) = path {
                        *path = origin.join(&*path).display().to_string();
                    }
                }
            }
            _ => {}
        }
    }
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

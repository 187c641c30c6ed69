//! The copies of a plugin that workers load.
//!
//! A plugin made with our SDK gets a private copy with a settings file that
//! adds the test bed's CA to its roots, and on loopback names the test bed's URL. A
//! foreign plugin is loaded from where it stands; only the rule about odd places
//! moves it. The libraries that a plugin needs and that stand beside it are
//! copied with it.
//!
//! The user's files are read here and never written. Each file is made new in
//! a private folder; where something stands already, it is left as it is.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::{Plugin, inspect};

/// A folder that no plugin is made for: spaces and non-ASCII letters.
const ODD_NAME: &str = "an odd folder – Ωδός, 場所";

/// The most libraries that are copied with a plugin. Real plugins bring a handful.
const MOST_NEIGHBOURS: usize = 200;

/// Why no copy could be made.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file could not be read or written.
    #[error("cannot copy the plugin and what it needs: {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The plugin's own settings file cannot be added to.
    #[error("{path} cannot be read as settings: {reason}")]
    Settings {
        /// The settings file.
        path: PathBuf,
        /// With line and column.
        reason: String,
    },
    /// Too many libraries stand beside the plugin.
    #[error(
        "the plugin needs more than {MOST_NEIGHBOURS} libraries that stand beside it in {0}; \
         move it to a folder that holds only what is its own"
    )]
    Neighbours(PathBuf),
}

/// What a scenario adds to the settings of a plugin made with our SDK.
#[derive(Clone, Copy, Debug)]
pub struct Additions<'a> {
    /// The file with the test bed's CA.
    pub authority: &'a Path,
    /// The test bed's URL, where the plugin cannot find it by itself.
    pub url: Option<&'a str>,
    /// Whether that URL may be http in clear.
    pub clear: bool,
}

/// Where a worker loads the plugin from.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The library.
    pub library: PathBuf,
    /// The folder to stand in, if not the usual one.
    pub folder: Option<PathBuf>,
}

/// Makes the usual copy in `folder`: private for a plugin of our SDK, none for a foreign one.
pub fn usual(plugin: &Plugin, folder: &Path, additions: Additions<'_>) -> Result<Copy, CopyError> {
    if plugin.inspection.sdk.is_none() {
        return Ok(Copy {
            library: plugin.library.clone(),
            folder: None,
        });
    }
    let library = place(plugin, folder)?;
    write_settings(plugin, &library, additions)?;
    copy_neighbours(plugin, folder)?;
    Ok(Copy {
        library,
        folder: None,
    })
}

/// Makes a copy in a read-only folder with an odd name, to be loaded from another folder.
pub fn elsewhere(
    plugin: &Plugin,
    folder: &Path,
    additions: Additions<'_>,
) -> Result<Copy, CopyError> {
    let odd = folder.join(ODD_NAME);
    let library = place(plugin, &odd)?;
    if plugin.inspection.sdk.is_some() {
        write_settings(plugin, &library, additions)?;
    }
    copy_neighbours(plugin, &odd)?;
    set_read_only(&odd).map_err(|source| at(&odd, source))?;
    Ok(Copy {
        library,
        folder: Some(PathBuf::from("/")),
    })
}

fn place(plugin: &Plugin, folder: &Path) -> Result<PathBuf, CopyError> {
    let library = folder.join(
        plugin
            .library
            .file_name()
            .unwrap_or(plugin.library.as_os_str()),
    );
    std::fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
    copy_file(&plugin.library, &library)?;
    Ok(library)
}

/// Copies the libraries that stand beside the plugin and that it needs, and those that these need in turn.
///
/// The loader looks for a bare name in folders, such as the one of the library that needs it. A name with a slash is
/// a path to it: absolute, or from the current folder. Such a library is found where it is, and stays there.
fn copy_neighbours(plugin: &Plugin, folder: &Path) -> Result<(), CopyError> {
    let home = plugin.library.parent().unwrap_or(Path::new("/"));
    let mut needed = plugin.inspection.needed.clone();
    // What stands in the folder already: the plugin, and its settings if it has any.
    let settings = plugin.library.with_extension("toml");
    let mut copied: BTreeSet<String> = [&plugin.library, &settings]
        .into_iter()
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    while let Some(name) = needed.pop() {
        let neighbour = home.join(&name);
        if !is_bare(&name) || copied.contains(&name) || !neighbour.is_file() {
            continue;
        }
        if copied.len() > MOST_NEIGHBOURS {
            return Err(CopyError::Neighbours(home.to_owned()));
        }
        copy_file(&neighbour, &folder.join(&name))?;
        // What it needs is read from the original. One that cannot be read has not been copied either.
        if let Ok(inspection) = inspect::inspect(&neighbour) {
            needed.extend(inspection.needed);
        }
        copied.insert(name);
    }
    Ok(())
}

/// Whether it is the name of a file in whatever folder, and no path.
fn is_bare(name: &str) -> bool {
    let mut components = Path::new(name).components();
    !name.contains('/')
        && matches!(components.next(), Some(Component::Normal(_)))
        && components.next().is_none()
}

/// Copies a file to a place where nothing is yet. A link there is not followed, and a file not overwritten; if it is
/// the very same file, there is nothing to do.
fn copy_file(source: &Path, target: &Path) -> Result<(), CopyError> {
    let mut from = File::open(source).map_err(|error| at(source, error))?;
    let metadata = from.metadata().map_err(|error| at(source, error))?;
    let mut to = match File::create_new(target) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return match same_file::is_same_file(source, target) {
                Ok(true) => Ok(()),
                Ok(false) => Err(at(target, error)),
                Err(error) => Err(at(target, error)),
            };
        }
        made => made.map_err(|error| at(target, error))?,
    };
    io::copy(&mut from, &mut to)
        .and_then(|_| to.set_permissions(metadata.permissions()))
        .map_err(|error| at(target, error))
}

/// Writes the plugin's own settings, with what the scenario adds, beside the copy.
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
        Err(source) => return Err(at(&own, source)),
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
    if additions.clear {
        settings.insert("allow_http".to_owned(), toml::Value::Boolean(true));
    }
    let file = library.with_extension("toml");
    // A table that was read, with strings added, can always be written.
    let text = toml::to_string(&settings).expect("a table of plain values");
    File::create_new(&file)
        .and_then(|mut settings| settings.write_all(text.as_bytes()))
        .map_err(|source| at(&file, source))
}

/// The copy stands in another folder, so what is relative to the settings file is spelt out.
fn make_paths_absolute(settings: &mut toml::Table, home: &Path) {
    for key in ["ca", "client_certificate", "client_key"] {
        match settings.get_mut(key) {
            Some(toml::Value::String(path)) => *path = home.join(&*path).display().to_string(),
            Some(toml::Value::Array(paths)) => {
                for path in paths {
                    if let toml::Value::String(path) = path {
                        *path = home.join(&*path).display().to_string();
                    }
                }
            }
            _ => {}
        }
    }
}

/// Makes the odd folders below `folder` such that they can be removed.
pub fn make_writable(folder: &Path) {
    // A folder that is not there needs nothing. Its parent has the permissions that it was made with.
    if let Ok(parent) = std::fs::metadata(folder) {
        let _ = std::fs::set_permissions(folder.join(ODD_NAME), parent.permissions());
    }
}

fn set_read_only(folder: &Path) -> std::io::Result<()> {
    let mut permissions = std::fs::metadata(folder)?.permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(folder, permissions)
}

fn at(path: &Path, source: std::io::Error) -> CopyError {
    CopyError::Io {
        path: path.to_owned(),
        source,
    }
}

//! The settings file of a copy: the user's own, with what the test bed adds.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Additions, CopyError, io_error};
use crate::plugin::Plugin;

/// Writes the plugin's settings, with the additions, next to the copy. Returns the files that they name.
pub(super) fn write(
    plugin: &Plugin,
    library: &Path,
    additions: Additions<'_>,
) -> Result<Vec<PathBuf>, CopyError> {
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
    let named = make_paths_absolute(&mut settings, own.parent().unwrap_or(Path::new("/")));
    let roots = settings
        .entry("ca")
        .or_insert_with(|| toml::Value::Array(Vec::new()));
    if let toml::Value::String(single) = roots {
        *roots = toml::Value::Array(vec![toml::Value::String(single.clone())]);
    }
    if let toml::Value::Array(roots) = roots {
        let authority = toml::Value::String(additions.authority.display().to_string());
        // A copy of a copy has it already.
        if !roots.contains(&authority) {
            roots.push(authority);
        }
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
        .map_err(|source| io_error(&file, source))?;
    Ok(named)
}

/// Makes paths absolute that are relative to the settings file, since the copy is in another folder, and returns them.
fn make_paths_absolute(settings: &mut toml::Table, origin: &Path) -> Vec<PathBuf> {
    let mut named = Vec::new();
    let mut resolve = |path: &mut String| {
        let absolute = origin.join(&*path);
        *path = absolute.display().to_string();
        named.push(absolute);
    };
    for key in ["ca", "client_certificate", "client_key"] {
        match settings.get_mut(key) {
            Some(toml::Value::String(path)) => resolve(path),
            Some(toml::Value::Array(paths)) => {
                for path in paths {
                    if let toml::Value::String(path) = path {
                        resolve(path);
                    }
                }
            }
            _ => {}
        }
    }
    named
}

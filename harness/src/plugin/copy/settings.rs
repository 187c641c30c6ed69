//! The settings file of a copy: the user's own, with what the test bed adds. Its lines stay where they are, since the
//! plugin may name one in an error.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Value, value};

use super::{Additions, CopyError, io_error};
use crate::plugin::Plugin;

/// Writes the plugin's settings, with the additions, next to the copy. Returns the files that they name.
pub(super) fn write(
    plugin: &Plugin,
    library: &Path,
    additions: Additions<'_>,
) -> Result<Vec<PathBuf>, CopyError> {
    let name = library.with_extension("toml");
    let given = additions.file_named(&name);
    let own = given.map_or_else(|| plugin.library.with_extension("toml"), Path::to_owned);
    let mut settings = match std::fs::read_to_string(&own) {
        Ok(text) => text
            .parse::<DocumentMut>()
            .map_err(|error| CopyError::Settings {
                path: own.clone(),
                reason: error.to_string(),
            })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => DocumentMut::new(),
        Err(source) => return Err(io_error(&own, source)),
    };
    let named = make_paths_absolute(
        &mut settings,
        own.parent().unwrap_or(Path::new("/")),
        plugin,
    );
    let roots = settings.entry("ca").or_insert_with(|| value(Array::new()));
    if let Some(single) = roots.as_str() {
        *roots = value(Array::from_iter([single]));
    }
    if let Some(roots) = roots.as_array_mut() {
        let authority = path_for(plugin, additions.authority);
        // A copy of a copy has it already.
        if !roots.iter().any(|root| root.as_str() == Some(&authority)) {
            roots.push(authority);
        }
    }
    if let Some(url) = additions.url {
        settings["url"] = value(url);
    }
    if additions.allow_http {
        settings["allow_http"] = value(true);
    }
    File::create_new(&name)
        .and_then(|mut file| file.write_all(settings.to_string().as_bytes()))
        .map_err(|source| io_error(&name, source))?;
    Ok(named)
}

/// The path as the plugin needs it. One for Windows that is run here sees this system's files as drive Z.
fn path_for(plugin: &Plugin, path: &Path) -> String {
    let text = path.display().to_string();
    match plugin.inspection.is_for_wine() {
        true => format!("Z:{}", text.replace('/', r"\")),
        false => text,
    }
}

/// Whether a path begins with the letter of a drive.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Makes paths absolute that are relative to the settings file, since the copy is in another folder, and returns them.
fn make_paths_absolute(settings: &mut DocumentMut, origin: &Path, plugin: &Plugin) -> Vec<PathBuf> {
    let mut named = Vec::new();
    let mut resolve = |path: &mut Value| {
        // One with a drive is a path that Wine knows.
        let of_wine = |path: &str| plugin.inspection.is_for_wine() && has_drive(path);
        let relative = path.as_str().filter(|path| !of_wine(path));
        if let Some(relative) = relative {
            let absolute = origin.join(relative);
            *path = path_for(plugin, &absolute).into();
            named.push(absolute);
        }
    };
    for key in ["ca", "client_certificate", "client_key"] {
        match settings.get_mut(key) {
            Some(Item::Value(Value::Array(paths))) => paths.iter_mut().for_each(&mut resolve),
            Some(Item::Value(path)) => resolve(path),
            _ => {}
        }
    }
    named
}

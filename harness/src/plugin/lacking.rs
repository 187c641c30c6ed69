//! Which imports of a library for Windows the libraries of some folders do not have.
//!
//! The folders are those of an installed Wine, and the plugin's own. Tables of exports are read; nothing is loaded.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::inspect::{ImportedFunction, ImportedLibrary, exports_of};

/// A library that is missing, or one without some of the functions that are imported from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lacking {
    /// The name of the library, as the plugin has it.
    pub library: String,
    /// Whether that matters only once a function of it is called.
    pub delayed: bool,
    /// The functions. None if the library itself is missing.
    pub functions: Vec<ImportedFunction>,
}

impl std::fmt::Display for Lacking {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.library)?;
        for (index, function) in self.functions.iter().enumerate() {
            let before = if index == 0 { ": " } else { ", " };
            write!(formatter, "{before}{function}")?;
        }
        if self.delayed {
            formatter.write_str(" (loaded when it is first used)")?;
        }
        Ok(())
    }
}

/// What of these imports no library in one of the folders has.
pub fn lacking(imports: &[ImportedLibrary], folders: &[&Path]) -> Vec<Lacking> {
    let lacks = |library: &ImportedLibrary| {
        let lacking = |functions| Lacking {
            library: library.name.clone(),
            delayed: library.delayed,
            functions,
        };
        let files = files(&library.name, folders);
        if files.is_empty() {
            return is_judged(&library.name).then(|| lacking(Vec::new()));
        }
        let mut exports = HashSet::new();
        for file in files {
            // What cannot be read is not known to lack anything.
            exports.extend(exports_of(&file)?);
        }
        let functions = library.functions.iter();
        let functions: Vec<_> = functions
            .filter(|function| !exports.contains(*function))
            .cloned()
            .collect();
        (!functions.is_empty()).then(|| lacking(functions))
    };
    imports.iter().filter_map(lacks).collect()
}

/// Those of the libraries that are loaded with the plugin and are in none of the folders.
pub fn missing_libraries<'a>(imports: &'a [ImportedLibrary], folders: &[&Path]) -> Vec<&'a str> {
    let at_once = imports.iter().filter(|library| !library.delayed);
    let names = at_once.map(|library| library.name.as_str());
    names
        .filter(|name| is_judged(name) && files(name, folders).is_empty())
        .collect()
}

/// Whether a name is that of a file. Others stand for libraries that the loader knows, or are paths.
fn is_judged(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stands_for_others = name.starts_with("api-ms-win-") || name.starts_with("ext-ms-");
    !stands_for_others && !name.contains(['/', '\\'])
}

/// The files of that name, in whatever case. The loader adds the extension where there is none.
fn files(name: &str, folders: &[&Path]) -> Vec<PathBuf> {
    let mut name = name.to_ascii_lowercase();
    if !name.contains('.') {
        name.push_str(".dll");
    }
    if name.contains(['/', '\\']) {
        return Vec::new();
    }
    let in_folder = |folder: &&Path| {
        let file = folder.join(&name);
        if file.is_file() {
            return Some(file);
        }
        let entries = fs::read_dir(folder).ok()?.flatten();
        entries
            .map(|entry| entry.path())
            .find(|path| {
                let other = path.file_name().unwrap_or_default().to_string_lossy();
                other.eq_ignore_ascii_case(&name)
            })
            .filter(|path| path.is_file())
    };
    folders.iter().filter_map(in_folder).collect()
}

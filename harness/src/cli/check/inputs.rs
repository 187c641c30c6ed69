//! The files that an examination reads: the plugins, and what the command line names besides.

use std::path::{Path, PathBuf};

use ics_device::printable;

use super::{CheckArgs, Failure};

impl CheckArgs {
    /// The plugins, one by one.
    pub(in crate::cli) fn libraries(&self) -> Result<Vec<PathBuf>, Failure> {
        let found = self.plugins.iter().map(|argument| libraries(argument));
        Ok(found.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The files that are read, which no output may overwrite, with those plugins.
    pub(in crate::cli) fn files(&self, libraries: &[PathBuf]) -> Vec<PathBuf> {
        let named = self.trust.files().chain(self.known_failing.iter());
        let named = named.chain(self.test_bed.files());
        libraries.iter().chain(named).cloned().collect()
    }
}

/// The plugins that an argument names: the libraries of a folder without source.
fn libraries(argument: &Path) -> Result<Vec<PathBuf>, Failure> {
    let has = |name: &str| argument.join(name).is_file();
    if !argument.is_dir() || has("Cargo.toml") || has("Makefile") {
        return Ok(vec![argument.to_owned()]);
    }
    let name = printable::path(argument);
    let unreadable = |error: std::io::Error| Failure::Usage(format!("cannot read {name}: {error}"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(argument).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let extension = path
            .extension()
            .and_then(|it| it.to_str())
            .unwrap_or_default();
        let is_library = ["so", "dll", "dylib"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(extension));
        if is_library && path.is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(Failure::Usage(format!(
            "{name} has no library (.so, .dll, .dylib), and neither Cargo.toml nor Makefile; name a library file, a \
             folder of libraries, or the folder of a plugin's source"
        )));
    }
    found.sort();
    Ok(found)
}

//! Why a profile cannot be used.

use std::fmt;
use std::path::PathBuf;

use ics_device::document::{Colour, Diagnostics, Rendered, Source};
use ics_device::printable;

/// Why a profile cannot be used.
#[derive(Debug)]
pub enum ProfileError {
    /// The file cannot be read.
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// Its text has faults.
    Faulty {
        path: PathBuf,
        text: String,
        faults: Diagnostics,
    },
}

impl ProfileError {
    /// The faults, each with its line.
    pub fn rendered(&self, colour: Colour) -> String {
        match self {
            Self::Unreadable { path, source } => {
                format!(
                    "cannot read the profile {}: {source}",
                    printable::path(path)
                )
            }
            Self::Faulty { path, text, faults } => {
                let name = printable::path(path).to_string();
                let source = Source::new(&name, text.as_bytes());
                Rendered::new(faults, &source, colour).to_string()
            }
        }
    }
}

impl std::error::Error for ProfileError {}

impl fmt::Display for ProfileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { .. } => formatter.write_str(&self.rendered(Colour::Never)),
            Self::Faulty { path, .. } => {
                let faults = self.rendered(Colour::Never);
                let path = printable::path(path);
                write!(
                    formatter,
                    "the profile {path} cannot be used:\n{}",
                    faults.trim_end()
                )
            }
        }
    }
}

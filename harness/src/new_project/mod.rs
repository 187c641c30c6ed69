//! Projects of plugins outside of this repository: which files they have, and what is in them.
//!
//! The files are templates in `templates/`. Those of the samples are there as symbolic links, so that a project and its
//! sample are one text, and this crate's package has it. Nothing here prints.

mod c_family;
mod fill;
mod first_request;
mod literal;
mod name;
mod protocol;
mod rust;
mod sdk;
mod shared;
mod write;

pub use name::{NameError, ProjectName};
pub use protocol::{PROTOCOLS, Protocol, ProtocolError};
pub use sdk::{SdkError, SdkSource};
pub use write::WriteError;

use std::path::Path;

/// The language of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// A crate that uses the SDK.
    Rust,
    /// C11 with libcurl and jansson.
    C,
    /// A decision in C++17, on the same C.
    #[value(name = "c++", alias = "cxx", alias = "cpp")]
    Cxx,
}

/// A project to be made.
#[derive(Debug)]
pub struct Project {
    pub name: ProjectName,
    pub language: Language,
    pub protocol: Protocol,
    /// What a project in Rust depends on.
    pub sdk: SdkSource,
}

/// A file of a project.
#[derive(Debug, PartialEq, Eq)]
pub struct ProjectFile {
    /// Relative to the project's folder, with `/`.
    pub path: &'static str,
    pub text: String,
    pub is_executable: bool,
}

impl ProjectFile {
    fn new(path: &'static str, text: impl Into<String>) -> Self {
        Self {
            path,
            text: text.into(),
            is_executable: false,
        }
    }
}

impl Project {
    /// Its files, in the order in which their author reads them.
    pub fn files(&self) -> Vec<ProjectFile> {
        let mut files = match self.language {
            Language::Rust => rust::files(self),
            Language::C | Language::Cxx => c_family::files(self),
        };
        files.extend(shared::files(self));
        files
    }

    /// Writes the files into a folder, which must be absent or empty.
    ///
    /// # Errors
    /// If it is not, or cannot be written to.
    pub fn write(&self, folder: &Path) -> Result<(), WriteError> {
        write::write(&self.files(), folder)
    }

    /// The commands that build, test and examine it, in its folder.
    pub fn commands(&self) -> [&'static str; 3] {
        match self.language {
            Language::Rust => rust::COMMANDS,
            Language::C | Language::Cxx => c_family::COMMANDS,
        }
    }
}

/// The text of a template that is a symbolic link. Where git was told to make no links, the file has the link's target.
const fn linked(text: &'static str) -> &'static str {
    assert!(
        text.as_bytes()[0] != b'.',
        "a symbolic link in templates/ is an ordinary file: set git's core.symlinks, and check the file out again"
    );
    text
}

#[cfg(test)]
mod tests;

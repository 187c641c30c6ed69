//! Generates the contract's header from the contract's Rust source, and the module-definition file.
//!
//! cbindgen reads the text of `sdk/src/abi.rs`, which the SDK exports, so an
//! installed harness generates the same header as one run from a checkout.
//! cbindgen reads only files, hence one private temporary file. What cbindgen
//! cannot express (the export macro, older dialects) is added by `dialect.rs`. `host.rs` writes the modules for hosts in
//! languages that cbindgen does not know.

mod check;
mod config;
mod definition;
mod dialect;
mod host;

pub use check::{UnifiedDiff, check};
pub use definition::module_definition;

use crate::abi::SOURCE;

/// The default include guard of the C and C++ headers.
pub const DEFAULT_GUARD: &str = "ICS_ENTITLEMENT_H";

/// The language of a generated header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// C99 and later, and C++98 and later. This is the committed header.
    #[default]
    C,
    /// C++11 and later, with a scoped type and no preprocessor branches.
    #[value(name = "c++", alias = "cxx", alias = "cpp")]
    Cxx,
    /// Declarations for a `.pxd` file, over the C header.
    Cython,
    /// A module for hosts in Python, with ctypes.
    Python,
    /// Declarations for hosts in Python, with cffi: the text for `ffi.cdef`.
    Cffi,
    /// A file for hosts in C#, from C# 5 on.
    #[value(name = "c#", alias = "csharp", alias = "cs")]
    CSharp,
    /// A package for hosts in Go, with cgo.
    Go,
    /// A file for hosts in Zig.
    Zig,
    /// A module for hosts in Rust that do not use the SDK.
    Rust,
}

impl Language {
    /// The value of `--language`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Cxx => "c++",
            Self::Cython => "cython",
            Self::Python => "python",
            Self::Cffi => "cffi",
            Self::CSharp => "c#",
            Self::Go => "go",
            Self::Zig => "zig",
            Self::Rust => "rust",
        }
    }
}

/// Why a header could not be generated, read or written.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The include guard is not a valid macro name.
    #[error(
        "{0:?} cannot be an include guard: use letters, digits and underscores, and begin with no digit"
    )]
    Guard(String),
    /// An include guard was given for a language that has no preprocessor.
    #[error("only headers in C and C++ have an include guard: leave --guard out")]
    GuardWithoutPreprocessor,
    /// The temporary file for cbindgen could not be written.
    #[error("cannot write the contract to a temporary file")]
    Temporary(#[source] std::io::Error),
    /// cbindgen could not parse the contract.
    #[error("cbindgen cannot read the contract")]
    Cbindgen(#[from] cbindgen::Error),
    /// cbindgen's output is not the one that the edits expect.
    #[error(
        "cbindgen's output has {found} times, instead of once, the text {expected:?}: was cbindgen updated?"
    )]
    Unexpected {
        /// The text that an edit replaces.
        expected: String,
        /// How often the output contains it.
        found: usize,
    },
    /// The file to compare with could not be read.
    #[error("cannot read {path}")]
    Read {
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The header could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file's path, or `standard output`.
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Generates the header in a language. The text ends in one line feed.
///
/// # Errors
///
/// If the guard is not a macro name, or is given for another language than C and C++; if no temporary file
/// can be written; or if cbindgen's output is not the one that this module edits.
pub fn generate(language: Language, guard: Option<&str>) -> Result<String, HeaderError> {
    let guard = match (language, guard) {
        (Language::C | Language::Cxx, None) => Some(DEFAULT_GUARD),
        (Language::C | Language::Cxx, Some(name)) if !is_macro_name(name) => {
            return Err(HeaderError::Guard(name.to_owned()));
        }
        (Language::C | Language::Cxx, name) => name,
        (_, None) => None,
        (_, Some(_)) => return Err(HeaderError::GuardWithoutPreprocessor),
    };
    if let Some(module) = host::module(language) {
        return Ok(module);
    }
    let folder = tempfile::tempdir().map_err(HeaderError::Temporary)?;
    let source = folder.path().join("abi.rs");
    std::fs::write(&source, SOURCE).map_err(HeaderError::Temporary)?;
    let bindings = cbindgen::Builder::new()
        .with_config(config::config(language, guard))
        .with_src(&source)
        .generate()?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8_lossy(&text);
    dialect::finish(language, &text)
}

fn is_macro_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn a_guard_must_be_a_macro_name() {
        for bad in ["", "1_H", "A-B", "A B", "Ä_H"] {
            assert!(
                matches!(generate(Language::C, Some(bad)), Err(HeaderError::Guard(_))),
                "{bad:?}"
            );
        }
        let header = generate(Language::C, Some("MY_GUARD_H")).expect("a good guard");
        assert!(header.contains("#ifndef MY_GUARD_H\n#define MY_GUARD_H\n"));
        assert!(!header.contains(DEFAULT_GUARD));
    }

    #[test]
    fn languages_without_a_preprocessor_take_no_guard() {
        for language in [Language::Cython, Language::Python, Language::Rust] {
            assert!(matches!(
                generate(language, Some("A_H")),
                Err(HeaderError::GuardWithoutPreprocessor)
            ));
        }
    }

    #[test]
    fn every_language_ends_in_one_line_feed_and_has_no_trailing_space() {
        for language in Language::value_variants() {
            let language = *language;
            let text = generate(language, None).expect("a header");
            assert!(
                text.ends_with('\n') && !text.ends_with("\n\n"),
                "{language:?}"
            );
            assert!(
                text.lines().all(|line| line == line.trim_end()),
                "{language:?}"
            );
        }
    }
}

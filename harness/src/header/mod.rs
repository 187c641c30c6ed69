//! The header of the contract, made from the contract itself.
//!
//! cbindgen reads `sdk/src/abi.rs`, which is embedded in the program, so an
//! installed harness makes the same header as a checkout does. cbindgen reads
//! files only, hence one private temporary file. What cbindgen cannot say (the
//! export macro, older dialects) is added by `dialect.rs`.

mod check;
mod config;
mod dialect;

pub use check::{UnifiedDiff, check};

/// The contract as Rust source: cbindgen's only input.
const CONTRACT: &str = include_str!("../../../sdk/src/abi.rs");

/// The include guard of the C and C++ headers where none is asked for.
pub const DEFAULT_GUARD: &str = "ICS_ENTITLEMENT_H";

/// What the header is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// C99 and later, and C++98 and later: the header that is shipped.
    #[default]
    C,
    /// C++11 and later, with a scoped type and no preprocessor branches.
    #[value(name = "c++", alias = "cxx", alias = "cpp")]
    Cxx,
    /// Declarations for a `.pxd` file, over the C header.
    Cython,
}

impl Language {
    /// The name that `--language` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Cxx => "c++",
            Self::Cython => "cython",
        }
    }
}

/// Why a header could not be made or compared.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The guard could not be the name of a macro.
    #[error(
        "{0:?} cannot be an include guard: use letters, digits and underscores, and begin with no digit"
    )]
    Guard(String),
    /// Cython has no preprocessor.
    #[error("a Cython declaration has no include guard: leave --guard out")]
    GuardInCython,
    /// No private folder for cbindgen to read from.
    #[error("cannot write the contract to a temporary file")]
    Temporary(#[source] std::io::Error),
    /// cbindgen refused the contract.
    #[error("cbindgen cannot read the contract")]
    Cbindgen(#[from] cbindgen::Error),
    /// cbindgen wrote something other than what the edits expect.
    #[error(
        "cbindgen's output has {found} times, instead of once, the text {expected:?}: was cbindgen updated?"
    )]
    Unexpected {
        /// The text that should be there.
        expected: String,
        /// How often it is there.
        found: usize,
    },
    /// The file to compare with could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The header could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file, or `standard output`.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// The header in a language, ending in one line feed.
///
/// # Errors
///
/// A guard that is no macro name, a guard for Cython, no room for a temporary
/// file, or a cbindgen whose output is not the one that this module edits.
pub fn generate(language: Language, guard: Option<&str>) -> Result<String, HeaderError> {
    let guard = match (language, guard) {
        (Language::Cython, Some(_)) => return Err(HeaderError::GuardInCython),
        (Language::Cython, None) => None,
        (_, Some(name)) if !is_macro_name(name) => {
            return Err(HeaderError::Guard(name.to_owned()));
        }
        (_, name) => Some(name.unwrap_or(DEFAULT_GUARD)),
    };
    let folder = tempfile::tempdir().map_err(HeaderError::Temporary)?;
    let source = folder.path().join("abi.rs");
    std::fs::write(&source, CONTRACT).map_err(HeaderError::Temporary)?;
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
    fn cython_takes_no_guard() {
        assert!(matches!(
            generate(Language::Cython, Some("A_H")),
            Err(HeaderError::GuardInCython)
        ));
    }

    #[test]
    fn every_language_ends_in_one_line_feed_and_trails_no_blank() {
        for language in [Language::C, Language::Cxx, Language::Cython] {
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

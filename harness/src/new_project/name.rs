//! The name of a project: it becomes the name of a folder, a crate and a library.

/// The longest name, in characters.
const LONGEST: usize = 64;

/// Names that Cargo or Windows gives another meaning, or that the project's dependencies have.
const TAKEN: &[&str] = &[
    "alloc",
    "aux",
    "build",
    "con",
    "core",
    "deps",
    "examples",
    "incremental",
    "ics-entitlement",
    "nul",
    "prn",
    "proc-macro",
    "serde",
    "std",
    "test",
];

/// Words of Rust, which cannot be the name of a crate.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The name of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectName(String);

/// Why a name cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error(
        "a name begins with a lower-case letter and has lower-case letters, digits, `-` and `_` only, such as `my-operator`"
    )]
    Characters,
    #[error("a name has at most {LONGEST} characters")]
    Long,
    #[error(
        "this name has a meaning for Rust, Cargo or Windows; add something to it, such as `-plugin`"
    )]
    Taken,
}

impl std::str::FromStr for ProjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_good = |letter| matches!(letter, 'a'..='z' | '0'..='9' | '-' | '_');
        if !text.starts_with(|first: char| first.is_ascii_lowercase()) || !text.chars().all(is_good)
        {
            return Err(NameError::Characters);
        }
        if text.len() > LONGEST {
            return Err(NameError::Long);
        }
        let crate_name = text.replace('_', "-");
        // Ports are devices on Windows, with any extension.
        let is_port = matches!(
            crate_name.as_bytes(),
            [b'c', b'o', b'm', b'0'..=b'9'] | [b'l', b'p', b't', b'0'..=b'9']
        );
        let is_taken = [TAKEN, KEYWORDS].concat().contains(&crate_name.as_str());
        match is_port || is_taken {
            true => Err(NameError::Taken),
            false => Ok(Self(text.to_owned())),
        }
    }
}

impl ProjectName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the library, without `lib` and extension.
    pub fn library(&self) -> String {
        self.0.replace('-', "_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_a_crate_and_of_a_file() {
        let name = |text: &str| text.parse::<ProjectName>();
        assert_eq!(
            name("my-operator_2").expect("good").library(),
            "my_operator_2"
        );
        for text in ["", "-a", "2a", "A", "a b", "a/b", "..", "ä", "a.b", "a\n"] {
            assert_eq!(name(text), Err(NameError::Characters), "{text}");
        }
        assert_eq!(name(&"a".repeat(65)), Err(NameError::Long));
        for text in ["match", "com1", "nul", "proc_macro", "serde"] {
            assert_eq!(name(text), Err(NameError::Taken), "{text}");
        }
    }
}

//! The examples: short, correct code in Rust and in C. `harness/explain-examples` compiles those in Rust, a test of
//! the program those in C.

use clap::ValueEnum;

/// The language of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    Rust,
    C,
}

impl Language {
    pub const ALL: &'static [Self] = &[Self::Rust, Self::C];

    /// The language's name in headings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::C => "C",
        }
    }

    /// Its name after the fence of a code block in Markdown.
    pub fn fence(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
        }
    }
}

/// An example, which several rules share.
#[derive(Debug)]
pub struct Example {
    pub name: &'static str,
    rust: &'static str,
    c: &'static str,
}

/// The table of examples: a name stands for the two files `examples/name.rs` and `examples/name.c`.
macro_rules! examples {
    ($($name:literal),* $(,)?) => {
        &[$(Example {
            name: $name,
            rust: include_str!(concat!("examples/", $name, ".rs")),
            c: include_str!(concat!("examples/", $name, ".c")),
        }),*]
    };
}

static EXAMPLES: &[Example] = examples![
    "whole-plugin",
    "strict-decision",
    "status",
    "deny-response",
    "errors-are-no-decision",
    "one-deadline",
    "try-each-address",
    "no-redirects",
    "complete-body",
    "size-limits",
    "verify-certificates",
    "modern-tls",
    "ask-every-time",
    "new-connection",
    "state-of-a-call",
    "own-thread",
    "clean-unload",
    "no-sigpipe",
    "interrupted-calls",
    "barrier",
    "close-everything",
    "own-child",
    "leave-the-host-alone",
    "beside-the-library",
    "quiet",
    "hidden-exports",
    "build-settings",
    "wait-for-events",
    "identity-over-tls",
    "ignore-environment",
];

impl Example {
    /// The example of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        EXAMPLES.iter().find(|example| example.name == name)
    }

    pub fn all() -> impl Iterator<Item = &'static Self> {
        EXAMPLES.iter()
    }

    /// Its text in a language.
    pub fn source(&self, language: Language) -> &'static str {
        match language {
            Language::Rust => self.rust,
            Language::C => self.c,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_short_and_fit_a_terminal() {
        for example in Example::all() {
            for &language in Language::ALL {
                let source = example.source(language);
                let lines = source.lines().count();
                assert!(
                    (5..=120).contains(&lines),
                    "{}: {lines} lines of {}",
                    example.name,
                    language.name()
                );
                let longest = source.lines().map(str::len).max().unwrap_or_default();
                assert!(
                    longest <= 100,
                    "{}: a line of {longest} bytes in {}",
                    example.name,
                    language.name()
                );
                assert!(!source.contains('\t'), "{}: a tab", example.name);
            }
        }
    }
}

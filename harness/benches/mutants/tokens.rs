//! Splits a source into tokens, as far as the operators need it: C, Rust and TOML.

use std::ops::Range;

/// The language of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    C,
    Rust,
    Toml,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Number,
    /// A string literal, with its quotes.
    Text,
    /// A character literal, with its quotes.
    Character,
    /// An operator or another sign; `&&` is one.
    Sign,
}

/// A part of the source.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

/// Signs of several characters, the longest first.
const SIGNS: &[&str] = &[
    "<<=", ">>=", "...", "..=", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "|=",
    "&=", "->", "=>", "++", "--", "<<", ">>", "::", "..",
];

/// The tokens of a source, without comments and without lines that are not code: attributes, includes, conditions of the
/// preprocessor.
pub(crate) fn tokens(source: &str, language: Language) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        if let Some(length) = ignored(source, at, language) {
            at += length;
            continue;
        }
        let (kind, length) = token(rest, language);
        tokens.push(Token {
            kind,
            range: at..at + length,
        });
        at += length;
    }
    tokens
}

/// The length of what is not code at the beginning of the rest.
fn ignored(source: &str, at: usize, language: Language) -> Option<usize> {
    let rest = &source[at..];
    let line = rest.find('\n').unwrap_or(rest.len());
    let first = rest.chars().next()?;
    if first.is_whitespace() {
        return Some(first.len_utf8());
    }
    match language {
        Language::Toml => (first == '#').then_some(line),
        Language::C | Language::Rust if rest.starts_with("//") => Some(line),
        Language::C | Language::Rust if rest.starts_with("/*") => {
            Some(rest.find("*/").map_or(rest.len(), |end| end + 2))
        }
        Language::Rust if rest.starts_with("#[") || rest.starts_with("#![") => {
            Some(rest.find(']').map_or(rest.len(), |end| end + 1))
        }
        Language::C if first == '#' => Some(match rest.strip_prefix("#define ") {
            // The value of a macro is code. Its name stays.
            Some(name) if source[..at].ends_with('\n') => {
                "#define ".len()
                    + name
                        .find(|character: char| !character.is_alphanumeric() && character != '_')
                        .unwrap_or(name.len())
            }
            Some(_) | None => line,
        }),
        Language::C | Language::Rust => None,
    }
}

/// The first token of the rest.
fn token(rest: &str, language: Language) -> (Kind, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    if first.is_ascii_digit() {
        let length = rest
            .find(|character| !is_word(character))
            .unwrap_or(rest.len());
        return (Kind::Number, length);
    }
    if is_word(first) {
        let length = rest
            .find(|character| !is_word(character))
            .unwrap_or(rest.len());
        return (Kind::Word, length);
    }
    if first == '"' {
        return (Kind::Text, quoted(rest, '"').unwrap_or(1));
    }
    if first == '\'' {
        // A lifetime has no second quote.
        let length = quoted(rest, '\'').filter(|&length| length <= 8);
        return match (length, language) {
            (Some(length), Language::C | Language::Rust) => (Kind::Character, length),
            (Some(_), Language::Toml) | (None, _) => (Kind::Sign, 1),
        };
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
    (Kind::Sign, sign.map_or(first.len_utf8(), |sign| sign.len()))
}

/// The length of a literal with its quotes.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return Some(at + 1);
        } else if character == '\n' {
            return None;
        }
    }
    None
}

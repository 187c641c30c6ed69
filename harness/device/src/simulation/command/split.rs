//! Splits a command into words, with their places.

use crate::document::{Diagnostic, Located, Span};

/// Splits a text into words, without their quotes and backslashes.
pub(super) fn split(text: &str) -> Result<Vec<Located<String>>, Diagnostic> {
    let mut words = Vec::new();
    // Where the present word begins, and what was read of it.
    let mut word: Option<(usize, String)> = None;
    let mut characters = text.char_indices();
    let mut end = text.len();
    while let Some((at, one)) = characters.next() {
        if one.is_whitespace() {
            if let Some((start, word)) = word.take() {
                words.push(Located::new(word, Span::new(start, at)));
            }
            continue;
        }
        if one == '#' && word.is_none() {
            end = at;
            break;
        }
        let (_, word) = word.get_or_insert_with(|| (at, String::new()));
        match one {
            '\'' | '"' => {
                if !quotation(one, &mut characters, word) {
                    let fault =
                        Diagnostic::error(Span::new(at, text.len()), "a quote is not closed");
                    return Err(fault.expected(format!("another {one} at its end")));
                }
            }
            '\\' => word.push(characters.next().map_or('\\', |(_, next)| next)),
            _ => word.push(one),
        }
    }
    if let Some((start, word)) = word {
        words.push(Located::new(word, Span::new(start, end)));
    }
    Ok(words)
}

/// Reads up to the end of a quotation; false where it has none. Within double
/// quotes a backslash protects a double quote and a backslash.
fn quotation(quote: char, characters: &mut std::str::CharIndices<'_>, word: &mut String) -> bool {
    while let Some((_, one)) = characters.next() {
        match one {
            _ if one == quote => return true,
            '\\' if quote == '"' => match characters.next() {
                Some((_, next @ ('"' | '\\'))) => word.push(next),
                Some((_, next)) => word.extend(['\\', next]),
                None => return false,
            },
            _ => word.push(one),
        }
    }
    false
}

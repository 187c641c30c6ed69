//! Attribute values: entities resolved, white space normalised.

use std::borrow::Cow;

use memchr::memchr;

use super::is_character;
use crate::document::names::quoted;
use crate::document::{Diagnostic, Diagnostics, Span};

/// What may follow an ampersand, for messages.
const ENTITIES: &str = "`&lt;`, `&gt;`, `&amp;`, `&apos;`, `&quot;` or a number as in `&#160;`";

/// Longest entity that is looked at, the `&` and the `;` not counted. Numbers of
/// characters have at most seven digits; leading zeros are given some room.
const LONGEST: usize = 32;

/// The value that the text between two quotes stands for; `at` is where the text
/// begins. Faults are reported and taken literally.
pub(crate) fn unescape<'a>(text: &'a str, at: usize, faults: &mut Diagnostics) -> Cow<'a, str> {
    let special = |byte: u8| matches!(byte, b'&' | b'<' | b'\t' | b'\n' | b'\r');
    let bytes = text.as_bytes();
    let Some(first) = bytes.iter().position(|byte| special(*byte)) else {
        return Cow::Borrowed(text);
    };
    let mut value = String::with_capacity(text.len());
    value.push_str(&text[..first]);
    let mut next = first;
    while next < text.len() {
        let plain = bytes[next..].iter().position(|byte| special(*byte));
        let stop = plain.map_or(text.len(), |length| next + length);
        value.push_str(&text[next..stop]);
        next = stop;
        match bytes.get(stop) {
            None => break,
            Some(b'&') => next += entity(&text[stop..], at + stop, &mut value, faults),
            Some(b'<') => {
                let here = Span::new(at + stop, at + stop + 1);
                faults.push(
                    Diagnostic::error(here, "`<` in a value")
                        .expected("it as an entity")
                        .help("write `&lt;`"),
                );
                value.push('<');
                next += 1;
            }
            Some(byte) => {
                // A line's end is one space, however it is written.
                value.push(' ');
                next += 1;
                if *byte == b'\r' && bytes.get(next) == Some(&b'\n') {
                    next += 1;
                }
            }
        }
    }
    Cow::Owned(value)
}

/// Resolves the entity that begins here; how many bytes it took.
fn entity(text: &str, at: usize, value: &mut String, faults: &mut Diagnostics) -> usize {
    let near = &text.as_bytes()[1..text.len().min(LONGEST + 2)];
    let end = memchr(b';', near).filter(|end| {
        near[..*end]
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
    });
    let Some(end) = end else {
        faults.push(
            Diagnostic::error(Span::new(at, at + 1), "`&` without an entity")
                .expected(ENTITIES)
                .help("write `&amp;` for the sign itself"),
        );
        value.push('&');
        return 1;
    };
    let name = &text[1..=end];
    let whole = &text[..end + 2];
    match resolve(name) {
        Ok(one) => value.push(one),
        Err(fault) => {
            let here = Span::new(at, at + whole.len());
            faults.push(match fault {
                Unresolved::Unknown => {
                    Diagnostic::error(here, format!("unknown entity {}", quoted(whole)))
                        .expected(ENTITIES)
                        .help(format!(
                            "write the character itself, or `&amp;{name};` for the sign"
                        ))
                }
                Unresolved::NoCharacter => {
                    Diagnostic::error(here, format!("{} is no character of XML", quoted(whole)))
                        .expected("the number of a character")
                        .help("remove it")
                }
            });
            value.push_str(whole);
        }
    }
    whole.len()
}

enum Unresolved {
    Unknown,
    NoCharacter,
}

fn resolve(name: &str) -> Result<char, Unresolved> {
    let number = match name {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => name.strip_prefix('#').ok_or(Unresolved::Unknown)?,
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(Unresolved::Unknown);
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|one| is_character(*one))
        .ok_or(Unresolved::NoCharacter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<(u32, u32)>) {
        let mut faults = Diagnostics::new();
        let value = unescape(text, 100, &mut faults).into_owned();
        (
            value,
            faults
                .sorted()
                .iter()
                .map(|fault| (fault.at.start, fault.at.len))
                .collect(),
        )
    }

    #[test]
    fn the_five_and_the_numeric_ones_are_resolved() {
        let (value, faults) = read("a&lt;&gt;&amp;&apos;&quot;&#65;&#x42;&#xF000;&#0010;z");
        assert_eq!(value, "a<>&'\"AB\u{F000}\nz");
        assert_eq!(faults, []);
    }

    #[test]
    fn written_white_space_becomes_spaces() {
        assert_eq!(read("a\r\nb\nc\td\re").0, "a b c d e");
    }

    #[test]
    fn every_fault_of_a_value_is_found_at_its_place() {
        let (value, faults) = read("a & b &nbsp; c < d &#0; &#xD800; &#x110000; &#12x;");
        assert_eq!(value, "a & b &nbsp; c < d &#0; &#xD800; &#x110000; &#12x;");
        let expected = [
            (102, 1),
            (106, 6),
            (115, 1),
            (119, 4),
            (124, 8),
            (133, 10),
            (144, 6),
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn an_endless_entity_is_not_searched_for_its_end() {
        let text = format!("&{};", "a".repeat(100));
        assert_eq!(read(&text).1, [(100, 1)]);
    }
}

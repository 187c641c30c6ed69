//! Hexadecimal digits, with what people and programs write between them.

use super::Octets;
use crate::document::{Diagnostic, Span};
use crate::printable::Printable;

/// The octets of digits that begin at `at` in the source, and the first fault.
pub(super) fn digits(text: &str, at: usize) -> (Octets, Option<Diagnostic>) {
    let mut octets = Octets::default();
    let mut half: Option<(u32, usize)> = None;
    let mut rest = text.char_indices().peekable();
    while let Some((index, one)) = rest.next() {
        let place = at + index;
        // `0x` and `\x` before an octet.
        let marks =
            |next: Option<&(usize, char)>| next.is_some_and(|(_, x)| matches!(x, 'x' | 'X'));
        if half.is_none() && matches!(one, '0' | '\\') && marks(rest.peek()) {
            rest.next();
            continue;
        }
        if let Some(value) = one.to_digit(16) {
            half = match half {
                None => Some((value, place)),
                Some((first, begin)) => {
                    // Two digits.
                    octets.push((first << 4 | value) as u8, Span::new(begin, place + 1));
                    None
                }
            };
        } else if !is_between(one) {
            let end = place + one.len_utf8();
            let found = format!("`{}` among hexadecimal digits", Printable(one));
            let fault = Diagnostic::error(Span::new(place, end), found)
                .expected("0 to 9 and a to f, with spaces, colons or commas between octets");
            return (octets, Some(fault));
        }
    }
    let odd = half.map(|(_, begin)| {
        Diagnostic::error(Span::new(begin, begin + 1), "half an octet at the end")
            .expected("two hexadecimal digits for each octet")
    });
    (octets, odd)
}

/// What may stand between octets.
fn is_between(one: char) -> bool {
    one.is_whitespace()
        || matches!(
            one,
            ':' | ',' | ';' | '-' | '.' | '%' | '<' | '>' | '\u{1a}'
        )
}

/// The octets of a value in a URL: `%06`, or a character that is its own octet.
pub(super) fn percent(text: &str, at: usize) -> (Octets, Option<Diagnostic>) {
    let mut octets = Octets::default();
    let mut rest = text.bytes().enumerate();
    while let Some((index, byte)) = rest.next() {
        let place = at + index;
        if byte != b'%' {
            let byte = if byte == b'+' { b' ' } else { byte };
            octets.push(byte, Span::new(place, place + 1));
            continue;
        }
        let mut digit = || char::from(rest.next().map_or(b'?', |(_, one)| one)).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else {
            let fault = Diagnostic::error(Span::new(place, place + 1), "`%` without two digits")
                .expected("two hexadecimal digits after `%`");
            return (octets, Some(fault));
        };
        octets.push((high << 4 | low) as u8, Span::new(place, place + 3));
    }
    (octets, None)
}

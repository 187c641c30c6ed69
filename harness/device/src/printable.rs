//! Text that others wrote, made safe to show.
//!
//! What a plugin, a document, a file name or a server says must not move the
//! cursor, change colours, set a title or reverse the order of what stands
//! beside it. Each character that is a control or that cannot be seen is written
//! out, as `\u{1b}`; so are bytes that are not UTF-8, as `\x9b`. Backslashes stay
//! single: paths are full of them, and what is shown is not read back.
//!
//! This is the only place that decides which characters those are. It imports
//! nothing of the crate.

use std::fmt::{self, Display, Write};
use std::path::Path;

/// Shows a text on one line: line breaks and tabs are written out as well.
#[derive(Clone, Copy, Debug)]
pub struct Printable<T>(pub T);

/// Shows a text of several lines: `\n` and tabs stay.
#[derive(Clone, Copy, Debug)]
pub struct PrintableLines<T>(pub T);

/// Bytes as text, those that are not UTF-8 as `\x9b`. Controls stay: it is shown
/// within [`Printable`] or [`PrintableLines`].
#[derive(Clone, Copy, Debug)]
pub struct Utf8<'a>(pub &'a [u8]);

/// A file name as the system has it, on one line.
pub fn path(path: &Path) -> Printable<Utf8<'_>> {
    Printable(Utf8(path.as_os_str().as_encoded_bytes()))
}

/// Whether a character is a control or cannot be seen.
///
/// These are the general categories Cc (controls), Cf (formats, among them the
/// bidirectional controls and the tags), Zl and Zp (line and paragraph
/// separators), and the property `Default_Ignorable_Code_Point` (fillers and
/// variation selectors) of Unicode 17. Combining marks and spaces are text.
pub const fn is_hidden(one: char) -> bool {
    matches!(
        one,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

impl<T: Display> Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f, is_hidden), "{}", self.0)
    }
}

impl<T: Display> Display for PrintableLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |one| is_hidden(one) && !matches!(one, '\n' | '\t');
        write!(Escaping(f, hidden), "{}", self.0)
    }
}

impl Display for Utf8<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Escapes the characters that a predicate selects, on the way to another writer.
struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>, fn(char) -> bool);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Self(out, hidden) = self;
        let mut rest = text;
        while let Some((at, one)) = rest.char_indices().find(|(_, one)| hidden(*one)) {
            out.write_str(&rest[..at])?;
            write!(out, "{}", one.escape_default())?;
            rest = &rest[at + one.len_utf8()..];
        }
        out.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthChar;

    use super::*;

    #[test]
    fn what_steers_a_terminal_or_cannot_be_seen_is_written_out() {
        for (text, shown) in [
            ("C:\\a.dll é 名 e\u{301}", "C:\\a.dll é 名 e\u{301}"),
            ("\x1b[31mred\x07", r"\u{1b}[31mred\u{7}"),
            ("\u{9b}2J\u{7f}", r"\u{9b}2J\u{7f}"),
            (
                "a\u{202e}b\u{2066}c\u{200f}",
                r"a\u{202e}b\u{2066}c\u{200f}",
            ),
            ("zero\u{200b}width\u{feff}", r"zero\u{200b}width\u{feff}"),
            ("one\r\n\ttwo\u{2028}", r"one\r\n\ttwo\u{2028}"),
        ] {
            assert_eq!(Printable(text).to_string(), shown);
        }
        let lines = PrintableLines("one\r\n\ttwo\x1b").to_string();
        assert_eq!(lines, "one\\r\n\ttwo\\u{1b}");
    }

    #[test]
    fn bytes_that_are_no_text_are_written_out() {
        let shown = Printable(Utf8(b"a\x9b\xc2\x9b\xffb")).to_string();
        assert_eq!(shown, r"a\x9b\u{9b}\xffb");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_name_is_shown_with_each_of_its_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"a\x1b\xff\n.so");
        assert_eq!(path(Path::new(name)).to_string(), r"a\u{1b}\xff\n.so");
    }

    /// The table against those of the standard library and of `unicode-width`:
    /// nothing that can be seen is written out, and no control is left.
    #[test]
    fn what_can_be_seen_stays() {
        let has_width = |one: char| one.width().is_some_and(|width| width > 0);
        // Within a text, where a combining mark has its base.
        let is_printable = |one: char| {
            let text = format!("a{one}");
            text.escape_debug().eq(text.chars())
        };
        // A filler that has a width and no shape.
        const CHOSEONG_FILLER: char = '\u{115f}';
        for one in '\0'..=char::MAX {
            let can_be_seen = is_printable(one) && has_width(one) && one != CHOSEONG_FILLER;
            assert!(!(is_hidden(one) && can_be_seen), "{one:?} can be seen");
            assert!(is_hidden(one) || !one.is_control(), "{one:?} is a control");
        }
    }
}

//! Output to the terminal: the only module that writes there, and the table of styles.
//!
//! Untrusted text is escaped with [`Printable`](ics_device::printable::Printable) where a
//! message is composed, because only there it is known whether it is one line or several.
//! This module is the last line of defence: of any text, only line breaks, tabs and the
//! styles of this module reach the terminal.

#![expect(
    clippy::disallowed_methods,
    reason = "this module is the replacement for the disallowed methods"
)]

use std::borrow::Cow;
use std::io::{self, Write};

use ics_device::printable::is_hidden;
pub(crate) mod style {
    use anstyle::{AnsiColor, Style};
    use clap::builder::styling::Styles;
    pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// A failure or an error.
    pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
    pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
    pub(crate) const HEADING: Style = GOOD;
    /// A name that can be used on the command line or in a file.
    pub(crate) const NAME: Style = AnsiColor::Cyan.on_default().bold();
    /// Such a name in a long list.
    pub(crate) const ITEM: Style = AnsiColor::Cyan.on_default();
    /// The important part of a line.
    pub(crate) const STRONG: Style = Style::new().bold();
    /// The unimportant part of a line.
    pub(crate) const DIM: Style = Style::new().dimmed();

    /// In the log of a device: the user.
    pub(crate) const USER: Style = ITEM;
    /// In the log of a device: a client.
    pub(crate) const CLIENT: Style = AnsiColor::Blue.on_default();
    /// In the log of a device: the operator, its server and the network.
    pub(crate) const OUTSIDE: Style = AnsiColor::Magenta.on_default();
    /// In the log of a device: messages to the user, and the timeline's expectations.
    pub(crate) const STAGE: Style = AnsiColor::Yellow.on_default();

    /// Help and errors of the command line.
    pub(crate) const CLAP: Styles = Styles::styled()
        .header(HEADING)
        .usage(HEADING)
        .error(BAD)
        .valid(GOOD)
        .invalid(WARN)
        .literal(NAME)
        .placeholder(ITEM);
}

/// The parameters of the escape sequences that the styles consist of: reset, bold,
/// dimmed, and the colours from red to cyan. No other sequence is written.
const STYLE_PARAMETERS: [&str; 9] = ["0", "1", "2", "31", "32", "33", "34", "35", "36"];

/// Returns to the start of the line and clears it.
const CLEAR_LINE: &str = "\r\x1b[K";

/// Writes to standard error. Errors are ignored: the pipe may be closed, and the exit code
/// says how a command ended.
pub(crate) fn eprint(text: &str) {
    drop(Stderr.write_all(text.as_bytes()));
}

/// Standard error as a stream, for whole lines.
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let mut err = anstream::stderr().lock();
        err.write_all(sanitised(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Writes to standard output.
///
/// # Errors
/// If it cannot be written; [`io::ErrorKind::BrokenPipe`] if the pipe is closed.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(sanitised(text).as_bytes())?;
    out.flush()
}

/// Writes to standard output, replacing a prompt on the current line.
///
/// # Errors
/// As of [`print()`].
pub(crate) fn print_over_prompt(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(CLEAR_LINE.as_bytes())?;
    out.write_all(sanitised(text).as_bytes())?;
    out.flush()
}

/// The columns of the terminal; 80 if standard output is not one.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| usize::from(width.0))
}

/// Replaces invisible characters in JSON text by JSON escapes: the same value for a parser, and
/// harmless on a terminal.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    // In valid JSON, line breaks occur only between values.
    let hidden = |one| is_hidden(one) && one != '\n';
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for one in text.chars() {
        if hidden(one) {
            for unit in one.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(one);
        }
    }
    Cow::Owned(safe)
}

/// Escapes every control sequence except the styles of this module.
fn sanitised(text: &str) -> Cow<'_, str> {
    let is_active = |one| is_hidden(one) && !matches!(one, '\n' | '\t');
    let Some(first) = text.find(is_active) else {
        return Cow::Borrowed(text);
    };
    let mut safe = String::with_capacity(text.len() + 16);
    let (before, mut rest) = text.split_at(first);
    safe.push_str(before);
    while let Some(one) = rest.chars().next() {
        let length = match leading_style(rest) {
            Some(sequence) => {
                safe.push_str(sequence);
                sequence.len()
            }
            None => {
                safe.extend(one.escape_default());
                one.len_utf8()
            }
        };
        rest = &rest[length..];
        let (before, from) = rest.split_at(rest.find(is_active).unwrap_or(rest.len()));
        safe.push_str(before);
        rest = from;
    }
    Cow::Owned(safe)
}

/// The escape sequence at the start of a text, if it is one of a style.
fn leading_style(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("\x1b[")?;
    let matches = |parameter: &&&str| {
        rest.strip_prefix(**parameter)
            .is_some_and(|rest| rest.starts_with('m'))
    };
    let parameter = STYLE_PARAMETERS.iter().find(matches)?;
    Some(&text[.."\x1b[m".len() + parameter.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_styles_of_this_module_pass() {
        use style::*;
        for style in [
            GOOD, BAD, WARN, HEADING, NAME, ITEM, STRONG, DIM, USER, CLIENT, OUTSIDE, STAGE,
        ] {
            let text = format!("a {style}b{style:#}\n\tc");
            assert_eq!(sanitised(&text), text);
        }
        for (text, shown) in [
            ("\x1b[2J\x1b[1mx", "\\u{1b}[2J\x1b[1mx"),
            ("\x1b[1;31mx", r"\u{1b}[1;31mx"),
            ("\x1b[8mx\x1b[", r"\u{1b}[8mx\u{1b}["),
            ("\u{9b}1m\x07\x1b", r"\u{9b}1m\u{7}\u{1b}"),
            (
                "\x1b]0;title\x07\r\u{202e}",
                r"\u{1b}]0;title\u{7}\r\u{202e}",
            ),
            ("é\x1bé", r"é\u{1b}é"),
        ] {
            assert_eq!(sanitised(text), shown);
        }
    }

    #[test]
    fn json_keeps_its_value_and_shows_no_invisible_characters() {
        let value = serde_json::json!({"\u{9b}": "\x1b\n\u{202e}\u{e0041}é \\u009b"});
        let text = serde_json::to_string_pretty(&value).expect("JSON");
        let safe = json(&text);
        assert!(safe.contains(r#""\u009b""#), "{safe}");
        assert!(safe.contains(r"\u202e\udb40\udc41é"), "{safe}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).expect("JSON"),
            value
        );
        assert_eq!(json(&safe), safe);
    }
}

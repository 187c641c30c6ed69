//! Renders faults for people: the place, the line, a caret, the help.

use std::fmt;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar;

use super::names::count;
use super::{Diagnostic, Diagnostics, Encoding, Level, Source};
use crate::printable::{Printable, PrintableLines, Utf8};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Never,
    /// ANSI escape sequences.
    Always,
}

/// All faults of one source, ready to be shown.
pub struct Rendered<'a> {
    faults: &'a Diagnostics,
    source: &'a Source<'a>,
    colour: Colour,
}

/// Columns of a source line that are shown on either side of a fault.
const AROUND: usize = 60;

/// Bytes in a row of binary.
const ROW: usize = 16;

impl<'a> Rendered<'a> {
    /// The faults of this source.
    pub fn new(faults: &'a Diagnostics, source: &'a Source<'a>, colour: Colour) -> Self {
        Self {
            faults,
            source,
            colour,
        }
    }

    fn style(&self, style: Style) -> Style {
        match self.colour {
            Colour::Always => style,
            Colour::Never => Style::new(),
        }
    }

    fn fault(&self, f: &mut fmt::Formatter<'_>, fault: &Diagnostic) -> fmt::Result {
        let (level, colour) = match fault.level {
            Level::Error => ("error", AnsiColor::Red),
            Level::Warning => ("warning", AnsiColor::Yellow),
            Level::Note => ("note", AnsiColor::Cyan),
        };
        let head = self.style(colour.on_default().bold());
        let bold = self.style(Style::new().bold());
        let gutter = self.style(AnsiColor::Blue.on_default().bold());
        writeln!(
            f,
            "{head}{level}{head:#}{bold}: {}{bold:#}",
            Printable(&fault.found)
        )?;
        let Excerpt {
            label,
            text,
            before,
            carets,
        } = self.excerpt(fault);
        let width = label.len();
        let place = self.source.location(fault.at);
        let separator = if self.source.encoding == Encoding::Xml {
            ":"
        } else {
            ": "
        };
        writeln!(
            f,
            "{:width$}{gutter}-->{gutter:#} {}{separator}{place}",
            "",
            Printable(self.source.name)
        )?;
        writeln!(f, "{:width$} {gutter}|{gutter:#}", "")?;
        writeln!(f, "{gutter}{label} |{gutter:#} {text}")?;
        write!(f, "{:width$} {gutter}|{gutter:#} {:before$}", "", "")?;
        write!(f, "{head}{}", "^".repeat(carets))?;
        if let Some(expected) = &fault.expected {
            write!(f, " expected {}", Printable(expected))?;
        }
        writeln!(f, "{head:#}")?;
        if let Some(help) = &fault.help {
            writeln!(
                f,
                "{:width$} {gutter}={gutter:#} {bold}help{bold:#}: {}",
                "",
                Printable(help)
            )?;
        }
        Ok(())
    }

    fn excerpt(&self, fault: &Diagnostic) -> Excerpt {
        let start = self.source.offset(fault.at);
        let end = (fault.at.end() as usize).clamp(start, self.source.bytes.len());
        match self.source.encoding {
            Encoding::Xml => self.text_excerpt(start, end),
            Encoding::Wbxml | Encoding::Push => self.binary_excerpt(start, end),
        }
    }

    /// The line that holds the fault, cut to what is near it.
    fn text_excerpt(&self, start: usize, end: usize) -> Excerpt {
        let number = self.source.line_of(start);
        let (begin, line) = self.source.line(number);
        let line = self.faults.without_secrets(line, begin);
        // Only what is near is looked at: a line may be a million bytes long.
        let (from, to) = (start - begin, (end - begin).min(line.len()));
        let from = from.min(line.len());
        let left = from.saturating_sub(4 * AROUND);
        let right = (from + 4 * AROUND).min(line.len());
        let mut before = Vec::new();
        shown(&line[left..from], &mut before);
        let cut_left = left > 0 || before.len() > AROUND;
        let skip = before.len().saturating_sub(AROUND);
        let mut marked = Vec::new();
        shown(&line[from..to.clamp(from, right)], &mut marked);
        let mut after = Vec::new();
        shown(&line[to.clamp(from, right)..right], &mut after);
        let mut text = String::from(if cut_left { "…" } else { "" });
        text.extend(&before[skip..]);
        let indent = columns(&text);
        let rest: Vec<char> = marked.iter().chain(&after).copied().collect();
        text.extend(rest.iter().take(AROUND));
        if rest.len() > AROUND || right < line.len() {
            text.push('…');
        }
        let carets = marked
            .iter()
            .take(AROUND)
            .map(|one| one.width().unwrap_or(1))
            .sum::<usize>();
        Excerpt {
            label: format!("{:>2}", number + 1),
            text: text.trim_end().to_owned(),
            before: indent,
            carets: carets.max(1),
        }
    }

    /// The row of bytes that holds the fault.
    fn binary_excerpt(&self, start: usize, end: usize) -> Excerpt {
        let row = start / ROW * ROW;
        let bytes = &self.source.bytes[row..(row + ROW).min(self.source.bytes.len())];
        let bytes = self.faults.without_secrets(bytes, row);
        let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 0x0F)]);
        let mut text = String::with_capacity(4 * ROW + 1);
        for byte in &*bytes {
            text.extend([digit(byte >> 4), digit(*byte), ' ']);
        }
        text.extend(std::iter::repeat_n(' ', 3 * (ROW - bytes.len()) + 1));
        text.extend(bytes.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        }));
        let marked = end.min(row + ROW).saturating_sub(start).max(1);
        Excerpt {
            label: format!("{row:04x}"),
            text,
            before: 3 * (start - row),
            carets: 3 * marked - 1,
        }
    }
}

/// A line with its gutter, and where the carets go.
struct Excerpt {
    label: String,
    text: String,
    before: usize,
    carets: usize,
}

/// The characters of a line as they are shown, tabs as spaces.
fn shown(bytes: &[u8], into: &mut Vec<char>) {
    for one in PrintableLines(Utf8(bytes)).to_string().chars() {
        match one {
            '\t' => into.extend([' '; 4]),
            _ => into.push(one),
        }
    }
}

/// How many columns a terminal needs for it.
fn columns(text: &str) -> usize {
    text.chars().map(|one| one.width().unwrap_or(1)).sum()
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in self.faults.sorted() {
            self.fault(f, fault)?;
            writeln!(f)?;
        }
        let left_out = self.faults.left_out();
        if left_out > 0 {
            writeln!(f, "and {}, not shown\n", count(left_out, "more fault"))?;
        }
        Ok(())
    }
}

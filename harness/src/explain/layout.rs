//! The layout for a terminal: paragraphs wrapped at its width, code and bytes as they are.

use unicode_width::UnicodeWidthStr;

use super::page::PARTS;
use super::{Example, Language, Page};
use crate::terminal::style::{DIM, HEADING, ITEM};

/// The parts of a page.
pub(crate) fn page(page: &Page, width: usize) -> String {
    let mut text = String::new();
    for (heading, part) in PARTS.into_iter().zip(page.parts) {
        text.push_str(&format!("\n{HEADING}{heading}{HEADING:#}\n"));
        text.push_str(&wrapped(part, width));
    }
    text
}

/// An example in one language.
pub(crate) fn example(example: &Example, language: Language) -> String {
    let mut text = format!(
        "\n{HEADING}Example in {}{HEADING:#} {DIM}({}){DIM:#}\n",
        language.name(),
        example.name
    );
    for line in example.source(language).lines() {
        text.push_str(format!("    {line}").trim_end());
        text.push('\n');
    }
    text
}

/// A sentence after a label, its further lines indented to the first one's start.
pub(crate) fn paragraph(label: &str, text: &str, width: usize) -> String {
    let indent = label.width();
    let mut lines = lines_of(text, width.saturating_sub(indent)).into_iter();
    let mut out = format!("{label}{}\n", lines.next().unwrap_or_default());
    for line in lines {
        out.push_str(&format!("{:indent$}{line}\n", ""));
    }
    out
}

/// Wraps the paragraphs of a part, and keeps what is indented by four spaces.
fn wrapped(part: &str, width: usize) -> String {
    let mut out = String::new();
    let mut paragraph = Vec::new();
    let flush = |paragraph: &mut Vec<&str>, out: &mut String| {
        for line in lines_of(&paragraph.join(" "), width) {
            out.push_str(&line);
            out.push('\n');
        }
        paragraph.clear();
    };
    for line in part.lines() {
        if line.is_empty() || line.starts_with("    ") {
            flush(&mut paragraph, &mut out);
            out.push_str(line);
            out.push('\n');
        } else {
            paragraph.push(line);
        }
    }
    flush(&mut paragraph, &mut out);
    out
}

/// Breaks a paragraph into lines. What is between backticks gets a style, on each line anew; the backticks stay,
/// for a terminal without colours.
fn lines_of(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut in_code = false;
    for word in paragraph.split_whitespace() {
        let size = word.width();
        if used > 0 && used + 1 + size > width {
            if in_code {
                line.push_str(&format!("{ITEM:#}"));
            }
            lines.push(std::mem::take(&mut line));
            used = 0;
            if in_code {
                line.push_str(&format!("{ITEM}"));
            }
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for (index, piece) in word.split('`').enumerate() {
            if index > 0 && in_code {
                line.push_str(&format!("`{ITEM:#}"));
            } else if index > 0 {
                line.push_str(&format!("{ITEM}`"));
            }
            in_code ^= index > 0;
            line.push_str(piece);
        }
        used += size;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(line: &str) -> String {
        anstream::adapter::strip_str(line).to_string()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [40, 72, 100] {
            for one in crate::explain::pages().flatten() {
                for line in page(&one, width).lines() {
                    let line = visible(line);
                    assert!(
                        line.width() <= width || line.starts_with("    ") || !line.contains(' '),
                        "{} at {width}: {line:?}",
                        one.rule
                    );
                }
            }
        }
    }

    #[test]
    fn words_between_backticks_are_styled_on_each_line() {
        let lines = lines_of("say `one two` and stop", 10);
        let open = format!("{ITEM}");
        let close = format!("{ITEM:#}");
        assert_eq!(
            lines,
            [
                format!("say {open}`one{close}"),
                format!("{open}two`{close} and"),
                "stop".to_owned()
            ]
        );
    }

    #[test]
    fn indented_lines_are_kept_and_paragraphs_stay_apart() {
        let text = wrapped("a\nb\n\n    GET / HTTP/1.1\n    \n\nc", 20);
        assert_eq!(text, "a b\n\n    GET / HTTP/1.1\n    \n\nc\n");
    }

    #[test]
    fn a_label_indents_the_further_lines() {
        assert_eq!(
            paragraph("Help  ", "one two three", 13),
            "Help  one two\n      three\n"
        );
    }
}

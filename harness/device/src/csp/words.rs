//! How faults are put into words.

use unicode_width::UnicodeWidthChar;

use crate::document::Diagnostic;
use crate::document::names::{nearest, one_of};

/// Says which name was meant; if none was, which names there are.
pub(super) fn unknown<'a>(
    fault: Diagnostic,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    match nearest(name, names.clone()) {
        Some(meant) => fault.cure(format!("write `{meant}`")),
        None => fault.expected(one_of(names)),
    }
}

/// A value as a message shows it: not too long, and without what cannot be seen.
/// Backslashes stay as they are, for paths are full of them.
pub(super) fn visible(value: &str) -> String {
    const LONGEST: usize = 80;
    // What has no width could turn what follows it around.
    let is_seen = |c: char| c.width().is_some_and(|width| width > 0);
    let seen = |c: char| if is_seen(c) { c } else { '\u{fffd}' };
    let mut shown: String = value.chars().take(LONGEST).map(seen).collect();
    if value.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// A fault in one sentence, for the `desc` of a response.
pub(super) fn describe(fault: &Diagnostic) -> String {
    let mut text = fault.found.clone();
    for (before, more) in [("; expected ", &fault.expected), ("; ", &fault.cure)] {
        if let Some(more) = more {
            text.push_str(before);
            text.push_str(more);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(visible("C:\\a.dll é"), "C:\\a.dll é");
        assert_eq!(visible("a\u{202E}b\u{1B}c"), "a\u{FFFD}b\u{FFFD}c");
        assert_eq!(visible(&"a".repeat(81)).chars().count(), 81);
        assert!(visible(&"a".repeat(81)).ends_with('…'));
    }
}

//! What the tests of several commands use.

pub(crate) mod compilers;

/// Fails where these words do not stand in the text in this order.
#[track_caller]
pub(crate) fn assert_order(text: &str, wanted: &[&str]) {
    let mut rest = text;
    for words in wanted {
        let at = rest.find(words);
        rest = &rest[at.unwrap_or_else(|| panic!("{words:?} does not follow in:\n{text}"))..];
    }
}

//! Names as they are shown in messages, and the nearest one to a wrong one.

use crate::printable::Printable;

/// The longest word that is compared or shown in full, in bytes.
const LONGEST: usize = 64;

/// The candidate that was most likely meant: the same in other letter case, or
/// one that differs by few letters.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST || word.contains(' ') {
        return None;
    }
    // A third of the letters may be wrong; more is another word.
    let letters = word.chars().count();
    let allowed = letters.div_ceil(3);
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        // No fewer letters are wrong than are missing or too many.
        .filter(|one| one.chars().count().abs_diff(letters) <= allowed)
        .map(|one| (strsim::osa_distance(&lower, &one.to_lowercase()), one))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, one)| one)
}

/// A word from a document in back-quotes, cut when it is long, with what cannot
/// be seen made visible.
pub fn quoted(word: &str) -> String {
    let shown = &word[..word.floor_char_boundary(LONGEST)];
    let more = if shown.len() < word.len() { "…" } else { "" };
    format!("`{}{more}`", Printable(shown))
}

/// Words in back-quotes, with commas and a last `or`.
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A number of things, as `1 byte` or `2 bytes`.
pub fn count(number: usize, of: &str) -> String {
    match number {
        1 => format!("1 {of}"),
        _ => format!("{number} {of}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_other_case_and_slips_but_no_other_word() {
        let names = ["MaxUsers", "MaxBluetoothUsers", "Enabled"];
        assert_eq!(nearest("maxusers", names), Some("MaxUsers"));
        assert_eq!(nearest("MaxUser", names), Some("MaxUsers"));
        assert_eq!(nearest("Enalbed", names), Some("Enabled"));
        assert_eq!(nearest("PeerlessTimeout", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"MaxUsers".repeat(9), names), None);
    }

    #[test]
    fn long_and_invisible_words_stay_readable() {
        assert_eq!(quoted("C:\\a\u{0}b"), r"`C:\a\u{0}b`");
        let long = quoted(&"é".repeat(100));
        assert!(long.ends_with("…`") && long.chars().count() < 40, "{long}");
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}

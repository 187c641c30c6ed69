//! Values as their datatypes write them.
//!
//! A datatype helps to parse a value and sets no bounds; ranges are the CSP's.

use super::Datatype;
use super::names::one_of;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Stands between the items of a `multiplestring`; two of them end the list.
pub const SEPARATOR: char = '\u{F000}';

/// Two separators: the end of a list.
const END: &str = "\u{F000}\u{F000}";

/// `true` or `1`, `false` or `0`, in any letter case: the HotSpot pages write
/// words, the Windows Phone 8.1 page writes digits.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A whole decimal number that fits 64 bits, with or without a sign.
pub fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// The items of a `multiplestring`: separated by U+F000, ended by two of them.
/// None if the end is missing, or where an empty item would end the list early.
pub fn strings(text: &str) -> Option<Vec<&str>> {
    let items = text.strip_suffix(END)?;
    if items.is_empty() {
        return Some(Vec::new());
    }
    let items: Vec<_> = items.split(SEPARATOR).collect();
    items.iter().all(|item| !item.is_empty()).then_some(items)
}

/// A `multiplestring` of these items. None if one is empty or holds U+F000,
/// which the form cannot say.
pub fn join_strings<'a>(items: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut text = String::new();
    for item in items {
        if item.is_empty() || item.contains(SEPARATOR) {
            return None;
        }
        if !text.is_empty() {
            text.push(SEPARATOR);
        }
        text.push_str(item);
    }
    text.push_str(END);
    Some(text)
}

/// The bytes of a `binary`: base64, with white space anywhere.
pub fn binary(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(dense).ok()
}

/// Whether the text is a value of this type; if not, what was expected.
pub(super) fn check(datatype: Datatype, text: &str) -> Result<(), String> {
    let fits = match datatype {
        Datatype::String => true,
        Datatype::Integer => is_integer(text),
        Datatype::Float => is_float(text),
        Datatype::Boolean => boolean(text).is_some(),
        Datatype::Binary => binary(text).is_some(),
        Datatype::MultipleString => strings(text).is_some(),
    };
    if fits {
        return Ok(());
    }
    Err(match datatype {
        Datatype::Boolean => one_of(["true", "false", "1", "0"]),
        Datatype::Integer => "a whole number in decimal digits".to_owned(),
        Datatype::Float => "a decimal number with a point".to_owned(),
        Datatype::Binary => "bytes in base64".to_owned(),
        Datatype::MultipleString => {
            "texts with &#xF000; between them and two &#xF000; at the end".to_owned()
        }
        Datatype::String => "text".to_owned(),
    })
}

/// Digits with or without a sign; how large is not asked.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What Rust reads as a number, but not its words (`inf`, `nan`).
fn is_float(text: &str) -> bool {
    text.parse::<f64>().is_ok()
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_datatype_takes_its_own_and_nothing_else() {
        let good = [
            (Datatype::Integer, "-12"),
            (Datatype::Integer, "99999999999999999999999"),
            (Datatype::String, ""),
            (Datatype::Float, "1.5e3"),
            (Datatype::Boolean, "TRUE"),
            (Datatype::Boolean, "0"),
            (Datatype::Binary, "AQ ID\nBA=="),
            (Datatype::MultipleString, "one\u{F000}two\u{F000}\u{F000}"),
            (Datatype::MultipleString, "\u{F000}\u{F000}"),
        ];
        for (datatype, text) in good {
            assert_eq!(check(datatype, text), Ok(()), "{datatype:?} {text:?}");
        }
        let bad = [
            (Datatype::Integer, ""),
            (Datatype::Integer, "0x10"),
            (Datatype::Integer, "5 "),
            (Datatype::Float, "inf"),
            (Datatype::Float, "1,5"),
            (Datatype::Boolean, "yes"),
            (Datatype::Binary, "AQI"),
            (Datatype::MultipleString, "one"),
            (Datatype::MultipleString, "one\u{F000}"),
            (
                Datatype::MultipleString,
                "one\u{F000}\u{F000}two\u{F000}\u{F000}",
            ),
        ];
        for (datatype, text) in bad {
            assert!(check(datatype, text).is_err(), "{datatype:?} {text:?}");
        }
    }

    #[test]
    fn lists_of_texts_come_back_as_they_went() {
        for items in [vec![], vec!["one"], vec!["one", "two", "three"]] {
            let text = join_strings(items.iter().copied()).expect("plain items");
            assert_eq!(strings(&text), Some(items));
        }
        assert_eq!(join_strings(["a", ""]), None);
        assert_eq!(join_strings(["a\u{F000}b"]), None);
    }
}

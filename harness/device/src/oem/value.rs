//! Values in a form, and the same values in a provisioning document.

use std::borrow::Cow;

use super::Form;
use crate::csp::{Node, ValueType};

/// Whether the type's values are numbers or truth values, which forms write in more
/// ways than documents do.
fn is_number(value_type: ValueType) -> bool {
    matches!(
        value_type,
        ValueType::Boolean | ValueType::Flag | ValueType::Integer { .. }
    )
}

/// A form's value as a document has it. What is no value of the node stays as it is,
/// for the provider to report.
pub(super) fn to_document<'a>(node: &Node, text: &'a str) -> Cow<'a, str> {
    if !is_number(node.value_type) {
        return Cow::Borrowed(text);
    }
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = hexadecimal
        // The sign would be taken as a part of the number.
        .filter(|digits| digits.bytes().all(|one| one.is_ascii_hexdigit()))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .map(|number| number.to_string());
    let decimal = number.map_or(Cow::Borrowed(text), Cow::Owned);
    if node.value_type == ValueType::Flag {
        if text.eq_ignore_ascii_case("true") {
            return Cow::Borrowed("1");
        }
        if text.eq_ignore_ascii_case("false") {
            return Cow::Borrowed("0");
        }
    }
    match node.value_type.read(&decimal) {
        Ok(stored) => Cow::Owned(stored.into_owned()),
        Err(_) => decimal,
    }
}

/// A stored value as a form has it, where the form can hold it.
///
/// # Errors
/// Why it cannot.
pub(super) fn to_form(form: Form, node: &Node, stored: &str) -> Result<String, &'static str> {
    match (form, node.value_type) {
        // Windows' page of WCD has the words of Enabled swapped; its sample has numbers.
        (_, ValueType::Boolean) => Ok(match stored {
            "true" => "1".to_owned(),
            _ => "0".to_owned(),
        }),
        (Form::Wcd, ValueType::Purposes) => match stored.contains(',') {
            true => Err("how several purposes are written is not documented"),
            false => Ok(format!("{{{}}}", stored.to_ascii_lowercase())),
        },
        (Form::Mcsf, value_type) if variable(value_type, stored).is_some() => {
            Err("it would be an error: an answer file does not replace `%…%`")
        }
        _ => Ok(stored.to_owned()),
    }
}

/// The environment variable in a value, as in `%SystemRoot%`: an answer file has
/// `$(…)` for what is replaced, and that one in paths of files to copy only. Links are
/// no places for one; in them the sign stands before the number of a byte.
pub(super) fn variable(value_type: ValueType, text: &str) -> Option<&str> {
    if matches!(value_type, ValueType::WebLink | ValueType::AppLink) {
        return None;
    }
    let mut from = 0;
    while let Some(open) = text[from..].find('%').map(|open| from + open) {
        let close = open + 1 + text[open + 1..].find('%')?;
        let name = &text[open + 1..close];
        let is_name = name.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_')
            && name
                .bytes()
                .all(|one| one.is_ascii_alphanumeric() || matches!(one, b'_' | b'(' | b')'));
        if is_name {
            return Some(&text[open..=close]);
        }
        from = close;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csp::hotspot::NODES;

    fn node(name: &str) -> &'static Node {
        NODES.iter().find(|node| node.name == name).expect("a node")
    }

    #[test]
    fn numbers_and_truth_values_become_those_of_a_document() {
        for (name, text, value) in [
            ("Enabled", "1", "true"),
            ("Enabled", "False", "false"),
            ("Enabled", "0x0", "false"),
            ("Enabled", "2", "2"),
            ("MaxUsers", "0x4", "4"),
            ("MaxUsers", "0X04", "4"),
            ("MaxUsers", "0x63", "99"),
            ("MaxUsers", "0x+4", "0x+4"),
            ("MaxUsers", "0xZ", "0xZ"),
            ("MaxUsers", "four", "four"),
            ("MOHelpNumber", "0x4", "0x4"),
            ("DedicatedConnections", "a;b;", "a;b;"),
            ("DedicatedConnections", "E8,03", "E8,03"),
        ] {
            assert_eq!(to_document(node(name), text), value, "{name} {text}");
        }
    }

    #[test]
    fn a_variable_stands_between_two_signs() {
        let path = ValueType::FilePath;
        assert_eq!(variable(path, r"%SystemRoot%\a.dll"), Some("%SystemRoot%"));
        assert_eq!(variable(path, r"100%\%x%"), Some("%x%"));
        assert_eq!(variable(path, "100%"), None);
        assert_eq!(variable(path, "%20b%20"), None);
        assert_eq!(variable(path, "%%"), None);
        assert_eq!(
            variable(ValueType::WebLink, "http://a.example/%C3%A9"),
            None
        );
    }
}

//! Text as a literal of a programming language. It comes from a profile, and can be anything.

/// A string literal of C and C++. Bytes that are not printable ASCII are octal, and so is the question mark, which begins
/// trigraphs.
pub(super) fn c_string(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                literal.push('\\');
                literal.push(char::from(byte));
            }
            b' '..=b'~' if byte != b'?' => literal.push(char::from(byte)),
            _ => literal.push_str(&format!("\\{byte:03o}")),
        }
    }
    literal.push('"');
    literal
}

/// A string literal of Rust, which is one of TOML for printable ASCII.
pub(super) fn rust_string(text: &str) -> String {
    format!("\"{}\"", text.escape_default())
}

/// A string of TOML.
pub(super) fn toml_string(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_ends_where_its_text_does() {
        assert_eq!(c_string("a\"\\\n?é"), r#""a\"\\\012\077\303\251""#);
        assert_eq!(rust_string("a\"\\\n"), r#""a\"\\\n""#);
        let text = "a\"'\\\n\u{7f}";
        let table: toml::Table = format!("x = {}", toml_string(text)).parse().expect("TOML");
        assert_eq!(table["x"].as_str(), Some(text));
    }
}

//! The forms in which nodes refer to links, strings and files.

use std::fmt;

/// A string of a resource library: `@<path>,-<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StringReference {
    /// The library's path on the device.
    pub library: String,
    /// The string's identifier.
    pub id: u16,
}

impl StringReference {
    /// Reads `@<path>,-<id>`. Identifiers of strings have 16 bits; 0 is none.
    pub fn parse(text: &str) -> Option<Self> {
        // A path may hold a comma, so the last one counts.
        let (library, id) = text.strip_prefix('@')?.rsplit_once(",-")?;
        let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || library.is_empty() || !is_file_path(library) {
            return None;
        }
        let id = id.parse().ok().filter(|id| *id > 0)?;
        Some(Self {
            library: library.to_owned(),
            id,
        })
    }

    /// The reference that was meant, where `@` or `-` was left out.
    pub(super) fn mend(text: &str) -> Option<Self> {
        let (library, id) = text.strip_prefix('@').unwrap_or(text).rsplit_once(',')?;
        let id = id.trim().strip_prefix('-').unwrap_or(id.trim());
        Self::parse(&format!("@{library},-{id}"))
    }
}

impl fmt::Display for StringReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{},-{}", self.library, self.id)
    }
}

/// The names in a list with semicolons between them; a last semicolon is taken,
/// an empty name between others is not.
pub(super) fn names(text: &str) -> Option<Vec<&str>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    let names: Vec<_> = text
        .strip_suffix(';')
        .unwrap_or(text)
        .split(';')
        .map(str::trim)
        .collect();
    names.iter().all(|name| is_name(name)).then_some(names)
}

/// Whether this can be the name of a connection.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(';') && !has_control(text)
}

/// Whether this can be dialled: digits with the usual signs among them.
pub(super) fn is_telephone(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+*#-()./ ".contains(&byte))
}

/// Whether this is a web link: http or https, or a host and path without scheme.
pub(super) fn is_web_link(text: &str) -> bool {
    let rest = match text.split_once("://") {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") =>
        {
            rest
        }
        Some(_) => return false,
        None => text,
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_is_named = host.contains(|c: char| c.is_alphanumeric());
    host_is_named && !rest.contains(char::is_whitespace) && !has_control(rest)
}

/// Whether this is `app://` and the name of an application.
pub(super) fn is_app_link(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    scheme.eq_ignore_ascii_case("app")
        && rest.starts_with(|c: char| c.is_alphanumeric() || c == '{')
        && !rest.contains(char::is_whitespace)
        && !has_control(rest)
}

/// Whether Windows could have a file of this path. Empty is allowed: it means
/// that there is none.
pub(super) fn is_file_path(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let bytes = text.as_bytes();
    let rest = if bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' {
        &text[2..]
    } else {
        text
    };
    let is_forbidden = |c: char| "<>:\"|?*".contains(c) || c.is_control();
    !rest.contains(is_forbidden) && !rest.ends_with(['\\', '/']) && !rest.is_empty()
}

fn has_control(text: &str) -> bool {
    text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_reference_names_a_library_and_a_number() {
        let parsed = StringReference::parse(r"@C:\Windows\a,b.dll,-101").expect("a reference");
        assert_eq!(parsed.library, r"C:\Windows\a,b.dll");
        assert_eq!(parsed.id, 101);
        assert_eq!(parsed.to_string(), r"@C:\Windows\a,b.dll,-101");
        for bad in [
            "",
            "@",
            "@,-1",
            "@a.dll",
            "@a.dll,101",
            "a.dll,-1",
            "@a.dll,-",
            "@a.dll,-65536",
            "@a.dll,-0",
            "@a.dll,-+1",
            "@a?.dll,-1",
        ] {
            assert_eq!(StringReference::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn links_and_names_have_their_forms() {
        type Form = fn(&str) -> bool;
        let table: [(&str, Form, &[&str], &[&str]); 5] = [
            (
                "web link",
                is_web_link,
                &[
                    "contoso.com/help",
                    "http://a.example",
                    "HTTPS://a.example/?x=1",
                ],
                &["", "ftp://a.example", "http://", "a b", "/help", "app://x"],
            ),
            (
                "application link",
                is_app_link,
                &[
                    "app://MOapp",
                    "APP://5B04B775-356B-4AA0-AAF8-6491FFEA5660/_default",
                ],
                &[
                    "",
                    "app://",
                    "app:MOapp",
                    "MOapp",
                    "http://MOapp",
                    "app://a b",
                ],
            ),
            (
                "telephone number",
                is_telephone,
                &["611", "+1 (425) 555-0100", "*#06#"],
                &["", "+", "call us", "1800-CALL"],
            ),
            (
                "file path",
                is_file_path,
                &[
                    r"C:\Windows\System32\a.dll",
                    "a.dll",
                    r"\\server\share\a.dll",
                    "%SystemRoot%/a.dll",
                ],
                &[r"C:\Windows\", r"C:\a?.dll", "C:", "a|b", "1:x.dll"],
            ),
            (
                "name",
                is_name,
                &["Internet", "My APN"],
                &["", " a", "a;b", "a\n"],
            ),
        ];
        for (what, is, good, bad) in table {
            for text in good {
                assert!(is(text), "{what}: {text}");
            }
            for text in bad {
                assert!(!is(text), "not a {what}: {text}");
            }
        }
        assert_eq!(names("a;;b"), None);
        assert_eq!(names(";"), None);
    }
}

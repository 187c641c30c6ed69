//! The formats in which nodes refer to links, strings and files.

use std::fmt;
use std::net::Ipv6Addr;

/// A string of a resource library: `@<path>,-<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StringReference {
    /// The library's path on the device.
    pub library: String,
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
    pub(super) fn corrected(text: &str) -> Option<Self> {
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

/// A GUID with hyphens, in braces or not, as it is stored: in capitals, without them.
pub(super) fn guid(text: &str) -> Option<String> {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    let lengths = inner.split('-').map(str::len);
    let is_guid = lengths.eq([8, 4, 4, 4, 12])
        && inner
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    is_guid.then(|| inner.to_ascii_uppercase())
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
    let (rest, has_scheme) = match text.split_once("://") {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") =>
        {
            (rest, true)
        }
        Some((before, _)) if !before.contains(['/', '?', '#']) => return false,
        _ => (text, false),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let is_host = if let Some(inner) = authority.strip_prefix('[') {
        // What stands in brackets is an address.
        inner.split_once(']').is_some_and(|(address, port)| {
            address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || is_port(port))
        })
    } else {
        let colon = authority.find(':').unwrap_or(authority.len());
        let (host, port) = authority.split_at(colon);
        // `tel:611` is no host with a port.
        is_host(host) && (has_scheme || host.contains('.')) && (port.is_empty() || is_port(port))
    };
    is_host && !path.contains(char::is_whitespace) && !has_control(path)
}

/// Whether names could be made of this: labels of letters, digits and hyphens, or
/// an address. Letters of other languages are taken as they are.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|one| one.is_alphanumeric() || matches!(one, '-' | '_'))
    };
    text.strip_suffix('.')
        .unwrap_or(text)
        .split('.')
        .all(is_label)
}

/// Whether this is `:` and the number of a port.
fn is_port(text: &str) -> bool {
    text.strip_prefix(':')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .is_some_and(|digits| digits.parse::<u16>().is_ok())
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
    let is_separator = ['\\', '/'];
    !rest.contains(is_forbidden)
        && !rest.ends_with(is_separator)
        && !rest.is_empty()
        && rest
            .split(is_separator)
            .filter(|name| !name.is_empty())
            .all(is_file_name)
}

/// Whether a file or a folder can have this name. Windows drops dots and spaces at
/// its end, and keeps some names for devices.
fn is_file_name(text: &str) -> bool {
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let stem = text.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_lowercase();
    let is_numbered = |kind: &str| {
        stem.strip_prefix(kind)
            .is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']))
    };
    !text.ends_with(['.', ' '])
        && !DEVICES.contains(&stem.as_str())
        && !is_numbered("com")
        && !is_numbered("lpt")
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
        type Check = fn(&str) -> bool;
        let table: [(&str, Check, &[&str], &[&str]); 5] = [
            (
                "web link",
                is_web_link,
                &[
                    "contoso.com/help",
                    "http://a.example",
                    "HTTPS://a.example/?x=1",
                    "a.example/?next=http://b.example",
                    "http://a.example:8080",
                    "bücher.example.",
                    "http://[2001:db8::1]:80/help",
                    "192.0.2.1",
                ],
                &[
                    "",
                    "ftp://a.example",
                    "http://",
                    "a b",
                    "/help",
                    "app://x",
                    "javascript:alert(1)",
                    "data:text/html,hi",
                    "mailto:a@a.example",
                    "tel:611",
                    "app:x",
                    "http:/a.example",
                    "http:a.example",
                    "http://:80",
                    "http://[::1",
                    "http://[a]",
                    "...a",
                    "a.example:99999",
                    "a.example:",
                    "a.ex\u{202E}ample",
                    "a.example/ b",
                ],
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
                    r"C:\Windows\\a.dll",
                ],
                &[
                    r"C:\Windows\",
                    r"C:\a?.dll",
                    "C:",
                    "a|b",
                    "1:x.dll",
                    " ",
                    ".",
                    r"..\a.dll",
                    r"C:\..\a.dll",
                    "a.dll ",
                    "a.",
                    "CON",
                    r"C:\nul.dll",
                    "com1",
                ],
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

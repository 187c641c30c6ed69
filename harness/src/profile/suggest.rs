//! Which parts of a request that was seen say what it is, for a profile that is made from it.

use serde_json::Value;

use super::har::is_volatile;

/// Header fields that every client sends, or that a proxy adds: no condition is made of them.
const USUAL: &[&str] = &[
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "host",
    "keep-alive",
    "pragma",
    "te",
    "traceparent",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-request-id",
];

/// A form field whose value says which request it is.
pub(crate) const TELLING: &[&str] = &["grant_type", "action", "method", "op", "operation", "type"];

/// The path with `{id}` for parts that are identities or random.
pub(crate) fn path_shape(path: &str) -> String {
    let mut number = 0;
    let parts = path.split('/').map(|part| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        if digits >= 6 || part.len() >= 32 {
            number += 1;
            return if number == 1 {
                "{id}".to_owned()
            } else {
                format!("{{id{number}}}")
            };
        }
        part.to_owned()
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The paths of all members of a JSON value that are no objects.
pub(crate) fn members(value: &Value, path: &str, paths: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                members(value, &path, paths);
            }
        }
        Value::Null => {}
        _ if !path.is_empty() => paths.push(path.to_owned()),
        _ => {}
    }
}

/// The pattern for a header field, if it is one that not every client sends.
pub(crate) fn header_pattern(name: &str, value: &str) -> Option<String> {
    if USUAL.contains(&name.to_ascii_lowercase().as_str()) || is_volatile(name) {
        return None;
    }
    Some(match value.split_once(' ') {
        Some((scheme, _)) if name.eq_ignore_ascii_case("authorization") => format!("{scheme} *"),
        _ => "*".to_owned(),
    })
}

/// The pattern for a form field.
pub(crate) fn form_pattern(name: &str, value: &str) -> String {
    match TELLING.contains(&name) {
        true => value.to_owned(),
        false => "*".to_owned(),
    }
}

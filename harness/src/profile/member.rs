//! The member of a response that decides.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::xml::XmlPath;

/// A member of a JSON body, such as `result.tethering`, or a value of an XML body, such as `/doc/item/@value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberPath {
    /// Names and list indexes between dots.
    Json(String),
    Xml(XmlPath),
}

impl FromStr for MemberPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('/') {
            return text.parse().map(Self::Xml);
        }
        if text.split('.').any(str::is_empty) {
            return Err(
                "a member is named by its path, such as `result.tethering` in JSON or `/doc/item/@value` in XML"
                    .to_owned(),
            );
        }
        Ok(Self::Json(text.to_owned()))
    }
}

impl fmt::Display for MemberPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(path) => formatter.write_str(path),
            Self::Xml(path) => path.fmt(formatter),
        }
    }
}

impl MemberPath {
    /// The value in a body, as text. None if the body has no such member.
    pub fn value(&self, body: &[u8]) -> Option<String> {
        match self {
            Self::Json(path) => {
                let json: Value = serde_json::from_slice(body).ok()?;
                json_at(&json, path).map(json_text)
            }
            Self::Xml(path) => path
                .find(std::str::from_utf8(body).ok()?)
                .map(|found| found.value),
        }
    }
}

/// The member of a JSON value at a path.
pub(crate) fn json_at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| match value {
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        other => other.get(name),
    })
}

/// The object or list that holds the member at a path, and the member's name in it.
pub(crate) fn json_parent<'a, 'path>(
    value: &'a mut Value,
    path: &'path str,
) -> Option<(&'a mut Value, &'path str)> {
    let (parents, name) = match path.rsplit_once('.') {
        Some((parents, name)) => (Some(parents), name),
        None => (None, path),
    };
    let mut parent = value;
    for part in parents.iter().flat_map(|path| path.split('.')) {
        parent = match parent {
            Value::Array(list) => list.get_mut(part.parse::<usize>().ok()?)?,
            other => other.get_mut(part)?,
        };
    }
    Some((parent, name))
}

/// A JSON value as text: strings without quotes.
pub(crate) fn json_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_in_both_formats() {
        let value =
            |path: &str, body: &str| path.parse::<MemberPath>().unwrap().value(body.as_bytes());
        let json = r#"{"result":{"code":0,"list":[{"tethering":"ALLOWED"}]}}"#;
        assert_eq!(
            value("result.list.0.tethering", json).as_deref(),
            Some("ALLOWED")
        );
        assert_eq!(value("result.code", json).as_deref(), Some("0"));
        assert_eq!(value("result.none", json), None);
        assert_eq!(
            value("/a/b/@c", r#"<a><b c="1"/></a>"#).as_deref(),
            Some("1")
        );
        assert!("a..b".parse::<MemberPath>().is_err());
        assert!("".parse::<MemberPath>().is_err());
    }
}

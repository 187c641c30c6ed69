//! The allow response with a wrong deciding member, in JSON and in XML.

use serde_json::{Map, Value};

use super::content::Shape;
use crate::profile::member::{json_parent, json_text};
use crate::profile::{MemberPath, Responses};

/// A string that no body has, in place of an object that is written by hand.
const PLACEHOLDER: &str = "\u{1}the object with the deciding member\u{1}";

/// The allow body with its deciding member made wrong. None if it has none, or none that can be wrong in this way.
pub(crate) fn with_wrong_shape(responses: &Responses, shape: Shape) -> Option<Vec<u8>> {
    let body = &responses.allow.body;
    let path = responses.member.as_ref()?;
    // The value of the deny response, if it has one at the same place.
    let denied = path.value(&responses.deny.body);
    match path {
        MemberPath::Json(path) => in_json(body, path, denied.as_deref(), shape),
        MemberPath::Xml(path) => {
            let text = std::str::from_utf8(body).ok()?;
            let found = path.find(text)?;
            let element = &text[found.element.clone()];
            let with = |value: &str| {
                let value = quick_xml::escape::escape(value);
                let (before, after) = (&text[..found.at.start], &text[found.at.end..]);
                format!("{before}{value}{after}").into_bytes()
            };
            let twice = |first: &str, second: &str| {
                let (before, after) = (&text[..found.element.start], &text[found.element.end..]);
                let at = found.at.start - found.element.start..found.at.end - found.element.start;
                let one =
                    |value: &str| format!("{}{value}{}", &element[..at.start], &element[at.end..]);
                format!("{before}{}{}{after}", one(first), one(second)).into_bytes()
            };
            let value = found.value.as_str();
            let denied = denied.unwrap_or_else(|| "denied".to_owned());
            match shape {
                Shape::Missing => {
                    let (before, after) =
                        (&text[..found.element.start], &text[found.element.end..]);
                    Some(format!("{before}{after}").into_bytes())
                }
                Shape::OtherType if value != "true" => Some(with("true")),
                Shape::ThenDenied => Some(twice(value, &denied)),
                Shape::ThenAllowed => Some(twice(&denied, value)),
                // XML has text only.
                Shape::Null | Shape::OtherType | Shape::List | Shape::Object => None,
                other => word(value, other).map(|value| with(&value)),
            }
        }
    }
}

/// A body with another value of a member. None if it has no such member.
pub(super) fn with_value(
    body: &[u8],
    path: &MemberPath,
    value: impl Fn(&str) -> String,
) -> Option<Vec<u8>> {
    match path {
        MemberPath::Json(path) => {
            let mut document: Value = serde_json::from_slice(body).ok()?;
            let (parent, name) = json_parent(&mut document, path)?;
            let member = parent.as_object_mut()?.get_mut(name)?;
            let new = value(&json_text(member));
            *member = match member {
                Value::Number(_) => new.parse().map_or_else(|_| new.into(), Value::Number),
                _ => new.into(),
            };
            serde_json::to_vec(&document).ok()
        }
        MemberPath::Xml(path) => {
            let text = std::str::from_utf8(body).ok()?;
            let found = path.find(text)?;
            let new = value(&found.value);
            let new = quick_xml::escape::escape(new.as_str());
            let (before, after) = (&text[..found.at.start], &text[found.at.end..]);
            Some(format!("{before}{new}{after}").into_bytes())
        }
    }
}

/// The value as another word.
fn word(value: &str, shape: Shape) -> Option<String> {
    match shape {
        Shape::LongerBefore => Some(format!("dis{value}")),
        Shape::LongerAfter => Some(format!("{value}-never")),
        Shape::OtherCase => {
            let swapped: String = value.chars().map(swap_case).collect();
            // Digits have no case.
            (swapped != value).then_some(swapped)
        }
        Shape::Empty => Some(String::new()),
        Shape::Spaces => Some(format!(" {value} ")),
        Shape::Missing
        | Shape::Null
        | Shape::OtherType
        | Shape::List
        | Shape::Object
        | Shape::ThenDenied
        | Shape::ThenAllowed => None,
    }
}

fn swap_case(letter: char) -> char {
    if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    }
}

fn in_json(body: &[u8], path: &str, denied: Option<&str>, shape: Shape) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(body).ok()?;
    let (parent, name) = json_parent(&mut document, path)?;
    let object = parent.as_object_mut()?;
    let value = object.get(name)?.clone();
    let denied = denied_value(&value, denied);
    let wrong = match shape {
        Shape::Missing => {
            object.remove(name);
            return serde_json::to_vec(&document).ok();
        }
        Shape::Null => Value::Null,
        // A value that a careless reader takes for true.
        Shape::OtherType => match value {
            Value::Bool(value) => Value::String(value.to_string()),
            Value::Number(number) => Value::String(number.to_string()),
            _ => Value::Bool(true),
        },
        Shape::List => vec![value].into(),
        Shape::Object => Value::Object([(name.to_owned(), value)].into_iter().collect()),
        Shape::ThenDenied | Shape::ThenAllowed => {
            let values = match shape {
                Shape::ThenDenied => [&value, &denied],
                _ => [&denied, &value],
            };
            let text = twice(object, name, values)?;
            *parent = PLACEHOLDER.into();
            let placeholder = Value::from(PLACEHOLDER).to_string();
            return Some(
                document
                    .to_string()
                    .replacen(&placeholder, &text, 1)
                    .into_bytes(),
            );
        }
        other => word(&json_text(&value), other)?.into(),
    };
    object.insert(name.to_owned(), wrong);
    serde_json::to_vec(&document).ok()
}

/// A value that denies: the deny response's own, if it is of the same type.
fn denied_value(value: &Value, denied: Option<&str>) -> Value {
    match value {
        Value::Bool(value) => Value::Bool(!value),
        Value::Number(_) => denied
            .and_then(|text| text.parse().ok())
            .map_or(Value::from(-1), Value::Number),
        _ => denied.unwrap_or("denied").into(),
    }
}

/// The object with its deciding member twice, which no JSON library writes.
fn twice(object: &Map<String, Value>, member: &str, values: [&Value; 2]) -> Option<String> {
    let name = serde_json::to_string(member).ok()?;
    let [first, second] = values;
    let mut text = format!("{{{name}:{first},{name}:{second}");
    for (name, value) in object.iter().filter(|(name, _)| *name != member) {
        text += &format!(",{}:{value}", serde_json::to_string(name).ok()?);
    }
    text.push('}');
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::CannedResponse;

    fn responses(path: &str, allow: &str, deny: &str) -> Responses {
        let canned = |body: &str| CannedResponse {
            status: 200,
            body: body.as_bytes().to_vec(),
            ..CannedResponse::default()
        };
        Responses {
            allow: canned(allow),
            deny: canned(deny),
            further_denials: Vec::new(),
            member: path.parse().ok(),
            deny_member: None,
        }
    }

    fn shaped(responses: &Responses, shape: Shape) -> Option<String> {
        with_wrong_shape(responses, shape).map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn shapes_are_made_from_the_allow_body() {
        let carrier = responses("status", r#"{"status":"allowed"}"#, "1000");
        for (shape, expected) in [
            (Shape::Missing, "{}"),
            (Shape::Null, r#"{"status":null}"#),
            (Shape::OtherType, r#"{"status":true}"#),
            (Shape::LongerBefore, r#"{"status":"disallowed"}"#),
            (Shape::LongerAfter, r#"{"status":"allowed-never"}"#),
            (Shape::OtherCase, r#"{"status":"ALLOWED"}"#),
            (Shape::Spaces, r#"{"status":" allowed "}"#),
            (Shape::List, r#"{"status":["allowed"]}"#),
            (Shape::Object, r#"{"status":{"status":"allowed"}}"#),
            (
                Shape::ThenDenied,
                r#"{"status":"allowed","status":"denied"}"#,
            ),
            (
                Shape::ThenAllowed,
                r#"{"status":"denied","status":"allowed"}"#,
            ),
        ] {
            assert_eq!(
                shaped(&carrier, shape).as_deref(),
                Some(expected),
                "{shape}"
            );
        }
    }

    #[test]
    fn a_value_that_is_no_text_gets_the_same_shapes() {
        let minimal = responses("entitled", r#"{"entitled":true}"#, r#"{"entitled":false}"#);
        let body = |shape| shaped(&minimal, shape).unwrap();
        assert_eq!(body(Shape::OtherType), r#"{"entitled":"true"}"#);
        assert_eq!(body(Shape::LongerBefore), r#"{"entitled":"distrue"}"#);
        assert_eq!(
            body(Shape::ThenAllowed),
            r#"{"entitled":false,"entitled":true}"#
        );
    }

    #[test]
    fn a_member_of_a_member_gets_them_as_well() {
        let nested = responses(
            "result.tethering",
            r#"{"result":{"code":0,"tethering":"ALLOWED"}}"#,
            r#"{"result":{"code":0,"tethering":"DENIED"}}"#,
        );
        let body = |shape| shaped(&nested, shape).unwrap();
        assert_eq!(body(Shape::Missing), r#"{"result":{"code":0}}"#);
        assert_eq!(
            body(Shape::OtherCase),
            r#"{"result":{"code":0,"tethering":"allowed"}}"#
        );
        assert_eq!(
            body(Shape::ThenDenied),
            r#"{"result":{"tethering":"ALLOWED","tethering":"DENIED","code":0}}"#
        );
        let number = responses("a.0.b", r#"{"a":[{"b":1}]}"#, r#"{"a":[{"b":2}]}"#);
        assert_eq!(
            shaped(&number, Shape::ThenAllowed).unwrap(),
            r#"{"a":[{"b":2,"b":1}]}"#
        );
        assert_eq!(
            shaped(&number, Shape::OtherCase),
            None,
            "digits have no case"
        );
    }

    #[test]
    fn a_value_in_xml_gets_those_that_text_can_have() {
        let xml = responses(
            "/d/p[@n='s']/@v",
            r#"<d><p n="s" v="1"/></d>"#,
            r#"<d><p n="s" v="0"/></d>"#,
        );
        let body = |shape| shaped(&xml, shape);
        assert_eq!(body(Shape::Missing).unwrap(), "<d></d>");
        assert_eq!(
            body(Shape::OtherType).unwrap(),
            r#"<d><p n="s" v="true"/></d>"#
        );
        assert_eq!(
            body(Shape::LongerAfter).unwrap(),
            r#"<d><p n="s" v="1-never"/></d>"#
        );
        assert_eq!(
            body(Shape::ThenDenied).unwrap(),
            r#"<d><p n="s" v="1"/><p n="s" v="0"/></d>"#
        );
        assert_eq!(body(Shape::Empty).unwrap(), r#"<d><p n="s" v=""/></d>"#);
        assert_eq!(body(Shape::List), None);
        assert_eq!(body(Shape::OtherCase), None);
    }

    #[test]
    fn a_body_without_a_deciding_member_has_no_shape() {
        let none = responses("", "{}", "{}");
        assert_eq!(shaped(&none, Shape::Null), None);
        let absent = responses("status", "{}", "{}");
        assert_eq!(shaped(&absent, Shape::Missing), None);
    }
}

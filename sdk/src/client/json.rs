//! JSON of any shape, in which no object has two members of the same name.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// JSON of any shape, in which no object has two members of the same name, for [`Response::json`](super::Response::json).
///
/// [`serde_json::Value`] keeps the last of them and other parsers the first, so that a decision could depend on the parser
/// (RFC 8259, section 4). A `struct` that derives `Deserialize` refuses them too.
///
/// ```no_run
/// # async fn f(answer: ics_entitlement::Response) -> Result<(), ics_entitlement::Unavailable> {
/// use ics_entitlement::UniqueJson;
///
/// let UniqueJson(reply) = answer.json().await?;
/// let status = reply.pointer("/data/0/status").and_then(|status| status.as_str());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct UniqueJson(pub Value);

impl<'de> Deserialize<'de> for UniqueJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number out of range"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(UniqueJson(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, UniqueJson(value))) = members.next_entry::<String, _>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_serde_json_reads_them() {
        let text =
            r#"{"a": [null, true, -1, 18446744073709551615, 0.5, "\u00fc"], "b": {"a": {}}}"#;
        let UniqueJson(value) = serde_json::from_str(text).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn two_members_of_one_name_are_an_error_at_any_depth() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"[{"b": {"a": 1, "c": 2, "\u0061": 3}}]"#,
        ] {
            let error = serde_json::from_str::<UniqueJson>(text).unwrap_err();
            assert!(
                error.to_string().starts_with("duplicate field `a`"),
                "{error}"
            );
        }
    }
}

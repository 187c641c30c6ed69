//! A response in JSON: one member for each characteristic of the document, or an EAP packet.

use std::fmt;

use ics_entitlement::Unavailable;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Answer, Document, only};

/// The member with a challenge for the SIM.
pub(crate) const PACKET: &str = "eap-relay-packet";

/// Reads the answer out of the top-level object.
pub(super) fn answer(body: &Value, app: &str) -> Result<Answer, Unavailable> {
    if let Some(packet) = body.text(PACKET)? {
        return Ok(Answer::Challenge(packet.to_owned()));
    }
    let version = match body.member("Vers")? {
        Some(vers) => match (vers.text("version")?, vers.text("validity")?) {
            (Some(version), Some(validity)) => Some((version.to_owned(), validity.to_owned())),
            _ => return Err(Unavailable::because("Vers without version or validity")),
        },
        None => None,
    };
    let status = match body.member(app)? {
        Some(application) => application.text("EntitlementStatus")?.map(str::to_owned),
        None => None,
    };
    Ok(Answer::Document(Document { version, status }))
}

/// A JSON value with every member of its objects, also those whose name occurs twice: serde_json's own type keeps the
/// last of them, and another program may keep the first.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    Object(Vec<(String, Value)>),
    /// Everything that the document does not use.
    Other,
}

impl Value {
    /// The member of that name, in whichever letter case.
    fn member(&self, name: &str) -> Result<Option<&Self>, Unavailable> {
        let Self::Object(members) = self else {
            return Err(Unavailable::because(format!(
                "no object that could have {name}"
            )));
        };
        let named = members
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        only(name, named.map(|(_, value)| value))
    }

    /// The text of the member of that name.
    fn text(&self, name: &str) -> Result<Option<&str>, Unavailable> {
        match self.member(name)? {
            None => Ok(None),
            Some(Self::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Unavailable::because(format!("{name} is not text"))),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Value::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Answer, Unavailable> {
        answer(&serde_json::from_str(text)?, "ap2099")
    }

    fn status(text: &str) -> Option<String> {
        match read(text).unwrap() {
            Answer::Document(document) => document.status,
            Answer::Challenge(packet) => panic!("a challenge: {packet}"),
        }
    }

    #[test]
    fn a_document_has_version_and_status() {
        let text = r#"{"Vers":{"version":"1","validity":"172800"},"Token":{"token":"a\/b"},
            "ap2004":{"EntitlementStatus":"0"},"ap2099":{"EntitlementStatus":"1","more":[1,{}]},"n":null,"f":-1.5}"#;
        let expected = Document {
            version: Some(("1".to_owned(), "172800".to_owned())),
            status: Some("1".to_owned()),
        };
        assert_eq!(read(text).unwrap(), Answer::Document(expected));
    }

    #[test]
    fn names_may_be_in_another_letter_case() {
        let text = r#"{"VERS":{"Version":"1","VALIDITY":"0"},"AP2099":{"entitlementstatus":"1"}}"#;
        assert_eq!(status(text).as_deref(), Some("1"));
    }

    #[test]
    fn the_status_of_another_application_is_not_read() {
        assert_eq!(status(r#"{"ap2004":{"EntitlementStatus":"1"}}"#), None);
        assert_eq!(status(r#"{"EntitlementStatus":"1"}"#), None);
        assert_eq!(
            status(r#"{"x":{"ap2099":{"EntitlementStatus":"1"}}}"#),
            None
        );
    }

    #[test]
    fn a_challenge_is_no_document() {
        let text = r#"{"eap-relay-packet":"AQIABQE=","ap2099":{"EntitlementStatus":"1"}}"#;
        assert_eq!(
            read(text).unwrap(),
            Answer::Challenge("AQIABQE=".to_owned())
        );
        let escaped = r#"{"eap-relay-packet":"A\/A="}"#;
        assert_eq!(read(escaped).unwrap(), Answer::Challenge("A/A=".to_owned()));
    }

    #[test]
    fn what_occurs_twice_or_is_no_text_is_an_error() {
        for text in [
            r#"{"ap2099":{"EntitlementStatus":"1","EntitlementStatus":"0"}}"#,
            r#"{"ap2099":{"EntitlementStatus":"1","entitlementStatus":"1"}}"#,
            r#"{"ap2099":{"EntitlementStatus":"1"},"ap2099":{"EntitlementStatus":"0"}}"#,
            r#"{"ap2099":{"EntitlementStatus":1}}"#,
            r#"{"ap2099":{"EntitlementStatus":["1"]}}"#,
            r#"{"ap2099":"1"}"#,
            r#"{"Vers":{"version":"1"},"ap2099":{"EntitlementStatus":"1"}}"#,
            r#"{"Vers":{"version":1,"validity":1},"ap2099":{"EntitlementStatus":"1"}}"#,
            r#"["ap2099"]"#,
            r#""1""#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

//! Configuration documents in XML and JSON, with everything that a fault may look at.

use std::fmt;
use std::marker::PhantomData;

use ics_entitlement::Unavailable;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// A characteristic and its parms. In JSON, the member of an application is an `APPLICATION` whose
/// `AppID` is the member's name.
#[derive(Debug, Default)]
pub(super) struct Characteristic {
    pub(super) kind: String,
    pub(super) parms: Vec<(String, String)>,
    /// The parms of characteristics within this one.
    pub(super) nested: Vec<(String, String)>,
}

/// How a document is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strictness {
    /// Whether an `&` has to be escaped.
    pub(super) ampersands: bool,
    /// Whether the document may end before its last element does.
    pub(super) takes_fragments: bool,
}

/// Reads XML.
pub(super) fn of_xml(
    text: &str,
    strictness: Strictness,
) -> Result<Vec<Characteristic>, Unavailable> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = !strictness.ampersands;
    let mut found: Vec<Characteristic> = Vec::new();
    let (mut depth, mut roots) = (0_usize, 0);
    loop {
        let event = match reader.read_event() {
            Err(_) if strictness.takes_fragments => return Ok(found),
            event => event?,
        };
        let (element, opens) = match event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::End(_) => {
                depth -= 1;
                continue;
            }
            Event::Eof if depth == 0 && roots == 1 || strictness.takes_fragments => {
                return Ok(found);
            }
            Event::Eof => return Err(Unavailable::because("the document is incomplete")),
            Event::Text(text) if depth == 0 && !text.trim_ascii().is_empty() => {
                return Err(Unavailable::because("text outside of the document"));
            }
            Event::CData(_) | Event::GeneralRef(_) if depth == 0 => {
                return Err(Unavailable::because("text outside of the document"));
            }
            _ => continue,
        };
        let value = |name: &str| attribute(&element, name, strictness);
        match (depth, element.name().as_ref()) {
            (0, "wap-provisioningdoc") => roots += 1,
            (0, _) => return Err(Unavailable::because("another document")),
            (1, "characteristic") => found.push(Characteristic {
                kind: value("type")?,
                ..Characteristic::default()
            }),
            (2.., "parm") => {
                let parm = (value("name")?, value("value")?);
                match (found.last_mut(), depth) {
                    (Some(last), 2) => last.parms.push(parm),
                    (Some(last), _) => last.nested.push(parm),
                    (None, _) => {}
                }
            }
            _ => {}
        }
        depth += usize::from(opens);
    }
}

fn attribute(
    element: &BytesStart<'_>,
    name: &str,
    strictness: Strictness,
) -> Result<String, Unavailable> {
    let mut found = String::new();
    for attribute in element.attributes() {
        let attribute = attribute?;
        if attribute.key.as_ref() == name {
            found = match unescape(&attribute.value) {
                Err(error) if strictness.ampersands => return Err(error.into()),
                Err(_) => attribute.value.to_string(),
                Ok(value) => value.into_owned(),
            };
        }
    }
    Ok(found)
}

/// Reads JSON; the second value is the EAP packet, if there is one.
pub(super) fn of_json(text: &str) -> Result<(Vec<Characteristic>, Option<String>), Unavailable> {
    let Members(members) = serde_json::from_str::<Members<Member>>(text)?;
    let (mut found, mut packet) = (Vec::new(), None);
    for (name, member) in members {
        match member {
            Member::Object(Members(parms)) => {
                let parms = parms.into_iter().filter_map(|(name, value)| match value {
                    Text::Text(value) => Some((name, value)),
                    Text::Other(_) => None,
                });
                let mut parms: Vec<(String, String)> = parms.collect();
                let is_application = name.to_ascii_lowercase().starts_with("ap");
                let kind = if is_application {
                    parms.push(("AppID".to_owned(), name));
                    "APPLICATION".to_owned()
                } else {
                    name
                };
                found.push(Characteristic {
                    kind,
                    parms,
                    nested: Vec::new(),
                });
            }
            Member::Text(text) if name == "eap-relay-packet" => packet = Some(text),
            Member::Text(_) | Member::Other(_) => {}
        }
    }
    Ok((found, packet))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Member {
    Object(Members<Text>),
    Text(String),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Other(IgnoredAny),
}

/// The members of an object, also those whose name occurs twice.
struct Members<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Collect<V> {
            type Value = Members<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<V>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect(PhantomData))
    }
}

//! The file format of profiles.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::Answer;

/// The JSON Schema of a profile.
pub fn schema() -> String {
    let schema = schemars::schema_for!(ProfileFile);
    let mut text =
        serde_json::to_string_pretty(&schema).expect("a schema is a tree of strings and numbers");
    text.push('\n');
    text
}

/// A profile: what an operator's server is asked, and what it responds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Profile")]
pub(super) struct ProfileFile {
    /// The name in reports.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// What it is for.
    #[expect(dead_code, reason = "for the people who read the file")]
    pub(super) description: Option<String>,
    /// The longest time that a call may take, such as `10s`.
    #[schemars(with = "Option<String>")]
    pub(super) deadline: Option<Spanned<String>>,
    /// The https ports of the server, the main one first; 443 unless given.
    #[serde(default)]
    pub(super) https_ports: Vec<u16>,
    /// The http ports of the server, the main one first; 80 unless given.
    #[serde(default)]
    pub(super) http_ports: Vec<u16>,
    /// A HAR file with the requests and responses of a check that was permitted, in place of steps.
    #[schemars(with = "Option<String>")]
    pub(super) allow: Option<Spanned<String>>,
    /// With `allow`: a HAR file of a check that was denied, or the response that denies.
    #[schemars(with = "Option<DenyFile>")]
    pub(super) deny: Option<Spanned<DenyFile>>,
    /// With `allow`: the member of the last response that decides.
    #[schemars(with = "Option<String>")]
    pub(super) deciding: Option<Spanned<String>>,
    /// The requests of a check, in order.
    #[serde(default)]
    #[schemars(with = "Vec<StepFile>")]
    pub(super) step: Vec<Spanned<StepFile>>,
    /// The authority that the plugin trusts, if it has roots of its own.
    pub(super) ca: Option<CaFile>,
    /// What the plugin needs besides its library.
    #[serde(default)]
    pub(super) plugin: PluginFile,
    /// Names of members, parameters, attributes and header fields with identities or secrets of this operator: reports mask
    /// their values, as those of `msisdn`, `token` and the like.
    #[serde(default)]
    pub(super) masked: Vec<String>,
    /// Rules that the plugin is known to break.
    #[serde(default)]
    pub(super) exception: Vec<ExceptionFile>,
}

/// One request and the responses to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StepFile {
    /// The name in reports.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// Whether the plugin's answer is that of this step's response; the last step's unless one says so.
    #[serde(default)]
    pub(super) decides: bool,
    /// The member of the allow response that decides: `result.tethering` in JSON, `/doc/item/@value` in XML.
    #[schemars(with = "Option<String>")]
    pub(super) deciding: Option<Spanned<String>>,
    /// The method, or several.
    #[schemars(with = "Option<OneOrMany<String>>")]
    pub(super) method: Option<Spanned<OneOrMany<String>>>,
    /// The host, without the port; `*` stands for any characters.
    #[schemars(with = "Option<String>")]
    pub(super) host: Option<Spanned<String>>,
    /// The port.
    pub(super) port: Option<u16>,
    /// The path without the query; `{name}` stands for any segment, and a last `**` for any rest.
    #[schemars(with = "Option<String>")]
    pub(super) path: Option<Spanned<String>>,
    /// Query parameters; `*` stands for any characters, here and in all conditions.
    #[serde(default)]
    pub(super) query: Conditions,
    /// Header fields.
    #[serde(default)]
    pub(super) headers: Conditions,
    /// Members of a JSON body, by path, such as `"device.id"`.
    #[serde(default)]
    pub(super) json: Conditions,
    /// Values of an XML body, by path, such as `"/doc/item/@value"`.
    #[serde(default)]
    pub(super) xml: Conditions,
    /// Fields of a form body.
    #[serde(default)]
    pub(super) form: Conditions,
    /// The usual response.
    #[schemars(with = "ResponseFile")]
    pub(super) allow: Option<Spanned<ResponseFile>>,
    /// The response that denies, or several.
    #[schemars(with = "Option<OneOrMany<ResponseFile>>")]
    pub(super) deny: Option<Spanned<OneOrMany<ResponseFile>>>,
    /// Other responses, each with a name and the answer that the plugin must give.
    #[serde(default)]
    #[schemars(with = "Vec<NamedResponseFile>")]
    pub(super) response: Vec<Spanned<NamedResponseFile>>,
}

/// Conditions by name.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Conditions(
    #[schemars(with = "BTreeMap<String, Scalar>")] pub(super) BTreeMap<String, Spanned<Scalar>>,
);

/// A value that is compared as text.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Integer(i64),
    Boolean(bool),
}

impl fmt::Display for Scalar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Integer(number) => number.fmt(formatter),
            Self::Boolean(value) => value.fmt(formatter),
        }
    }
}

/// A response.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ResponseFile {
    /// 200 unless given.
    #[schemars(with = "Option<u16>")]
    pub(super) status: Option<Spanned<u16>>,
    /// `application/json` unless given.
    pub(super) content_type: Option<String>,
    /// Further header fields; templates.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
    /// The body; a template.
    #[schemars(with = "Option<String>")]
    pub(super) body: Option<Spanned<String>>,
    /// The file with the body, relative to the profile; a template.
    #[schemars(with = "Option<String>")]
    pub(super) body_file: Option<Spanned<String>>,
    /// Whether `{{ … }}` and `{% … %}` are filled in; true unless given.
    pub(super) template: Option<bool>,
    /// Of a deny response: the member of its body that denies, if it is not the one of the allow response.
    #[schemars(with = "Option<String>")]
    pub(super) deciding: Option<Spanned<String>>,
}

/// A response with a name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct NamedResponseFile {
    /// The name of its rule, `profile/NAME`.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// Why the server sends it.
    pub(super) description: Option<String>,
    /// What the plugin must return.
    pub(super) answer: Answer,
    /// 200 unless given.
    #[schemars(with = "Option<u16>")]
    pub(super) status: Option<Spanned<u16>>,
    /// `application/json` unless given.
    pub(super) content_type: Option<String>,
    /// Further header fields; templates.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
    /// The body; a template.
    #[schemars(with = "Option<String>")]
    pub(super) body: Option<Spanned<String>>,
    /// The file with the body, relative to the profile; a template.
    #[schemars(with = "Option<String>")]
    pub(super) body_file: Option<Spanned<String>>,
    /// Whether `{{ … }}` and `{% … %}` are filled in; true unless given.
    pub(super) template: Option<bool>,
}

impl NamedResponseFile {
    /// Its response.
    pub(super) fn response(self) -> ResponseFile {
        ResponseFile {
            status: self.status,
            content_type: self.content_type,
            headers: self.headers,
            body: self.body,
            body_file: self.body_file,
            template: self.template,
            deciding: None,
        }
    }
}

/// A certificate authority.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CaFile {
    /// The PEM file with the certificate, relative to the profile.
    #[schemars(with = "String")]
    pub(super) certificate: Spanned<String>,
    /// The PEM file with the private key, relative to the profile.
    #[schemars(with = "String")]
    pub(super) key: Spanned<String>,
}

/// What a plugin needs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PluginFile {
    /// Files to put beside the library: the name there, and the file, relative to the profile.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) files: BTreeMap<String, Spanned<String>>,
    /// Variables of the host's environment.
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
}

/// A rule that the plugin is known to break.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ExceptionFile {
    /// The rule's id, or a pattern such as `http/*`.
    #[schemars(with = "String")]
    pub(super) rule: Spanned<String>,
    /// Why it may be broken.
    #[schemars(with = "String")]
    pub(super) reason: Spanned<String>,
}

/// What denies, where the steps are recorded.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(super) enum DenyFile {
    /// The name of a HAR file.
    Har(String),
    Response(ResponseFile),
}

impl<'de> Deserialize<'de> for DenyFile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = DenyFile;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a HAR file, or a response")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<DenyFile, E> {
                Ok(DenyFile::Har(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DenyFile, A::Error> {
                ResponseFile::deserialize(MapAccessDeserializer::new(map)).map(DenyFile::Response)
            }
        }
        from.deserialize_any(Either)
    }
}

/// One value, or a list of them.
#[derive(Debug)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("one, or a list")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let one = T::deserialize(serde::de::value::StrDeserializer::new(text))?;
                Ok(OneOrMany(vec![one]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let one = T::deserialize(MapAccessDeserializer::new(map))?;
                Ok(OneOrMany(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
            }
        }
        from.deserialize_any(Either(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

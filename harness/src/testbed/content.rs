//! What a well-formed response says that is neither the allow nor the deny response: shapes of the deciding member,
//! refusals that are not the operator's, and redirects.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::wire::{UNKNOWN, spaced, with_members};
use crate::profile::{CannedResponse, Responses};

/// How the deciding member of a response is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The member is absent.
    Missing,
    Null,
    OtherType,
    /// A longer word that ends with the value.
    LongerBefore,
    /// A longer word that begins with the value.
    LongerAfter,
    /// The value in another letter case.
    OtherCase,
    /// An empty string.
    Empty,
    /// The value between spaces.
    Spaces,
    /// A list that contains the value.
    List,
    /// An object with a member of the same name that has the value.
    Object,
    /// The member occurs twice: first the value, then one that denies.
    ThenDenied,
    /// The member occurs twice: first one that denies, then the value.
    ThenAllowed,
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "the response lacks its deciding member",
            Self::Null => "the response's deciding member is null",
            Self::OtherType => "the response's deciding member has another type",
            Self::LongerBefore => {
                "the deciding member is a longer word that ends with the allow value"
            }
            Self::LongerAfter => {
                "the deciding member is a longer word that begins with the allow value"
            }
            Self::OtherCase => "the deciding member is the allow value in upper case",
            Self::Empty => "the deciding member is an empty string",
            Self::Spaces => "the deciding member is the allow value between spaces",
            Self::List => "the deciding member is a list that contains the allow value",
            Self::Object => "the deciding member is an object that contains the allow value",
            Self::ThenDenied => "the deciding member occurs twice and first allows, then denies",
            Self::ThenAllowed => "the deciding member occurs twice and first denies, then allows",
        })
    }
}

/// A refusal that is not the operator's deny response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// 403 with a page of HTML.
    Page,
    /// 403 with an empty body.
    Empty,
    /// The status and type of the deny response, with a code that the protocol does not know.
    UnknownCode,
    /// The deny response with another last letter or digit.
    NearCode,
    /// The status and type of the deny response, with a longer text that contains its body.
    CodeInText,
    /// A proxy asks for a login: 407 with a page of HTML.
    ProxyLogin,
    /// A page of HTML with another status that refuses.
    Status(u16),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page => formatter.write_str("the server responds with 403 and an HTML page"),
            Self::Empty => formatter.write_str("the server responds with 403 and an empty body"),
            Self::UnknownCode => {
                formatter.write_str("the server responds with a deny response of an unknown code")
            }
            Self::NearCode => formatter.write_str(
                "the server responds with a code that differs in one character from that of the deny response",
            ),
            Self::CodeInText => formatter
                .write_str("the server responds with a text that contains the deny response"),
            Self::ProxyLogin => {
                formatter.write_str("a proxy responds with 407 and asks for a login")
            }
            Self::Status(status) => {
                write!(
                    formatter,
                    "the server responds with {status} and an HTML page"
                )
            }
        }
    }
}

/// A response that denies as the deny response does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherDenial {
    /// A further deny response of the profile, by its number from 0; for number 0 the deny response itself if it has none.
    Further(usize),
    /// The deny response with white space around it and, in JSON, between its tokens.
    Spaced,
    /// The deny response with unknown members, if it is JSON.
    Members,
    /// The deny response with `charset=utf-8` in its content type.
    Charset,
    /// The deny response with its content type in upper case.
    UpperCaseType,
}

impl fmt::Display for OtherDenial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Further(_) => "the server denies for another reason",
            Self::Spaced => "the server sends the deny response with white space around it",
            Self::Members => "the server sends the deny response with unknown members",
            Self::Charset => {
                "the server sends the deny response with `charset=utf-8` in its content type"
            }
            Self::UpperCaseType => {
                "the server sends the deny response with its content type in upper case"
            }
        })
    }
}

/// The response that denies in this way.
pub(crate) fn denial(responses: &Responses, kind: OtherDenial) -> CannedResponse {
    let mut deny = responses.deny.clone();
    match kind {
        OtherDenial::Further(number) => {
            let further = responses.further_denials.get(number);
            return further.cloned().unwrap_or(deny);
        }
        OtherDenial::Spaced => {
            deny.body = match serde_json::from_slice::<Map<String, Value>>(&deny.body) {
                Ok(_) => spaced(&deny.body),
                // White space before the declaration would make XML malformed.
                Err(_) if deny.body.starts_with(b"<") => [deny.body.as_slice(), b" \r\n"].concat(),
                Err(_) => [b"\r\n ", deny.body.as_slice(), b" \r\n"].concat(),
            };
        }
        OtherDenial::Members => deny.body = with_members(&deny.body, UNKNOWN.as_bytes(), false),
        OtherDenial::Charset => deny.content_type += "; charset=utf-8",
        OtherDenial::UpperCaseType => deny.content_type.make_ascii_uppercase(),
    }
    deny
}

/// A redirect to a URL that responds with 200 and the allow response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Redirect {
    pub by: RedirectKind,
    pub to: RedirectTarget,
}

/// How a client is redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedirectKind {
    /// By this status and a Location field.
    Status(u16),
    /// By status 200 and a Refresh field, which browsers obey.
    Refresh,
}

/// Where a client is redirected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedirectTarget {
    /// Another host over HTTPS, with a valid certificate for its name.
    OtherHost,
    /// Another host over cleartext HTTP.
    OtherHostInCleartext,
    /// Another path of the same host, by the same scheme.
    SameHost,
}

impl fmt::Display for Redirect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            RedirectKind::Status(status) => {
                write!(formatter, "the response redirects with {status}")?
            }
            RedirectKind::Refresh => {
                formatter.write_str("the response redirects with a Refresh field")?
            }
        }
        formatter.write_str(match self.to {
            RedirectTarget::OtherHost => " to another host over HTTPS",
            RedirectTarget::OtherHostInCleartext => " to another host over cleartext HTTP",
            RedirectTarget::SameHost => " to another path of the same host",
        })?;
        formatter.write_str(", which sends the allow response")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Issued, Request, built_in};

    fn responses(name: &str) -> Responses {
        let profile = built_in(name).unwrap();
        profile
            .responses(profile.deciding, &Request::default(), &Issued::default())
            .unwrap()
    }

    #[test]
    fn denials_keep_what_denies() {
        let carrier = responses("carrier-json");
        let minimal = responses("minimal");
        assert_eq!(denial(&carrier, OtherDenial::Further(0)).body, b"1003");
        assert_eq!(denial(&minimal, OtherDenial::Further(0)), minimal.deny);
        assert_eq!(denial(&carrier, OtherDenial::Members), carrier.deny);
        for kind in [OtherDenial::Spaced, OtherDenial::Members] {
            let body = denial(&minimal, kind).body;
            let value: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(value["entitled"], false, "{kind}");
        }
        let body = denial(&carrier, OtherDenial::Spaced).body;
        assert_eq!(body.trim_ascii(), b"1000");
        assert_eq!(
            denial(&carrier, OtherDenial::Charset).content_type,
            "text/plain; charset=utf-8"
        );
    }
}

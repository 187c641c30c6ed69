//! Selects the response to a request: one that hyper can write, or a fault that it cannot.

use std::fmt;

use serde_json::Value;

use super::protocol::{CannedResponse, Protocol};
use super::scenario_state::ScenarioState;
use super::transcript::Meaning;
use super::{Http, Shape, WireFault};

/// The login page of a captive portal.
const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>\
    <h1>Log in to use this network</h1><form method=\"post\" action=\"/login\">\
    <input name=\"room\"><input type=\"submit\" value=\"Connect\"></form></body></html>\n";

/// The parts of a request that decide its response.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    /// Counts connections from 1.
    pub(crate) connection: usize,
    /// Whether it was received over TLS.
    pub(crate) secure: bool,
    /// The Host header, port included.
    pub(crate) host: String,
    /// The request line's target.
    pub(crate) target: String,
}

/// The response to a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    WellFormed(WellFormed),
    /// A fault, written directly to the connection.
    Fault(WireFault),
}

/// A well-formed response, whatever its content.
#[derive(Clone, Debug)]
pub(crate) struct WellFormed {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    pub(crate) location: Option<String>,
    pub(crate) close: bool,
    pub(crate) meaning: Option<Meaning>,
}

impl WellFormed {
    /// The response as it is.
    fn canned(response: &CannedResponse, meaning: Option<Meaning>) -> Self {
        Self {
            status: response.status,
            content_type: response.content_type.clone(),
            body: response.body.clone(),
            location: None,
            close: false,
            meaning,
        }
    }

    fn redirect(location: String) -> Self {
        Self {
            status: 302,
            content_type: "text/html".to_owned(),
            body: b"<html><body>Moved</body></html>\n".to_vec(),
            location: Some(location),
            close: false,
            meaning: None,
        }
    }

    /// The response of a web server to a request on the wrong port.
    pub(crate) fn bad_request() -> Self {
        Self {
            status: 400,
            content_type: "text/html".to_owned(),
            body: b"<html><body><h1>400 Bad Request</h1></body></html>\n".to_vec(),
            location: None,
            close: true,
            meaning: None,
        }
    }
}

impl fmt::Display for WellFormed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}, {} bytes",
            self.status,
            self.content_type,
            self.body.len()
        )?;
        match &self.location {
            Some(location) => write!(formatter, ", to {location}"),
            None => Ok(()),
        }
    }
}

/// The scenario's response to a request.
pub(crate) fn decide(request: &ReceivedRequest, state: &ScenarioState) -> Answer {
    let protocol = &state.shared.protocol;
    let allow = || WellFormed::canned(&protocol.allow, Some(Meaning::Allow));
    let deny = || WellFormed::canned(&protocol.deny, Some(Meaning::Deny));
    // If the plugin must not accept them, the same bytes are neither an allow nor a deny response.
    let without_meaning = || WellFormed::canned(&protocol.allow, None);
    let http = state.scenario().http;
    Answer::WellFormed(match http {
        Http::Allow => allow(),
        Http::Deny => deny(),
        Http::Alternate if request.connection % 2 == 1 => allow(),
        Http::Alternate => deny(),
        Http::Status(status) => WellFormed {
            status,
            ..without_meaning()
        },
        Http::CaptivePortal => WellFormed {
            status: 200,
            content_type: "text/html; charset=utf-8".to_owned(),
            body: LOGIN_PAGE.into(),
            ..without_meaning()
        },
        Http::PortalRedirect if request.host == state.portal => without_meaning(),
        Http::PortalRedirect => WellFormed::redirect(format!("http://{}/login", state.portal)),
        Http::RedirectLoop => WellFormed::redirect(request.target.clone()),
        Http::RedirectDowngrade if request.secure => {
            WellFormed::redirect(downgraded(request, state))
        }
        Http::RedirectDowngrade => without_meaning(),
        Http::BadSyntax => WellFormed {
            body: with_syntax_error(&protocol.allow.body),
            ..without_meaning()
        },
        Http::WrongShape(shape) => WellFormed {
            // No test network is started with this scenario unless the protocol has a deciding member.
            body: with_wrong_shape(protocol, shape).unwrap_or_default(),
            ..without_meaning()
        },
        Http::Broken(fault) => return Answer::Fault(fault),
    })
}

/// The same resource on the http port of the same host.
fn downgraded(request: &ReceivedRequest, state: &ScenarioState) -> String {
    // An IPv6 address in a URL has colons of its own, inside brackets.
    let host = match request.host.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => &request.host,
    };
    let port = match state.ports.http {
        80 => String::new(),
        port => format!(":{port}"),
    };
    format!("http://{host}{port}{}", request.target)
}

/// The body with a syntax error at its end, and otherwise unchanged.
fn with_syntax_error(body: &[u8]) -> Vec<u8> {
    let body = body.trim_ascii_end();
    match body.split_last() {
        Some((b'}' | b']' | b'>' | b'"', rest)) => rest.to_vec(),
        // Text without brackets gets a byte that does not occur in text.
        _ => [body, b"\0"].concat(),
    }
}

/// The allow body with its deciding member made wrong, if it has one.
pub(crate) fn with_wrong_shape(protocol: &Protocol, shape: Shape) -> Option<Vec<u8>> {
    let member = protocol.deciding_member.as_ref()?;
    let mut body: Value = serde_json::from_slice(&protocol.allow.body).ok()?;
    let object = body.as_object_mut()?;
    let value = object.remove(member)?;
    match shape {
        Shape::Missing => {}
        Shape::Null => {
            object.insert(member.clone(), Value::Null);
        }
        Shape::OtherType => {
            // A value that a careless reader takes for true.
            let other = match value {
                Value::Bool(value) => Value::String(value.to_string()),
                _ => Value::Bool(true),
            };
            object.insert(member.clone(), other);
        }
    }
    serde_json::to_vec(&body).ok()
}

#[cfg(test)]
mod tests {
    use super::{Protocol, Shape, with_syntax_error, with_wrong_shape};

    #[test]
    fn a_syntax_error_leaves_the_allow_value_in_place() {
        assert_eq!(
            with_syntax_error(b"{\"status\":\"allowed\"}\n"),
            b"{\"status\":\"allowed\""
        );
        assert_eq!(with_syntax_error(b"allowed"), b"allowed\0");
    }

    #[test]
    fn shapes_are_made_from_the_allow_body() {
        let protocol = Protocol::built_in("carrier-json").unwrap();
        let body = |shape| String::from_utf8(with_wrong_shape(&protocol, shape).unwrap()).unwrap();
        assert_eq!(body(Shape::Missing), "{}");
        assert_eq!(body(Shape::Null), r#"{"status":null}"#);
        assert_eq!(body(Shape::OtherType), r#"{"status":true}"#);
    }

    #[test]
    fn a_protocol_without_a_deciding_member_has_no_shape() {
        let mut protocol = Protocol::built_in("carrier-json").unwrap();
        protocol.deciding_member = None;
        assert_eq!(with_wrong_shape(&protocol, Shape::Null), None);
    }
}

//! Selects the response to a request: one that hyper can write, or a fault that it cannot.

use std::fmt;

use serde_json::json;

use super::content::{Redirect, RedirectKind, RedirectTarget, Refusal, denial, with_wrong_shape};
use super::protocol::{CannedResponse, Protocol};
use super::scenario_state::ScenarioState;
use super::transcript::Meaning;
use super::{Http, WireFault};

/// The login page of a captive portal.
const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>\
    <h1>Log in to use this network</h1><form method=\"post\" action=\"/login\">\
    <input name=\"room\"><input type=\"submit\" value=\"Connect\"></form></body></html>\n";

/// The page of a proxy or a firewall that refuses a request.
const REFUSAL_PAGE: &str = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>\
    <h1>Access denied</h1><p>Your request was blocked.</p></body></html>\n";

/// The path that [`RedirectTarget::SameHost`] leads to.
const NEW_PATH: &str = "/moved-here";

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
    /// One more header field.
    pub(crate) field: Option<(&'static str, String)>,
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
            field: None,
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
            field: None,
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
            field: None,
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
        }?;
        match &self.field {
            Some((name, value)) => write!(formatter, ", {name}: {value}"),
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
        Http::Allow | Http::Http2 => allow(),
        Http::Deny => deny(),
        Http::OtherDenial(kind) => WellFormed::canned(&denial(protocol, kind), Some(Meaning::Deny)),
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
        Http::OtherRefusal(kind) => refusal(kind, protocol),
        Http::Redirect(redirect) if is_target(redirect.to, request, state) => without_meaning(),
        Http::Redirect(redirect) => redirected(redirect, request, state),
        Http::Broken(fault) => return Answer::Fault(fault),
    })
}

/// A refusal that is not the operator's deny response.
fn refusal(kind: Refusal, protocol: &Protocol) -> WellFormed {
    let page = |status| WellFormed {
        status,
        content_type: "text/html".to_owned(),
        body: REFUSAL_PAGE.into(),
        location: None,
        field: None,
        close: false,
        meaning: None,
    };
    let deny = WellFormed::canned(&protocol.deny, None);
    match kind {
        Refusal::Page => page(403),
        Refusal::Status(status) => page(status),
        Refusal::ProxyLogin => WellFormed {
            field: Some(("Proxy-Authenticate", "Basic realm=\"proxy\"".to_owned())),
            ..page(407)
        },
        Refusal::Empty => WellFormed {
            body: Vec::new(),
            ..page(403)
        },
        Refusal::UnknownCode => WellFormed {
            body: match is_json(&protocol.deny) {
                true => br#"{"code":"9999"}"#.to_vec(),
                false => b"9999".to_vec(),
            },
            ..deny
        },
        Refusal::NearCode => WellFormed {
            body: near(&protocol.deny.body),
            ..deny
        },
        Refusal::CodeInText => {
            let code = String::from_utf8_lossy(&protocol.deny.body).into_owned();
            let body = match is_json(&protocol.deny) {
                true => json!({ "request": code }).to_string(),
                false => format!("request 2{code}7 failed after {code} ms"),
            };
            WellFormed {
                body: body.into_bytes(),
                ..deny
            }
        }
    }
}

/// A body that differs from the deny response in the last letter or digit: no protocol's code ends with `x`.
fn near(deny: &[u8]) -> Vec<u8> {
    let mut body = deny.to_vec();
    if let Some(last) = body.iter().rposition(u8::is_ascii_alphanumeric) {
        body[last] = b'x';
    }
    body
}

fn is_json(response: &CannedResponse) -> bool {
    response.content_type.ends_with("json")
}

/// A redirect to the URL that sends the allow response.
fn redirected(redirect: Redirect, request: &ReceivedRequest, state: &ScenarioState) -> WellFormed {
    let target = match redirect.to {
        RedirectTarget::OtherHost => {
            let port = match state.ports.https {
                443 => String::new(),
                port => format!(":{port}"),
            };
            format!("https://{}{port}/", host_of(&state.portal))
        }
        RedirectTarget::OtherHostInCleartext => format!("http://{}/", state.portal),
        RedirectTarget::SameHost => {
            let scheme = if request.secure { "https" } else { "http" };
            format!("{scheme}://{}{NEW_PATH}", request.host)
        }
    };
    match redirect.by {
        RedirectKind::Status(status) => WellFormed {
            status,
            ..WellFormed::redirect(target)
        },
        RedirectKind::Refresh => WellFormed {
            status: 200,
            location: None,
            field: Some(("Refresh", format!("0; url={target}"))),
            ..WellFormed::redirect(String::new())
        },
    }
}

/// Whether the request is for the URL that a redirect leads to.
fn is_target(target: RedirectTarget, request: &ReceivedRequest, state: &ScenarioState) -> bool {
    let other_host = host_of(&request.host) == host_of(&state.portal);
    match target {
        RedirectTarget::OtherHost => other_host && request.secure,
        RedirectTarget::OtherHostInCleartext => other_host && !request.secure,
        RedirectTarget::SameHost => request.target == NEW_PATH,
    }
}

/// The host of `host:port`. An IPv6 address has colons of its own, inside brackets.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

/// The same resource on the http port of the same host.
fn downgraded(request: &ReceivedRequest, state: &ScenarioState) -> String {
    let host = host_of(&request.host);
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

#[cfg(test)]
mod tests {
    use super::with_syntax_error;

    #[test]
    fn a_syntax_error_leaves_the_allow_value_in_place() {
        assert_eq!(
            with_syntax_error(b"{\"status\":\"allowed\"}\n"),
            b"{\"status\":\"allowed\""
        );
        assert_eq!(with_syntax_error(b"allowed"), b"allowed\0");
    }
}

//! Selects the response to a request: one that hyper can write, or a fault that it cannot.

use std::fmt;
use std::time::SystemTime;

use serde_json::json;

use super::content::{Redirect, RedirectKind, RedirectTarget, Refusal, denial};
use super::scenario::FaultAt;
use super::scenario_state::ScenarioState;
use super::shape::{with_value, with_wrong_shape};
use super::transcript::Meaning;
use super::{FrameFault, Http, WireFault};
use crate::profile::{Answer as Expected, CannedResponse, RenderError, Request, Responses};

/// The login page of a captive portal.
const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>\
    <h1>Log in to use this network</h1><form method=\"post\" action=\"/login\">\
    <input name=\"room\"><input type=\"submit\" value=\"Connect\"></form></body></html>\n";

/// The page of a proxy or a firewall that refuses a request.
const REFUSAL_PAGE: &str = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>\
    <h1>Access denied</h1><p>Your request was blocked.</p></body></html>\n";

/// Header fields that say what to do next, and are shown in a line.
const SHOWN: [&str; 4] = [
    "proxy-authenticate",
    "refresh",
    "retry-after",
    "www-authenticate",
];

/// The path that [`RedirectTarget::SameHost`] leads to.
const NEW_PATH: &str = "/moved-here";

/// A request, and the connection that it came on.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    /// Counts connections from 1.
    pub(crate) connection: usize,
    pub(crate) request: Request,
    /// When it was complete.
    pub(crate) received: SystemTime,
}

/// The response to a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    WellFormed(WellFormed),
    /// A fault, written directly to the connection, and the responses that it is derived from.
    Fault(WireFault, Box<Responses>),
    /// A fault of HTTP/2. In HTTP/1.1 there is no response.
    FrameFault(FrameFault, Box<Responses>),
}

/// A well-formed response, whatever its content.
#[derive(Clone, Debug)]
pub(crate) struct WellFormed {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    pub(crate) location: Option<String>,
    /// Further header fields.
    pub(crate) fields: Vec<(String, String)>,
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
            fields: response.headers.clone(),
            close: false,
            meaning,
        }
    }

    /// What was said, without how it is sent.
    pub(crate) fn canned_again(&self) -> CannedResponse {
        CannedResponse {
            status: self.status,
            content_type: self.content_type.clone(),
            headers: self.fields.clone(),
            body: self.body.clone(),
        }
    }

    /// The page of a captive portal.
    fn login_page() -> Self {
        Self {
            status: 200,
            content_type: "text/html; charset=utf-8".to_owned(),
            body: LOGIN_PAGE.into(),
            location: None,
            fields: Vec::new(),
            close: false,
            meaning: None,
        }
    }

    /// The response to a request that the profile does not know.
    fn not_found() -> Self {
        Self {
            status: 404,
            content_type: "text/plain".to_owned(),
            body: b"the profile has no step for this request\n".to_vec(),
            ..Self::login_page()
        }
    }

    /// The response of a proxy whose server does not respond.
    fn bad_gateway() -> Self {
        Self {
            status: 502,
            content_type: "text/plain".to_owned(),
            body: b"the server that requests are passed on to does not respond\n".to_vec(),
            ..Self::login_page()
        }
    }

    fn redirect(location: String) -> Self {
        Self {
            status: 302,
            content_type: "text/html".to_owned(),
            body: b"<html><body>Moved</body></html>\n".to_vec(),
            location: Some(location),
            fields: Vec::new(),
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
            fields: Vec::new(),
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
        let shown =
            |(name, _): &&(String, String)| SHOWN.contains(&name.to_ascii_lowercase().as_str());
        let mut shown = self.fields.iter().filter(shown);
        shown.try_for_each(|(name, value)| write!(formatter, ", {name}: {value}"))
    }
}

/// The scenario's response to a request.
pub(crate) async fn decide(received: &ReceivedRequest, state: &ScenarioState) -> Answer {
    let request = &received.request;
    let (profile, scenario) = (&state.shared.profile, state.scenario());
    let responses = |step| profile.responses(step, request, &state.issued);
    let unmatched = |connection, reason: String| {
        state.recorder.note(connection, reason);
        WellFormed::not_found()
    };
    let unrendered = |error: RenderError| unmatched(received.connection, error.to_string());
    // What a redirect leads to responds as the step that was redirected, whatever the profile says of that path or host.
    if leads_here(scenario.http, request, state) {
        let redirected = match scenario.at {
            FaultAt::Earlier(number) => usize::from(number),
            FaultAt::Question | FaultAt::LaterConnections => profile.deciding,
        };
        return Answer::WellFormed(match responses(redirected) {
            Ok(responses) => WellFormed::canned(&responses.allow, None),
            Err(error) => unrendered(error),
        });
    }
    let step = match profile.step_of(request, &state.issued) {
        Ok(step) => step,
        Err(_) if scenario.http == Http::CaptivePortal => {
            return Answer::WellFormed(WellFormed::login_page());
        }
        Err(mismatch) => {
            return Answer::WellFormed(unmatched(received.connection, mismatch.to_string()));
        }
    };
    let decides = step == profile.deciding;
    let mut responses = match responses(step) {
        Ok(responses) => responses,
        Err(error) => return Answer::WellFormed(unrendered(error)),
    };
    if let Some(upstream) = &state.shared.options.upstream {
        match upstream.pass_on(request).await {
            Ok(live) => responses.allow = live,
            Err(error) => {
                state.recorder.note(received.connection, error.to_string());
                return Answer::WellFormed(WellFormed::bad_gateway());
            }
        }
    }
    let affected = match scenario.at {
        FaultAt::Question | FaultAt::LaterConnections => decides,
        FaultAt::Earlier(number) => usize::from(number) == step,
    };
    if let Http::Named(number) = scenario.http
        && let Some((of, named)) = profile.named_responses().nth(usize::from(number))
    {
        if of == step {
            let rendered = profile.render(&named.response, request, &state.issued);
            return Answer::WellFormed(match rendered {
                // A response that allows or denies is one of those.
                Ok(response) => WellFormed::canned(&response, meaning_of(named.answer)),
                Err(error) => unrendered(error),
            });
        }
    } else if affected && (decides || scenario.http != Http::Allow) {
        return affected_answer(scenario.http, received, responses, state);
    }
    if step < profile.deciding {
        state.step_was_answered(step);
    }
    let meaning = if decides {
        Meaning::Allow
    } else {
        Meaning::Continue
    };
    Answer::WellFormed(WellFormed::canned(&responses.allow, Some(meaning)))
}

/// What a response with a name means.
fn meaning_of(answer: Expected) -> Option<Meaning> {
    match answer {
        Expected::Success => Some(Meaning::Allow),
        Expected::Failed => Some(Meaning::Deny),
        Expected::Unavailable => None,
    }
}

/// The response to a request that the scenario is about.
fn affected_answer(
    http: Http,
    received: &ReceivedRequest,
    responses: Responses,
    state: &ScenarioState,
) -> Answer {
    let request = &received.request;
    let allow = || WellFormed::canned(&responses.allow, Some(Meaning::Allow));
    let deny = || WellFormed::canned(&responses.deny, Some(Meaning::Deny));
    // If the plugin must not accept them, the same bytes are neither an allow nor a deny response.
    let without_meaning = || WellFormed::canned(&responses.allow, None);
    Answer::WellFormed(match http {
        // A named response belongs to another step.
        Http::Allow | Http::Http2 | Http::Named(_) => allow(),
        Http::Deny => deny(),
        Http::OtherDenial(kind) => {
            WellFormed::canned(&denial(&responses, kind), Some(Meaning::Deny))
        }
        Http::Alternate if received.connection % 2 == 1 => allow(),
        Http::Alternate => deny(),
        Http::Status(status) => WellFormed {
            status,
            ..without_meaning()
        },
        Http::CaptivePortal => WellFormed::login_page(),
        Http::PortalRedirect => WellFormed::redirect(format!("http://{}/login", state.portal)),
        Http::RedirectLoop => WellFormed::redirect(request.target.clone()),
        Http::RedirectDowngrade if request.secure => {
            WellFormed::redirect(downgraded(request, state))
        }
        Http::RedirectDowngrade => without_meaning(),
        Http::BadSyntax => WellFormed {
            body: with_syntax_error(&responses.allow.body),
            ..without_meaning()
        },
        Http::CutBody => WellFormed {
            body: responses.allow.body[..responses.allow.body.len() / 2].to_vec(),
            ..without_meaning()
        },
        Http::WrongShape(shape) => match with_wrong_shape(&responses, shape) {
            Some(body) => WellFormed {
                body,
                ..without_meaning()
            },
            None => {
                let reason = "the allow body has no deciding member that can be wrong in this way";
                state.recorder.note(received.connection, reason);
                WellFormed::not_found()
            }
        },
        Http::OtherRefusal(kind) => refusal(kind, &responses).unwrap_or_else(deny),
        Http::Redirect(redirect) => redirected(redirect, request, state),
        Http::Broken(fault) => return Answer::Fault(fault, Box::new(responses)),
        Http::BrokenFrames(fault) => return Answer::FrameFault(fault, Box::new(responses)),
    })
}

/// Whether a refusal of this kind is different from the deny response.
pub(super) fn is_another_refusal(kind: Refusal, responses: &Responses) -> bool {
    let by_status = |status| {
        let mut denials = [&responses.deny]
            .into_iter()
            .chain(&responses.further_denials);
        denials.any(|deny| deny.status == status && deny.body.trim_ascii().is_empty())
    };
    match kind {
        // Where the status alone denies, the body says nothing.
        Refusal::Page | Refusal::Empty => !by_status(403),
        Refusal::UnknownCode | Refusal::NearCode | Refusal::CodeInText => {
            refusal(kind, responses).is_some()
        }
        Refusal::Status(status) => !by_status(status),
        Refusal::ProxyLogin => true,
    }
}

/// A refusal that is not the operator's deny response. None if what denies in that is not known.
fn refusal(kind: Refusal, responses: &Responses) -> Option<WellFormed> {
    let page = |status| WellFormed {
        status,
        content_type: "text/html".to_owned(),
        body: REFUSAL_PAGE.into(),
        location: None,
        fields: Vec::new(),
        close: false,
        meaning: None,
    };
    let deny = &responses.deny;
    let with = |body: Vec<u8>| WellFormed {
        body,
        ..WellFormed::canned(deny, None)
    };
    // The body as a whole denies if it is one word.
    let is_word = !deny.body.is_empty() && deny.body.iter().all(u8::is_ascii_alphanumeric);
    let other = |value: &dyn Fn(&str) -> String| match &responses.deny_member {
        Some(path) => with_value(&deny.body, path, value).map(with),
        None if is_word => Some(with(
            value(&String::from_utf8_lossy(&deny.body)).into_bytes(),
        )),
        None => None,
    };
    match kind {
        Refusal::Page => Some(page(403)),
        Refusal::Status(status) => Some(page(status)),
        Refusal::ProxyLogin => Some(WellFormed {
            fields: vec![(
                "Proxy-Authenticate".to_owned(),
                "Basic realm=\"proxy\"".to_owned(),
            )],
            ..page(407)
        }),
        Refusal::Empty => Some(WellFormed {
            body: Vec::new(),
            ..page(403)
        }),
        Refusal::UnknownCode => other(&|_| "9999".to_owned()),
        Refusal::NearCode => other(&near),
        Refusal::CodeInText if is_word => {
            other(&|code| format!("request 2{code}7 failed after {code} ms"))
        }
        Refusal::CodeInText => {
            let path = responses.deny_member.as_ref()?;
            let code = path.value(&deny.body)?;
            Some(with(match is_json(deny) {
                true => json!({ "request": code }).to_string().into_bytes(),
                false => format!("<request>{code}</request>").into_bytes(),
            }))
        }
    }
}

/// A value that differs in the last letter or digit: no protocol's code ends with `x`.
fn near(code: &str) -> String {
    let mut code = code.to_owned();
    if let Some((last, letter)) = code
        .char_indices()
        .rfind(|(_, letter)| letter.is_ascii_alphanumeric())
    {
        let other = if letter == 'x' { "y" } else { "x" };
        code.replace_range(last..=last, other);
    }
    code
}

fn is_json(response: &CannedResponse) -> bool {
    response.content_type.ends_with("json")
}

/// A redirect to the URL that sends the allow response.
fn redirected(redirect: Redirect, request: &Request, state: &ScenarioState) -> WellFormed {
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
            fields: vec![("Refresh".to_owned(), format!("0; url={target}"))],
            ..WellFormed::redirect(String::new())
        },
    }
}

/// Whether the request is for the URL that the scenario's redirect leads to.
fn leads_here(http: Http, request: &Request, state: &ScenarioState) -> bool {
    match http {
        Http::PortalRedirect => request.host == state.portal,
        Http::Redirect(redirect) => is_target(redirect.to, request, state),
        _ => false,
    }
}

/// Whether the request is for the URL that a redirect leads to.
fn is_target(target: RedirectTarget, request: &Request, state: &ScenarioState) -> bool {
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
fn downgraded(request: &Request, state: &ScenarioState) -> String {
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

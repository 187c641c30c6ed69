//! The first request of a profile, as a plugin can send it. What a profile leaves open is `TODO`.

use std::fmt;

use serde_json::{Map, Value};

use crate::profile::{Matcher, Profile, Response};

/// What stands for the parts that a profile leaves open.
const OPEN: &str = "TODO";

/// The server, where a profile does not name one.
const HOST: &str = "entitlement.operator.example";

/// The first request of a profile.
#[derive(Debug, PartialEq, Eq)]
pub struct FirstRequest {
    pub(super) method: Method,
    /// Scheme, host and port.
    pub(super) origin: String,
    /// The path, in characters that need no quotes anywhere.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    /// Header fields besides that of the body's type.
    pub(super) headers: Vec<(String, String)>,
    /// The type of the body, and its text.
    pub(super) body: Option<(String, String)>,
    /// Statuses besides 200 that the step's responses have.
    pub(super) statuses: Vec<u16>,
    /// The responses of the step in words, one a line.
    pub(super) responses: Vec<String>,
}

/// The methods that a project can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

/// Why a project cannot send a request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("its first step is sent with {0}; a project sends GET or POST")]
    Method(String),
    #[error("its first step goes to the cleartext port {0}; a project uses https only")]
    Cleartext(u16),
}

impl FirstRequest {
    /// The request of a profile's first step.
    pub(super) fn of(profile: &Profile) -> Result<Self, RequestError> {
        let step = &profile.steps[0];
        let matcher = &step.matcher;
        let body = body(matcher);
        let port = matcher
            .port
            .or_else(|| profile.https_ports.first().copied());
        if let Some(port) = port.filter(|port| !profile.https_ports.contains(port)) {
            return Err(RequestError::Cleartext(port));
        }
        let denials = step.deny.iter();
        let named = step.named.iter().map(|named| &named.response);
        let mut statuses: Vec<u16> = denials
            .chain(named)
            .map(|response| response.status)
            .collect();
        statuses.push(step.allow.status);
        statuses.retain(|status| *status != 200);
        statuses.sort_unstable();
        statuses.dedup();
        Ok(Self {
            method: method(matcher, body.is_some())?,
            origin: origin(matcher, port),
            path: path(matcher.path.as_deref().unwrap_or("/")),
            query: pairs(&matcher.query),
            headers: pairs(&matcher.headers),
            body,
            statuses,
            responses: responses(profile),
        })
    }
}

fn method(matcher: &Matcher, has_body: bool) -> Result<Method, RequestError> {
    let takes = |method: &str| {
        matcher
            .methods
            .iter()
            .any(|one| one.eq_ignore_ascii_case(method))
    };
    match &matcher.methods[..] {
        [] if has_body => Ok(Method::Post),
        [] => Ok(Method::Get),
        _ if takes("POST") && (has_body || !takes("GET")) => Ok(Method::Post),
        _ if takes("GET") => Ok(Method::Get),
        [first, ..] => Err(RequestError::Method(first.clone())),
    }
}

fn origin(matcher: &Matcher, port: Option<u16>) -> String {
    let host = matcher.host.as_ref().map(ToString::to_string);
    let host = host.map(|host| host.replace('*', "entitlement"));
    let is_good = |host: &String| {
        let letter = |one: char| one.is_ascii_alphanumeric() || "-._".contains(one);
        !host.is_empty() && host.chars().all(letter)
    };
    let host = host.filter(is_good).unwrap_or_else(|| HOST.to_owned());
    match port {
        None | Some(443) => format!("https://{host}"),
        Some(port) => format!("https://{host}:{port}"),
    }
}

/// A path that fits the pattern.
fn path(pattern: &str) -> String {
    let segments = pattern.split('/').map(|segment| match segment {
        "*" | "**" => OPEN.to_owned(),
        _ if segment.starts_with('{') && segment.ends_with('}') => OPEN.to_owned(),
        _ => segment.bytes().map(path_byte).collect(),
    });
    let path = segments.collect::<Vec<_>>().join("/");
    match path.strip_prefix('/') {
        Some(_) => path,
        None => format!("/{path}"),
    }
}

fn path_byte(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ if b"-._~:@!,;=+%".contains(&byte) => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

fn pairs(conditions: &[(String, impl fmt::Display)]) -> Vec<(String, String)> {
    let pairs = conditions.iter();
    pairs
        .map(|(name, pattern)| (name.clone(), value(pattern)))
        .collect()
}

/// A text that fits the pattern, unless it needs what an earlier response issued.
fn value(pattern: &impl fmt::Display) -> String {
    let mut text = pattern.to_string();
    while let Some((before, after)) = text.split_once("{{") {
        let rest = after.split_once("}}").map_or("", |(_, rest)| rest);
        text = format!("{before}{OPEN}{rest}");
    }
    text.replace('*', OPEN)
}

fn body(matcher: &Matcher) -> Option<(String, String)> {
    if !matcher.json.is_empty() {
        let mut object = Map::new();
        for (path, text) in pairs(&matcher.json) {
            insert(&mut object, &path, text);
        }
        let text = Value::Object(object).to_string();
        return Some(("application/json".to_owned(), text));
    }
    if !matcher.form.is_empty() {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs(&matcher.form));
        let kind = "application/x-www-form-urlencoded".to_owned();
        return Some((kind, form.finish()));
    }
    let is_xml = !matcher.xml.is_empty();
    is_xml.then(|| ("application/xml".to_owned(), format!("<{OPEN}/>")))
}

/// Puts a text into an object, at a path with dots.
fn insert(object: &mut Map<String, Value>, path: &str, text: String) {
    let Some((first, rest)) = path.split_once('.') else {
        object.insert(path.to_owned(), Value::String(text));
        return;
    };
    let inner = object
        .entry(first)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        insert(inner, rest, text);
    }
}

/// What the first step's responses are, for a comment.
fn responses(profile: &Profile) -> Vec<String> {
    let step = &profile.steps[0];
    let describe = |name: &str, response: &Response| {
        format!(
            "{name}: {} {}",
            response.status,
            comment(&response.content_type)
        )
    };
    let mut lines = vec![describe("allow", &step.allow)];
    if let Some(member) = profile.member.as_ref().filter(|_| profile.deciding == 0) {
        lines[0] += &format!(", decided by {}", comment(&member.to_string()));
    }
    lines.extend(step.deny.iter().map(|deny| describe("deny", deny)));
    lines.extend(step.named.iter().map(|named| {
        let answer = named.answer.name();
        let line = describe(&comment(&named.name), &named.response);
        format!("{line}, the plugin returns {answer}")
    }));
    if profile.steps.len() > 1 {
        let further = profile.steps.len() - 1;
        lines.push(format!(
            "the profile has {further} more step(s), whose requests are to be added; step {} decides",
            profile.deciding + 1
        ));
    }
    lines
}

/// A text that can stand in a comment of any language.
fn comment(text: &str) -> String {
    let is_good = |one: char| one.is_ascii_graphic() || one == ' ';
    let text: String = text
        .chars()
        .map(|one| if is_good(one) { one } else { '_' })
        .collect();
    text.replace("*/", "* /")
        .replace("/*", "/ *")
        .replace('\\', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Issued, Request, parse_text};

    fn first(step: &str) -> Result<FirstRequest, RequestError> {
        let text = format!(
            "name = \"a\"\n[[step]]\nname = \"q\"\n{step}\n[step.allow]\nbody = '{{\"a\":1}}'\n[step.deny]\nstatus = 403\n"
        );
        FirstRequest::of(&parse_text(&text).expect("a profile"))
    }

    #[test]
    fn the_request_fits_its_step() {
        let step = "method = \"POST\"\nhost = \"*.operator.example\"\npath = \"/v1/{id}/check\"\nheaders = { x-api-key = \"*\" }\n\
                    query = { a = \"b c\" }\njson = { \"device.id\" = \"7*\" }";
        let request = first(step).expect("a request");
        assert_eq!(request.origin, "https://entitlement.operator.example");
        assert_eq!(request.path, "/v1/TODO/check");
        assert_eq!(request.statuses, [403]);
        let (kind, body) = request.body.expect("a body");
        assert_eq!(
            (kind.as_str(), body.as_str()),
            ("application/json", r#"{"device":{"id":"7TODO"}}"#)
        );
        let text = format!(
            "name = \"a\"\n[[step]]\nname = \"q\"\n{step}\n[step.allow]\nbody = \"\"\n[step.deny]\nstatus = 403\n"
        );
        let sent = Request {
            method: "POST".to_owned(),
            host: "entitlement.operator.example".to_owned(),
            target: format!("{}?a=b+c", request.path),
            headers: request.headers,
            body: body.into_bytes(),
            secure: true,
        };
        let profile = parse_text(&text).expect("a profile");
        assert_eq!(profile.step_of(&sent, &Issued::default()), Ok(0));
    }

    #[test]
    fn what_a_project_cannot_send_is_refused() {
        assert_eq!(
            first("method = \"PUT\""),
            Err(RequestError::Method("PUT".to_owned()))
        );
        assert_eq!(first("").expect("a request").method, Method::Get);
        assert_eq!(
            first("form = { a = \"b\" }").expect("a request").method,
            Method::Post
        );
    }

    #[test]
    fn a_comment_stays_one() {
        assert_eq!(comment("a*/\n\\\u{202e}/*"), "a* /___/ *");
    }
}

//! The templates of a profile: what a response says about the request and of the moment.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use minijinja::value::{Kwargs, Rest};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value, context,
};

use super::crypto;
use super::matcher::{object, path_parameters};
use super::request::Request;
use super::xml::XmlPath;

/// How many values of one name are remembered: of more calls at once than are ever made.
const MAX_ISSUED: usize = 256;

/// The values that responses issued in one run, such as tokens, by name.
#[derive(Debug, Default)]
pub struct Issued {
    values: Mutex<BTreeMap<String, VecDeque<String>>>,
    /// Whether a real server issues the values, so that they are not known here.
    elsewhere: bool,
}

impl Issued {
    /// Of a real server: any value counts as one that it issued.
    pub fn elsewhere() -> Self {
        Self {
            elsewhere: true,
            ..Self::default()
        }
    }

    pub(super) fn is_elsewhere(&self) -> bool {
        self.elsewhere
    }

    /// The values of that name, the last one last.
    pub fn values(&self, name: &str) -> Vec<String> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values
            .get(name)
            .map(|all| all.iter().cloned().collect())
            .unwrap_or_default()
    }

    pub fn add(&self, name: &str, value: &str) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let all = values.entry(name.to_owned()).or_default();
        if all.len() == MAX_ISSUED {
            all.pop_front();
        }
        all.push_back(value.to_owned());
    }

    fn last(&self) -> BTreeMap<String, String> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let last = values
            .iter()
            .filter_map(|(name, all)| Some((name.clone(), all.back()?.clone())));
        last.collect()
    }
}

/// A template that could not be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the template of {template} cannot be filled in: {reason}")]
pub struct RenderError {
    /// Which response and which part of it.
    pub template: String,
    pub reason: String,
}

/// The templates of a profile, by name.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    /// The path of each step, for its parameters.
    paths: BTreeMap<String, String>,
}

impl Templates {
    /// No templates. Files that they name are looked for in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        let mut environment = Environment::new();
        // A name that is not there is an error, and not an empty text.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_keep_trailing_newline(true);
        // A loop in a profile ends, too.
        environment.set_fuel(Some(1_000_000));
        let folder: Arc<PathBuf> = Arc::new(folder.to_owned());
        environment.add_function("uuid", uuid);
        environment.add_function("nonce", nonce);
        environment.add_function("issue", issue);
        environment.add_function("http_date", http_date);
        environment.add_function("xml", xml);
        environment.add_function("hmac_sha256", |key: &str, text: &str| {
            crypto::hmac_sha256(key.as_bytes(), text.as_bytes())
        });
        environment.add_function("jws", move |claims: Value, key: &str, options: Kwargs| {
            let key_id: Option<String> = options.get("kid")?;
            let claimed: Option<String> = options.get("alg")?;
            options.assert_all_used()?;
            jws(&folder, &claims, key, key_id.as_deref(), claimed.as_deref())
        });
        environment.add_filter("base64", |text: &str| BASE64_STANDARD.encode(text));
        environment.add_filter("base64url", |text: &str| {
            BASE64_URL_SAFE_NO_PAD.encode(text)
        });
        Self {
            environment,
            paths: BTreeMap::new(),
        }
    }

    /// Adds one.
    ///
    /// # Errors
    /// The message and the line of a syntax error.
    pub(super) fn add(
        &mut self,
        name: &str,
        path: Option<&str>,
        source: String,
    ) -> Result<(), (String, usize)> {
        if let Some(path) = path {
            self.paths.insert(name.to_owned(), path.to_owned());
        }
        self.environment
            .add_template_owned(name.to_owned(), source)
            .map_err(|error| (in_full(&error), error.line().unwrap_or(1)))
    }

    /// The names of the values that a template issues, where they are written in it.
    pub(super) fn issues(&self, name: &str) -> Vec<String> {
        let template = self.environment.get_template(name).ok();
        let source = template.as_ref().map_or("", |template| template.source());
        let calls = source.split("issue(").skip(1);
        calls
            .filter_map(|call| {
                let call = call.trim_start();
                let quote = call
                    .chars()
                    .next()
                    .filter(|quote| matches!(quote, '\'' | '"'))?;
                Some(call[1..].split_once(quote)?.0.to_owned())
            })
            .collect()
    }

    pub(super) fn render(
        &self,
        name: &str,
        request: &Request,
        issued: &Issued,
    ) -> Result<Vec<u8>, RenderError> {
        let failed = |error: Error| RenderError {
            template: name.to_owned(),
            reason: in_full(&error),
        };
        let params = self
            .paths
            .get(name)
            .map(|path| path_parameters(path, request.path()));
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.clone()));
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let root = context! {
            request => context! {
                method => request.method,
                path => request.path(),
                host => request.host,
                params => object(params.unwrap_or_default()),
                query => object(request.query()),
                form => object(request.form()),
                headers => object(headers.collect()),
                cookies => object(request.cookies()),
                body => request.text(),
                json => request.json(),
            },
            issued => issued.last(),
            now => now.as_secs(),
            __issue => Value::from_object(Issuer::default()),
        };
        let template = self.environment.get_template(name).map_err(failed)?;
        let captured = template.render_captured(root).map_err(failed)?;
        let (text, state) = (captured.output().to_owned(), captured.state());
        // A value counts as issued once it was sent.
        if let Some(issuer) = state.lookup("__issue")
            && let Some(issuer) = issuer.downcast_object_ref::<Issuer>()
        {
            let new = issuer.0.lock().unwrap_or_else(PoisonError::into_inner);
            new.iter().for_each(|(name, value)| issued.add(name, value));
        }
        Ok(text.into_bytes())
    }
}

/// What one rendering issues.
#[derive(Debug, Default)]
struct Issuer(Mutex<Vec<(String, String)>>);

impl minijinja::value::Object for Issuer {}

/// `issue('token')`: a new random value, which later requests can be matched with. `issue('token', value)`: that value.
fn issue(state: &State<'_, '_>, name: &str, value: Option<String>) -> Result<String, Error> {
    let value = value.map_or_else(|| random(20), Ok)?;
    let issuer = state.lookup("__issue");
    let issuer = issuer
        .as_ref()
        .and_then(|value| value.downcast_object_ref::<Issuer>());
    if let Some(issuer) = issuer {
        let mut new = issuer.0.lock().unwrap_or_else(PoisonError::into_inner);
        new.push((name.to_owned(), value.clone()));
    }
    Ok(value)
}

/// A random UUID of version 4 (RFC 9562).
fn uuid() -> Result<String, Error> {
    let digits = random(16)?;
    let (variant, rest) = digits[16..].split_at(1);
    let variant = ["8", "9", "a", "b"][usize::from_str_radix(variant, 16).unwrap_or(0) % 4];
    Ok(format!(
        "{}-{}-4{}-{variant}{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &rest[..3],
        &rest[3..]
    ))
}

/// `nonce()` or `nonce(16)`: so many random bytes in hexadecimal digits.
fn nonce(bytes: Rest<usize>) -> Result<String, Error> {
    match bytes[..] {
        [] => random(16),
        [bytes @ 1..=1024] => random(bytes),
        _ => Err(invalid(
            "nonce takes a number of bytes from 1 to 1024".to_owned(),
        )),
    }
}

fn random(bytes: usize) -> Result<String, Error> {
    crypto::random_hex(bytes).map_err(invalid)
}

/// `http_date(now + 3)`: a time as header fields have it.
fn http_date(seconds: u64) -> Result<String, Error> {
    let time = SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds));
    // A year of five digits has no form in HTTP.
    let time = time.filter(|_| seconds < 253_402_300_800);
    time.map(httpdate::fmt_http_date)
        .ok_or_else(|| invalid("the time is too late for an HTTP date".to_owned()))
}

/// `xml('/doc/item/@value')`: a value of the request's XML body.
fn xml(state: &State<'_, '_>, path: &str) -> Result<String, Error> {
    let path: XmlPath = path.parse().map_err(invalid)?;
    let request = state.lookup("request").unwrap_or_default();
    let body = request.get_attr("body")?;
    let found = path.find(body.as_str().unwrap_or_default());
    found
        .map(|found| found.value)
        .ok_or_else(|| invalid(format!("the request's body has no value at {path}")))
}

/// `jws({…}, 'key.pem')`: a signed token. `kid='…'` adds a key id to its header, and `alg='…'` makes the header name
/// another algorithm than the one that it is signed with.
fn jws(
    folder: &Path,
    claims: &Value,
    key: &str,
    key_id: Option<&str>,
    claimed: Option<&str>,
) -> Result<String, Error> {
    let file = folder.join(key);
    let bytes = std::fs::read(&file)
        .map_err(|error| invalid(format!("cannot read the key {}: {error}", file.display())))?;
    let claims = match claims.as_str() {
        Some(text) => text.to_owned(),
        None => serde_json::to_string(claims).map_err(|error| invalid(error.to_string()))?,
    };
    crypto::jws(&claims, &bytes, key_id, claimed)
        .map_err(|reason| invalid(format!("{}: {reason}", file.display())))
}

fn invalid(reason: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason)
}

/// An error with what caused it, in one line.
fn in_full(error: &Error) -> String {
    let kind = error.kind().to_string();
    error
        .detail()
        .map_or(kind.clone(), |detail| match error.kind() {
            ErrorKind::InvalidOperation | ErrorKind::SyntaxError => detail.to_owned(),
            _ => format!("{kind}: {detail}"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(source: &str, request: &Request, issued: &Issued) -> Result<String, String> {
        let mut templates = Templates::new(Path::new("."));
        templates
            .add("t", Some("/v1/{id}/check"), source.to_owned())
            .map_err(|(reason, _)| reason)?;
        let bytes = templates
            .render("t", request, issued)
            .map_err(|error| error.reason)?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    fn request() -> Request {
        Request {
            method: "POST".to_owned(),
            target: "/v1/77/check?app=a%20b".to_owned(),
            headers: vec![("X-Api-Key".to_owned(), "k".to_owned())],
            body: br#"{"device":{"id":"d1"}}"#.to_vec(),
            ..Request::default()
        }
    }

    #[test]
    fn a_template_sees_the_request() {
        let source = "{{ request.params.id }} {{ request.query.app }} {{ request.headers['x-api-key'] }} \
            {{ request.json.device.id }} {{ 'a'|base64 }} {{ request.json|tojson }}";
        let text = rendered(source, &request(), &Issued::default());
        assert_eq!(text.unwrap(), r#"77 a b k d1 YQ== {"device":{"id":"d1"}}"#);
    }

    #[test]
    fn what_is_issued_is_remembered() {
        let issued = Issued::default();
        let text = rendered("{{ issue('token') }}", &request(), &issued).unwrap();
        assert_eq!(issued.values("token").last(), Some(&text));
        assert_eq!(
            rendered("{{ issued.token }}", &request(), &issued).unwrap(),
            text
        );
        assert_ne!(
            rendered("{{ issue('token') }}", &request(), &issued).unwrap(),
            text
        );
        assert_eq!(issued.values("token").len(), 2);
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let issued = Issued::default();
        assert!(rendered("{{ request.json.none.deep }}", &request(), &issued).is_err());
        assert!(rendered("{{ nonsense }}", &request(), &issued).is_err());
        assert!(rendered("{{ ", &request(), &issued).is_err());
        assert!(
            rendered(
                "{% for a in range(9999999) %}x{% endfor %}",
                &request(),
                &issued
            )
            .is_err()
        );
        assert!(
            rendered("{{ nonce(0) }}", &request(), &issued)
                .unwrap_err()
                .contains("1024")
        );
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let text = rendered("{{ uuid() }}", &request(), &Issued::default()).unwrap();
        let parts: Vec<_> = text.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(
            text[14..].starts_with('4') && "89ab".contains(&text[19..20]),
            "{text}"
        );
    }

    #[test]
    fn a_time_is_written_as_header_fields_have_it() {
        let text = rendered("{{ http_date(784111777) }}", &request(), &Issued::default());
        assert_eq!(text.unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}

//! Which requests belong to a step.

use std::fmt;

use ics_device::document::names::quoted;
use serde_json::Value;

use super::member::{json_at, json_text};
use super::request::Request;
use super::template::Issued;
use super::xml;

/// How a [`Mismatch`] begins as text.
pub const NO_STEP: &str = "the request fits no step of the profile";

/// The conditions of a step. A request has to meet all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matcher {
    /// One of these, if there are any.
    pub methods: Vec<String>,
    pub host: Option<Pattern>,
    pub port: Option<u16>,
    /// Segments in braces stand for any segment.
    pub path: Option<String>,
    pub query: Vec<(String, Pattern)>,
    pub headers: Vec<(String, Pattern)>,
    /// Members of a JSON body, by path.
    pub json: Vec<(String, Pattern)>,
    /// Values of an XML body, by path.
    pub xml: Vec<(xml::XmlPath, Pattern)>,
    /// Fields of a form body.
    pub form: Vec<(String, Pattern)>,
}

/// A text with `*` for any characters, and `{{ issued.NAME }}` for a value that an earlier response issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Anything,
    Issued(String),
}

/// Why a request does not belong to a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    pub step: String,
    /// How many conditions were met.
    pub met: usize,
    /// What is different, such as "the header `x-api-key` is absent, and `*` was expected".
    pub reason: String,
}

impl Mismatch {
    pub(super) fn at(self, step: &str) -> Self {
        Self {
            step: step.to_owned(),
            ..self
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{NO_STEP}; the nearest is {}: {}",
            quoted(&self.step),
            self.reason
        )
    }
}

impl Pattern {
    /// # Errors
    /// If braces are not closed, or hold something else than `issued.NAME`.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            literals(&rest[..start], &mut pieces);
            let end = rest[start..]
                .find("}}")
                .ok_or_else(|| "`{{` without `}}`".to_owned())?;
            let inside = rest[start + 2..start + end].trim();
            let name = inside.strip_prefix("issued.").ok_or_else(|| {
                format!(
                    "{} cannot be matched; only a value that a response issued can, such as `{{{{ issued.token }}}}`",
                    quoted(inside)
                )
            })?;
            pieces.push(Piece::Issued(name.trim().to_owned()));
            rest = &rest[start + end + 2..];
        }
        literals(rest, &mut pieces);
        Ok(Self {
            text: text.to_owned(),
            pieces,
        })
    }

    /// A text in which only `*` has a meaning.
    pub(super) fn literal_or_wildcard(text: &str) -> Self {
        let mut pieces = Vec::new();
        literals(text, &mut pieces);
        Self {
            text: text.to_owned(),
            pieces,
        }
    }

    /// The names of issued values in it.
    pub fn issued(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Issued(name) => Some(name.as_str()),
            Piece::Text(_) | Piece::Anything => None,
        })
    }

    pub fn matches(&self, value: &str, issued: &Issued) -> bool {
        matches_all(&self.pieces, value, issued)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn literals(text: &str, pieces: &mut Vec<Piece>) {
    for (number, part) in text.split('*').enumerate() {
        if number > 0 && pieces.last() != Some(&Piece::Anything) {
            pieces.push(Piece::Anything);
        }
        if !part.is_empty() {
            pieces.push(Piece::Text(part.to_owned()));
        }
    }
}

fn matches_all(pieces: &[Piece], value: &str, issued: &Issued) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return value.is_empty();
    };
    match first {
        Piece::Text(text) => value
            .strip_prefix(text.as_str())
            .is_some_and(|value| matches_all(rest, value, issued)),
        // At least one character.
        Piece::Issued(_) if issued.is_elsewhere() => value
            .char_indices()
            .map(|(index, one)| index + one.len_utf8())
            .any(|end| matches_all(rest, &value[end..], issued)),
        Piece::Issued(name) => issued.values(name).iter().any(|one| {
            value
                .strip_prefix(one.as_str())
                .is_some_and(|value| matches_all(rest, value, issued))
        }),
        Piece::Anything if rest.is_empty() => true,
        Piece::Anything => value
            .char_indices()
            .map(|(index, _)| index)
            .chain([value.len()])
            .any(|index| matches_all(rest, &value[index..], issued)),
    }
}

impl Matcher {
    /// How many conditions a request meets that meets all of them.
    ///
    /// # Errors
    /// The first condition that it does not meet.
    pub fn matches(&self, request: &Request, issued: &Issued) -> Result<usize, Mismatch> {
        let mut check = Check { met: 0, issued };
        if !self.methods.is_empty() {
            let known = self.methods.contains(&request.method);
            check.that(known, || {
                let expected = self.methods.join(" or ");
                format!(
                    "its method is {}, and {expected} was expected",
                    request.method
                )
            })?;
        }
        if let Some(path) = &self.path {
            check.that(path_fits(path, request.path()), || {
                format!(
                    "its path is {}, and {} was expected",
                    quoted(request.path()),
                    quoted(path)
                )
            })?;
        }
        if let Some(host) = &self.host {
            let name = request.host_name().to_ascii_lowercase();
            check.value("host", "", Some(&name), host)?;
        }
        if let Some(port) = self.port {
            check.that(request.port() == port, || {
                format!("its port is {}, and {port} was expected", request.port())
            })?;
        }
        let query = request.query();
        for (name, pattern) in &self.query {
            check.any("query parameter", name, &query, pattern)?;
        }
        for (name, pattern) in &self.headers {
            check.value("header", name, request.header(name), pattern)?;
        }
        if !self.json.is_empty() {
            let json = request.json();
            for (path, pattern) in &self.json {
                let member = json.as_ref().and_then(|json| json_at(json, path));
                let text = member.filter(|value| !value.is_null()).map(json_text);
                check.value("JSON member", path, text.as_deref(), pattern)?;
            }
        }
        if !self.xml.is_empty() {
            let text = request.text();
            for (path, pattern) in &self.xml {
                let value = path.find(&text).map(|found| found.value);
                check.value("XML value", &path.to_string(), value.as_deref(), pattern)?;
            }
        }
        if !self.form.is_empty() {
            let form = request.form();
            for (name, pattern) in &self.form {
                check.any("form field", name, &form, pattern)?;
            }
        }
        Ok(check.met)
    }

    /// Every pattern in it, with the kind and the name of what it is for.
    pub fn patterns(&self) -> impl Iterator<Item = (&'static str, String, &Pattern)> {
        fn all<'a>(
            kind: &'static str,
            list: &'a [(String, Pattern)],
        ) -> impl Iterator<Item = (&'static str, String, &'a Pattern)> {
            list.iter()
                .map(move |(name, pattern)| (kind, name.clone(), pattern))
        }
        let host = self
            .host
            .iter()
            .map(|pattern| ("host", String::new(), pattern));
        let xml = self
            .xml
            .iter()
            .map(|(path, pattern)| ("XML value", path.to_string(), pattern));
        host.chain(all("query parameter", &self.query))
            .chain(all("header", &self.headers))
            .chain(all("JSON member", &self.json))
            .chain(xml)
            .chain(all("form field", &self.form))
    }

    /// Whether every request meets it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The conditions that were met so far.
struct Check<'a> {
    met: usize,
    issued: &'a Issued,
}

impl Check<'_> {
    fn that(&mut self, met: bool, reason: impl FnOnce() -> String) -> Result<(), Mismatch> {
        if !met {
            return Err(Mismatch {
                step: String::new(),
                met: self.met,
                reason: reason(),
            });
        }
        self.met += 1;
        Ok(())
    }

    fn value(
        &mut self,
        kind: &str,
        name: &str,
        value: Option<&str>,
        pattern: &Pattern,
    ) -> Result<(), Mismatch> {
        let name = if name.is_empty() {
            String::new()
        } else {
            format!(" {}", quoted(name))
        };
        let issued = self.issued;
        let Some(value) = value else {
            return self.that(false, || {
                format!(
                    "the {kind}{name} is absent, and {} was expected",
                    quoted(&pattern.text)
                )
            });
        };
        self.that(pattern.matches(value, issued), || {
            format!(
                "the {kind}{name} is {}, and {} was expected",
                quoted(value),
                quoted(&pattern.text)
            )
        })
    }

    /// One of several values of the same name.
    fn any(
        &mut self,
        kind: &str,
        name: &str,
        pairs: &[(String, String)],
        pattern: &Pattern,
    ) -> Result<(), Mismatch> {
        let mut values = pairs
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value);
        let first = values.clone().next();
        let fits = values.find(|value| pattern.matches(value, self.issued));
        self.value(kind, name, fits.or(first).map(String::as_str), pattern)
    }
}

/// Whether a path fits one with parameters in braces.
pub(crate) fn path_fits(wanted: &str, path: &str) -> bool {
    let (mut wanted, mut path) = (wanted.split('/'), path.split('/'));
    loop {
        match (wanted.next(), path.next()) {
            (None, None) => return true,
            (Some("**"), _) => return true,
            (Some(wanted), Some(part)) if segment_fits(wanted, part) => {}
            _ => return false,
        }
    }
}

/// The value of each parameter of a path, by name.
pub(super) fn path_parameters(wanted: &str, path: &str) -> Vec<(String, String)> {
    let parts = wanted.split('/').zip(path.split('/'));
    parts
        .filter_map(|(wanted, part)| {
            let name = wanted.strip_prefix('{')?.strip_suffix('}')?;
            Some((name.to_owned(), part.to_owned()))
        })
        .collect()
}

fn segment_fits(wanted: &str, part: &str) -> bool {
    match wanted {
        "*" => !part.is_empty(),
        _ if wanted.starts_with('{') && wanted.ends_with('}') => !part.is_empty(),
        _ => wanted == part,
    }
}

/// For templates: the pairs as an object; the last one of a name counts.
pub(super) fn object(pairs: Vec<(String, String)>) -> Value {
    Value::Object(
        pairs
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap()
    }

    #[test]
    fn a_pattern_has_wildcards_and_issued_values() {
        let issued = Issued::default();
        assert!(pattern("*").matches("", &issued));
        assert!(pattern("Bearer *").matches("Bearer x", &issued));
        assert!(!pattern("Bearer *").matches("Basic x", &issued));
        assert!(pattern("*a*b").matches("xxaxxb", &issued));
        assert!(!pattern("*a*b").matches("xxaxxbc", &issued));
        assert!(!pattern("Bearer {{ issued.token }}").matches("Bearer x", &issued));
        issued.add("token", "x");
        issued.add("token", "y");
        assert!(pattern("Bearer {{ issued.token }}").matches("Bearer x", &issued));
        assert!(pattern("Bearer {{issued.token}}").matches("Bearer y", &issued));
        assert!(!pattern("Bearer {{ issued.token }}").matches("Bearer xy", &issued));
    }

    #[test]
    fn a_wrong_pattern_is_refused() {
        assert!(Pattern::new("{{ issued.token").is_err());
        assert!(
            Pattern::new("{{ now }}")
                .unwrap_err()
                .contains("issued.token")
        );
    }

    #[test]
    fn a_path_may_have_parameters() {
        assert!(path_fits("/v1/{id}/check", "/v1/7/check"));
        assert!(!path_fits("/v1/{id}/check", "/v1//check"));
        assert!(!path_fits("/v1/{id}", "/v1/7/check"));
        assert!(path_fits("/v1/**", "/v1/7/check"));
        assert_eq!(
            path_parameters("/v1/{id}/check", "/v1/7/check"),
            [("id".to_owned(), "7".to_owned())]
        );
    }

    #[test]
    fn what_a_real_server_issues_may_be_any_value_but_none() {
        let field = pattern("Bearer {{ issued.token }}");
        assert!(!field.matches("Bearer abc", &Issued::default()));
        let issued = Issued::elsewhere();
        assert!(field.matches("Bearer abc", &issued));
        assert!(!field.matches("Bearer ", &issued));
        assert!(!field.matches("Basic abc", &issued));
        let before_more = pattern("{{ issued.id }}-device");
        assert!(before_more.matches("ü-device", &issued));
        assert!(!before_more.matches("-device", &issued));
    }

    #[test]
    fn a_mismatch_says_what_is_different() {
        let matcher = Matcher {
            methods: vec!["POST".to_owned()],
            path: Some("/check".to_owned()),
            headers: vec![("x-api-key".to_owned(), pattern("*"))],
            json: vec![("device.id".to_owned(), pattern("7*"))],
            ..Matcher::default()
        };
        let mut request = Request {
            method: "POST".to_owned(),
            target: "/check".to_owned(),
            body: br#"{"device":{"id":71}}"#.to_vec(),
            ..Request::default()
        };
        let issued = Issued::default();
        let reason = matcher.matches(&request, &issued).unwrap_err();
        assert_eq!(reason.met, 2);
        assert_eq!(
            reason.reason,
            "the header `x-api-key` is absent, and `*` was expected"
        );
        request
            .headers
            .push(("x-api-key".to_owned(), "k".to_owned()));
        assert_eq!(matcher.matches(&request, &issued), Ok(4));
        request.body = b"{}".to_vec();
        let reason = matcher.matches(&request, &issued).unwrap_err().reason;
        assert_eq!(
            reason,
            "the JSON member `device.id` is absent, and `7*` was expected"
        );
    }
}

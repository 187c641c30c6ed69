//! A request as profiles see it.

use std::borrow::Cow;

use serde_json::Value;

/// A request to the operator's server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Whether it came over TLS.
    pub secure: bool,
    /// The Host header, port included.
    pub host: String,
    /// The request line's target.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The beginning of it, if it is very long.
    pub body: Vec<u8>,
}

impl Request {
    /// The target without its query.
    pub fn path(&self) -> &str {
        let path = self.target.split(['?', '#']).next().unwrap_or_default();
        // An absolute target, as for a proxy.
        match path.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
            None => path,
        }
    }

    /// The pairs of the query, decoded.
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        pairs(query.as_bytes())
    }

    /// The pairs of a form body, decoded.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// The first header field of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The cookies.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let fields = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let all = fields.flat_map(|(_, value)| value.split(';'));
        all.filter_map(|cookie| cookie.trim().split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The body as JSON, if it is that.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The host without the port.
    pub fn host_name(&self) -> &str {
        match self.host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => &self.host,
        }
    }

    /// The port: that of the Host header, else the scheme's own.
    pub fn port(&self) -> u16 {
        let named = self
            .host
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        named.unwrap_or(if self.secure { 443 } else { 80 })
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_request_are_decoded() {
        let request = Request {
            host: "operator.example:8443".to_owned(),
            target: "/v1/check?id=1%202&app=a&app=b".to_owned(),
            headers: vec![("cookie".to_owned(), "a=1; b=2=3".to_owned())],
            body: b"grant_type=client_credentials&x=%26".to_vec(),
            ..Request::default()
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(request.path(), "/v1/check");
        assert_eq!(
            request.query(),
            [pair("id", "1 2"), pair("app", "a"), pair("app", "b")]
        );
        assert_eq!(request.cookies(), [pair("a", "1"), pair("b", "2=3")]);
        assert_eq!(
            request.form(),
            [pair("grant_type", "client_credentials"), pair("x", "&")]
        );
        assert_eq!(
            (request.host_name(), request.port()),
            ("operator.example", 8443)
        );
    }

    #[test]
    fn an_absolute_target_has_a_path() {
        let path = |target: &str| {
            let target = target.to_owned();
            Request {
                target,
                ..Request::default()
            }
            .path()
            .to_owned()
        };
        assert_eq!(path("http://operator.example/a?b"), "/a");
        assert_eq!(path("http://operator.example"), "/");
    }
}

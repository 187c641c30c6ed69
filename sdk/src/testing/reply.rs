//! What the server responds.

/// A complete response. The server adds `Content-Length`.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// A response with this status, type (empty for none) and body.
    ///
    /// ```
    /// let reply = ics_entitlement::testing::Reply::new(403, "text/plain", "no");
    /// ```
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let reply = Self {
            status,
            fields: Vec::new(),
            body: body.into(),
        };
        match content_type {
            "" => reply,
            _ => reply.header("Content-Type", content_type),
        }
    }

    /// 200 with JSON.
    ///
    /// ```
    /// let reply = ics_entitlement::testing::Reply::json(r#"{"entitled": true}"#);
    /// ```
    #[must_use]
    pub fn json(text: &str) -> Self {
        Self::new(200, "application/json", text)
    }

    /// 200 with plain text.
    ///
    /// ```
    /// let reply = ics_entitlement::testing::Reply::text("1000");
    /// ```
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::new(200, "text/plain; charset=utf-8", text)
    }

    /// Adds a header field.
    ///
    /// ```
    /// let reply = ics_entitlement::testing::Reply::text("1000").header("Cache-Control", "no-store");
    /// ```
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The head, with these fields instead of the ones of the same name, and the length of `body`.
    pub(super) fn head(&self, status: u16, instead: &[(&str, &str)]) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
        let is_replaced = |name: &str| instead.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let kept = self.fields.iter().filter(|(name, _)| !is_replaced(name));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in kept.chain(instead.iter().copied()) {
            if !value.is_empty() {
                head += &format!("{name}: {value}\r\n");
            }
        }
        head += "\r\n";
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        511 => "Network Authentication Required",
        _ => "Other",
    }
}

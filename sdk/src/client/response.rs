//! A response, whose body is read completely or not at all.

use std::str;

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;

use crate::transport::ClientError;

/// The server's response.
///
/// Its body is read by a method that names the expected type. A different type, invalid UTF-8, and
/// a body that is truncated, too large, compressed, or followed by other data are errors.
///
/// ```no_run
/// # async fn f(client: ics_entitlement::Client) -> Result<(), ics_entitlement::Unavailable> {
/// let answer = client.get("/v1/entitlement").send().await?;
/// let reply: serde_json::Value = answer.json().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Response {
    answer: reqwest::Response,
    limit: usize,
}

impl Response {
    pub(super) fn new(answer: reqwest::Response, limit: usize) -> Result<Self, ClientError> {
        let encoding = field(answer.headers(), CONTENT_ENCODING.as_str());
        if let Some(encoding) = encoding.filter(|name| !name.eq_ignore_ascii_case("identity")) {
            return Err(ClientError::Encoding(encoding.to_owned()));
        }
        Ok(Self { answer, limit })
    }

    /// The HTTP status: 200, unless [`accept_status`](super::Request::accept_status) was called.
    ///
    /// ```no_run
    /// # fn f(answer: ics_entitlement::Response) {
    /// assert_eq!(answer.status(), 200);
    /// # }
    /// ```
    #[must_use]
    pub fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    /// The value of the first header field of this name, if it is visible ASCII.
    ///
    /// ```no_run
    /// # fn f(answer: ics_entitlement::Response) {
    /// let validity = answer.header("x-valid-until");
    /// # }
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        field(self.answer.headers(), name)
    }

    /// The header fields whose values are visible ASCII, for the C API, which gives them out after the body was read.
    #[doc(hidden)]
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.answer.headers().iter();
        fields.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// Reads the body as JSON (`application/json`, or a type that ends in `+json`).
    ///
    /// # Errors
    /// If `Content-Type` names another type, or the body is not UTF-8, not of type `T`, or followed
    /// by anything but white space.
    ///
    /// ```no_run
    /// # async fn f(answer: ics_entitlement::Response) -> Result<(), ics_entitlement::Unavailable> {
    /// #[derive(serde::Deserialize)]
    /// struct Reply {
    ///     entitled: bool,
    /// }
    ///
    /// let reply: Reply = answer.json().await?;
    /// # Ok(()) }
    /// ```
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let json = |kind: &str| kind == "application/json" || kind.ends_with("+json");
        self.expect_type("application/json", json, true)?;
        let body = self.read().await?;
        serde_json::from_str(utf8(&body)?).map_err(ClientError::Json)
    }

    /// Reads the body as plain text (`text/plain`).
    ///
    /// # Errors
    /// If `Content-Type` names another type or character set, or the body is not UTF-8.
    ///
    /// ```no_run
    /// # async fn f(answer: ics_entitlement::Response) -> Result<(), ics_entitlement::Unavailable> {
    /// let code: u16 = answer.text().await?.trim().parse()?;
    /// # Ok(()) }
    /// ```
    pub async fn text(self) -> Result<String, ClientError> {
        self.text_of("text/plain").await
    }

    /// Reads the body as text of the type `content_type`.
    ///
    /// # Errors
    /// If `Content-Type` names another type or character set, or the body is not UTF-8.
    ///
    /// ```no_run
    /// # async fn f(answer: ics_entitlement::Response) -> Result<(), ics_entitlement::Unavailable> {
    /// let document = answer.text_of("text/vnd.wap.connectivity-xml").await?;
    /// # Ok(()) }
    /// ```
    pub async fn text_of(self, content_type: &str) -> Result<String, ClientError> {
        self.expect_type(
            content_type,
            |kind| kind.eq_ignore_ascii_case(content_type),
            true,
        )?;
        let body = self.read().await?;
        utf8(&body).map(str::to_owned)
    }

    /// Reads the body as bytes of the type `content_type`.
    ///
    /// # Errors
    /// If `Content-Type` names another type.
    ///
    /// ```no_run
    /// # async fn f(answer: ics_entitlement::Response) -> Result<(), ics_entitlement::Unavailable> {
    /// let token = answer.bytes_of("application/jose").await?;
    /// # Ok(()) }
    /// ```
    pub async fn bytes_of(self, content_type: &str) -> Result<Vec<u8>, ClientError> {
        self.expect_type(
            content_type,
            |kind| kind.eq_ignore_ascii_case(content_type),
            false,
        )?;
        self.read().await
    }

    fn expect_type(
        &self,
        expected: &str,
        matches: impl Fn(&str) -> bool,
        text: bool,
    ) -> Result<(), ClientError> {
        let mut fields = self.answer.headers().get_all(CONTENT_TYPE).iter();
        // With two fields it is undefined which of them applies.
        let found = match (fields.next(), fields.next()) {
            (Some(field), None) => field.to_str().unwrap_or("unreadable"),
            (None, _) => "not declared",
            (Some(_), Some(_)) => "declared twice",
        };
        let (kind, parameters) = found.split_once(';').unwrap_or((found, ""));
        let kind = kind.trim().to_ascii_lowercase();
        if matches(&kind) && (!text || is_utf8(parameters)) {
            return Ok(());
        }
        Err(ClientError::ContentType {
            expected: expected.to_owned(),
            found: found.to_owned(),
        })
    }

    /// Reads the complete body, which may have `limit` bytes at most.
    async fn read(mut self) -> Result<Vec<u8>, ClientError> {
        let limit = self.limit;
        let declared = self.answer.content_length().unwrap_or(0);
        if declared > limit as u64 {
            return Err(ClientError::TooLarge { limit });
        }
        let mut body = Vec::with_capacity(declared as usize);
        while let Some(chunk) = self
            .answer
            .chunk()
            .await
            .map_err(ClientError::from_transport)?
        {
            if chunk.len() > limit - body.len() {
                return Err(ClientError::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn field<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn utf8(body: &[u8]) -> Result<&str, ClientError> {
    str::from_utf8(body).map_err(ClientError::Utf8)
}

/// Whether the parameters of a content type name no character set other than UTF-8 or its subset.
pub fn is_utf8(parameters: &str) -> bool {
    parameters.split(';').all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        !name.trim().eq_ignore_ascii_case("charset")
            || value.eq_ignore_ascii_case("utf-8")
            || value.eq_ignore_ascii_case("us-ascii")
    })
}

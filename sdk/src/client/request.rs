//! A request and the builder methods that fill it in.

use reqwest::header::{self, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde::Serialize;

use super::retry::Retries;
use super::{Client, Response};
use crate::transport::ClientError;

/// A request. Nothing is sent until [`send`](Self::send) is called.
///
/// ```no_run
/// # async fn f(client: ics_entitlement::Client) -> Result<(), ics_entitlement::Unavailable> {
/// let text = client
///     .get("/v1/entitlement")
///     .query("device", "42")
///     .header("accept-language", "en")
///     .send()
///     .await?
///     .text()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is sent until `send` is called"]
pub struct Request {
    client: Client,
    request: Result<reqwest::Request, ClientError>,
    accepted: Vec<u16>,
}

impl Request {
    pub(super) fn new(client: Client, method: Method, path: &str) -> Self {
        let request = url(&client, path).map(|url| reqwest::Request::new(method, url));
        Self {
            client,
            request,
            accepted: vec![200],
        }
    }

    /// Adds a query parameter to the URL. Servers and proxies log URLs, so send identities such as
    /// an IMSI in the body instead.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client) {
    /// let request = client.get("/v1").query("terminal", "a b&c");
    /// # }
    /// ```
    pub fn query(self, name: &str, value: &str) -> Self {
        self.with(|request| {
            request.url_mut().query_pairs_mut().append_pair(name, value);
            Ok(())
        })
    }

    /// Sets a header field. An invalid name or value is reported by [`send`](Self::send).
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client) {
    /// let request = client.get("/v1").header("accept", "application/json");
    /// # }
    /// ```
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|request| {
            let field = HeaderName::try_from(name).map_err(|_| {
                ClientError::Request(format!("`{name}` is not a valid header name"))
            })?;
            let value = HeaderValue::try_from(value).map_err(|_| {
                ClientError::Request(format!("the value of `{name}` is not a valid header value"))
            })?;
            request.headers_mut().insert(field, value);
            Ok(())
        })
    }

    /// Sends a bearer token (`Authorization: Bearer …`). The token does not appear in any log or
    /// error message.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client, token: &str) {
    /// let request = client.get("/v1").bearer(token);
    /// # }
    /// ```
    pub fn bearer(self, token: &str) -> Self {
        self.with(|request| {
            let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
                ClientError::Request("the bearer token is not a valid header value".to_owned())
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Sends `value` as JSON in the body, with `Content-Type: application/json`.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client) {
    /// let request = client.post("/v1").json(&serde_json::json!({"imsi": "001010000000005"}));
    /// # }
    /// ```
    pub fn json(self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(text) => self.body("application/json", text),
            Err(error) => self.with(|_| Err(ClientError::Request(error.to_string()))),
        }
    }

    /// Sends `bytes` in the body, with this `Content-Type`.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client) {
    /// let request = client.post("/v1").body("text/plain; charset=utf-8", "hello");
    /// # }
    /// ```
    pub fn body(self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", content_type).with(|request| {
            *request.body_mut() = Some(bytes.into().into());
            Ok(())
        })
    }

    /// Accepts one more status than 200. The caller has to check [`Response::status`] then, and the body: portals and
    /// proxies send these status codes, too.
    ///
    /// ```no_run
    /// # use ics_entitlement::{Client, Decision, Unavailable};
    /// # #[derive(serde::Deserialize)]
    /// # struct Reply { entitled: bool }
    /// async fn check(client: Client) -> Result<Decision, Unavailable> {
    ///     let answer = client.get("/v1/entitlement").accept_status(403).send().await?;
    ///     let status = answer.status();
    ///     let reply: Reply = answer.json().await?;
    ///     match (status, reply.entitled) {
    ///         (200, entitled) => Ok(Decision::from(entitled)),
    ///         (403, false) => Ok(Decision::NotEntitled),
    ///         _ => Err(Unavailable::because("status and body contradict each other")),
    ///     }
    /// }
    /// ```
    pub fn accept_status(mut self, status: u16) -> Self {
        self.accepted.push(status);
        self
    }

    /// Sends the request and waits for the status line and the header fields of the response.
    ///
    /// It is sent once, unless the settings ask for retries (`[retry]`). The requests of a call share a connection where
    /// the server keeps it open. A request after an earlier response of the same call, whose connection ends before the
    /// header fields of its own response are complete, is therefore sent once more: the server may have closed an idle connection.
    ///
    /// # Errors
    /// If no response was received, or one with a status other than 200 and those accepted.
    ///
    /// ```no_run
    /// # async fn f(client: ics_entitlement::Client) -> Result<(), ics_entitlement::Unavailable> {
    /// let answer = client.get("/v1").send().await?;
    /// assert_eq!(answer.status(), 200);
    /// # Ok(()) }
    /// ```
    pub async fn send(self) -> Result<Response, ClientError> {
        let context = &self.client.context;
        let shared = context.shared();
        let session = context.session();
        let http = shared.http.as_ref().map_err(ClientError::again)?;
        let client = session.client(http, &shared.settings)?;
        let request = self.request?;
        let mut retries = Retries::new(&shared.settings.retry);
        let mut may_be_stale = session.has_answered();
        loop {
            // A body that is in memory, as all of ours are, can be cloned.
            let Some(copy) = request.try_clone() else {
                return Err(ClientError::Request("the body cannot be sent".to_owned()));
            };
            let answer = client
                .execute(copy)
                .await
                .map_err(ClientError::from_transport);
            match &answer {
                Ok(answer) => session.answered_by(answer.remote_addr()),
                Err(error) if error.is_connection() => session.forget_addresses(),
                Err(error) if may_be_stale && error.is_closed() => {
                    may_be_stale = false;
                    continue;
                }
                Err(_) => {}
            }
            if let Some(pause) = retries.pause(&answer, context.time_left()) {
                drop(answer);
                tokio::time::sleep(pause).await;
                continue;
            }
            let answer = answer?;
            let status = answer.status().as_u16();
            if !self.accepted.contains(&status) {
                return Err(ClientError::Status(status));
            }
            return Response::new(answer, shared.settings.body_limit());
        }
    }

    fn with(
        mut self,
        change: impl FnOnce(&mut reqwest::Request) -> Result<(), ClientError>,
    ) -> Self {
        if let Ok(request) = &mut self.request
            && let Err(error) = change(request)
        {
            self.request = Err(error);
        }
        self
    }
}

/// The setting `url` with `path` appended. Unlike in RFC 3986, a path of that URL is kept, since an
/// operator's endpoint may be below one.
fn url(client: &Client, path: &str) -> Result<Url, ClientError> {
    let settings = &client.context.shared().settings;
    let base = settings.url.as_deref().ok_or_else(|| {
        ClientError::setting("url", "it is missing; expected the server's https URL")
    })?;
    let url = if path.starts_with("https://") || path.starts_with("http://") {
        path.to_owned()
    } else if path.is_empty() {
        base.to_owned()
    } else {
        format!(
            "{}/{}",
            base.trim_end_matches('/'),
            path.trim_start_matches('/')
        )
    };
    let url = Url::parse(&url).map_err(|error| ClientError::setting("url", error.to_string()))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if settings.allow_http => Ok(url),
        "http" => Err(ClientError::setting(
            "url",
            "cleartext HTTP needs `allow_http = true`",
        )),
        other => Err(ClientError::setting(
            "url",
            format!("expected https, found `{other}`"),
        )),
    }
}

//! A request, built part by part.

use reqwest::header::{self, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde::Serialize;

use super::retry::Retries;
use super::{Client, ClientError, Http, Response};

/// A request. Nothing is sent before [`send`](Self::send).
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
#[must_use = "nothing is sent before `send`"]
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

    /// Adds a parameter to the URL, where servers and proxies log it: put no identity there that
    /// could go into the body.
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

    /// Sets a header field.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client) {
    /// let request = client.get("/v1").header("accept", "application/json");
    /// # }
    /// ```
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|request| {
            let field = HeaderName::try_from(name)
                .map_err(|_| ClientError::Request(format!("`{name}` is no name of a field")))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| ClientError::Request(format!("a value that `{name}` can't have")))?;
            request.headers_mut().insert(field, value);
            Ok(())
        })
    }

    /// Shows a token that proves who asks (`Authorization: Bearer …`). It is kept out of
    /// everything that is logged.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client, token: &str) {
    /// let request = client.get("/v1").bearer(token);
    /// # }
    /// ```
    pub fn bearer(self, token: &str) -> Self {
        self.with(|request| {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| ClientError::Request("a token that no header can carry".to_owned()))?;
            value.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Sends `value` as JSON.
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

    /// Sends bytes of some type.
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

    /// Accepts one more status than 200, to be judged by whoever calls: look at
    /// [`Response::status`].
    ///
    /// ```no_run
    /// # use ics_entitlement::{Client, Decision, Unavailable};
    /// async fn check(client: Client) -> Result<Decision, Unavailable> {
    ///     let answer = client.get("/v1").accept_status(403).send().await?;
    ///     Ok(Decision::from(answer.status() == 200))
    /// }
    /// ```
    pub fn accept_status(mut self, status: u16) -> Self {
        self.accepted.push(status);
        self
    }

    /// Sends the request and waits for the head of the answer.
    ///
    /// It is sent once, unless the settings ask for retries (`[retry]`).
    ///
    /// # Errors
    /// If no answer was had, or one with another status than 200 and those accepted.
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
        let Http(http) = shared.http.as_ref().map_err(ClientError::again)?;
        let request = self.request?;
        let mut retries = Retries::new(&shared.settings.retry);
        loop {
            // A body of bytes can be sent again and again.
            let Some(copy) = request.try_clone() else {
                return Err(ClientError::Request("the body can't be sent".to_owned()));
            };
            let answer = http
                .execute(copy)
                .await
                .map_err(ClientError::from_transport);
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

/// The setting `url` with a path of the author's. A path of its own stays in front of it, since
/// an operator's server may live below one.
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
            "http in clear needs `allow_http = true`",
        )),
        other => Err(ClientError::setting(
            "url",
            format!("expected https, found `{other}`"),
        )),
    }
}

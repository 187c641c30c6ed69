//! The usual shape of a check: a token, a question, and what its response means.

use serde_json::Value;

use super::Request;
use super::json::UniqueJson;
use crate::decision::Decision;
use crate::transport::ClientError;

/// A check that [`Client::check`](super::Client::check) starts. Nothing is sent until [`decide`](Self::decide).
///
/// Both responses are JSON. Where a value is in them is said by a JSON Pointer (RFC 6901), such as `/data/status`; the
/// empty one means the whole response. An object with two members of the same name is an error.
///
/// Only what was named is a decision. A response that matches nothing, or both an `allow` and a `deny`, is an error, and
/// so the call returns UNAVAILABLE.
#[derive(Debug)]
#[must_use = "nothing is sent until `decide` is called"]
pub struct CheckBuilder {
    question: Request,
    token: Option<(Request, String)>,
    allow: Vec<Expected>,
    deny: Vec<Expected>,
}

/// A value at a place.
#[derive(Debug)]
struct Expected {
    pointer: String,
    value: Value,
}

impl Expected {
    fn new(pointer: &str, value: impl Into<Value>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            value: value.into(),
        }
    }

    fn is_in(&self, response: &Value) -> bool {
        response.pointer(&self.pointer) == Some(&self.value)
    }
}

/// Why a check made with [`CheckBuilder`] has no decision.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The request for the token failed.
    #[error("the token")]
    Token(#[source] ClientError),
    /// There is no token where the builder was told to find it, or it is not a string, or empty.
    #[error("the response has no token at `{0}`")]
    NoToken(String),
    /// The token is of another kind than a bearer token (RFC 6749, section 7.1). The value is the response's `token_type`.
    #[error("expected a bearer token, found one of the type {0}")]
    TokenType(Value),
    /// The question failed.
    #[error("the question")]
    Question(#[source] ClientError),
    /// The response is none of those that were named.
    #[error("the response neither allows nor denies")]
    Undecided,
    /// The response both allows and denies.
    #[error("the response both allows and denies")]
    Contradiction,
}

impl CheckBuilder {
    pub(super) fn new(question: Request) -> Self {
        Self {
            question,
            token: None,
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }

    /// Requests a bearer token first, which is the string at `pointer` in the response, and sends it with the question.
    /// If the response has a `token_type`, it has to be `Bearer`.
    ///
    /// ```no_run
    /// # async fn f(client: ics_entitlement::Client) -> Result<(), ics_entitlement::Unavailable> {
    /// let login = "grant_type=client_credentials";
    /// let token = client.post("/oauth/token").body("application/x-www-form-urlencoded", login);
    /// let check = client.check(client.get("/v1/entitlement")).token(token, "/access_token");
    /// # Ok(()) }
    /// ```
    pub fn token(mut self, request: Request, pointer: &str) -> Self {
        self.token = Some((request, pointer.to_owned()));
        self
    }

    /// The device is entitled if the response has this value at `pointer`, and the status 200.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client) {
    /// let check = client.check(client.get("/v1/entitlement")).allow("/entitled", true);
    /// # }
    /// ```
    pub fn allow(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        self.allow.push(Expected::new(pointer, value));
        self
    }

    /// The device is not entitled if the response has this value at `pointer`, whichever accepted status it has.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client) {
    /// let question = client.get("/v1/entitlement").accept_status(403);
    /// let check = client.check(question).deny("/entitled", false).deny("/error", "not_subscribed");
    /// # }
    /// ```
    pub fn deny(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        self.deny.push(Expected::new(pointer, value));
        self
    }

    /// Sends the requests.
    ///
    /// # Errors
    /// Whenever there is no decision; each becomes UNAVAILABLE.
    ///
    /// ```no_run
    /// # async fn f(client: ics_entitlement::Client) -> Result<(), ics_entitlement::Unavailable> {
    /// use ics_entitlement::{CheckError, ClientError};
    ///
    /// let check = client.check(client.get("/v1/entitlement")).allow("/entitled", true);
    /// match check.decide().await {
    ///     Err(CheckError::Question(ClientError::Status(503))) => { /* the operator's maintenance */ }
    ///     other => drop(other?),
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn decide(self) -> Result<Decision, CheckError> {
        let mut question = self.question;
        if let Some((request, pointer)) = self.token {
            let (_, response) = answer(request).await.map_err(CheckError::Token)?;
            question = question.bearer(bearer_token(&response, &pointer)?);
        }
        let (status, response) = answer(question).await.map_err(CheckError::Question)?;
        let has = |expected: &[Expected]| expected.iter().any(|value| value.is_in(&response));
        match (status == 200 && has(&self.allow), has(&self.deny)) {
            (true, false) => Ok(Decision::Entitled),
            (false, true) => Ok(Decision::NotEntitled),
            (false, false) => Err(CheckError::Undecided),
            (true, true) => Err(CheckError::Contradiction),
        }
    }
}

async fn answer(request: Request) -> Result<(u16, Value), ClientError> {
    let response = request.send().await?;
    let status = response.status();
    let UniqueJson(value) = response.json().await?;
    Ok((status, value))
}

fn bearer_token<'a>(response: &'a Value, pointer: &str) -> Result<&'a str, CheckError> {
    if let Some(kind) = response.get("token_type")
        && !kind
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
    {
        return Err(CheckError::TokenType(kind.clone()));
    }
    response
        .pointer(pointer)
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty())
        .ok_or_else(|| CheckError::NoToken(pointer.to_owned()))
}

//! The HTTP client that plugin authors use during a call.
//!
//! It talks to one server. A response that is incomplete, or not of the expected form, is an error.

mod check_builder;
mod json;
mod request;
pub(crate) mod response;
mod retry;

use reqwest::Method;
use serde::de::DeserializeOwned;

use crate::config::SettingsError;
use crate::context::Context;
pub use check_builder::{CheckBuilder, CheckError};
pub use json::UniqueJson;
pub use request::Request;
pub use response::Response;

/// Sends requests to the operator's server.
///
/// It speaks https only, unless the settings allow http; follows no redirect; takes proxies from
/// the settings and never from the environment; reads no body beyond the setting `body_limit`; and
/// stops at the call's deadline.
///
/// ```no_run
/// use ics_entitlement::{Client, Decision, Unavailable};
///
/// #[derive(serde::Deserialize)]
/// struct Reply {
///     entitled: bool,
/// }
///
/// async fn check(client: Client) -> Result<Decision, Unavailable> {
///     let reply: Reply = client.get("/v1/entitlement").send().await?.json().await?;
///     Ok(Decision::from(reply.entitled))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    context: Context,
}

impl Client {
    /// Starts a GET request. `path` is appended to the setting `url`; if it is empty, the request
    /// goes to that URL itself.
    ///
    /// ```no_run
    /// # async fn f(client: ics_entitlement::Client) -> Result<(), ics_entitlement::Unavailable> {
    /// let text = client.get("/v1/entitlement").send().await?.text().await?;
    /// # Ok(()) }
    /// ```
    pub fn get(&self, path: &str) -> Request {
        Request::new(self.clone(), Method::GET, path)
    }

    /// Starts a POST request. `path` is appended to the setting `url`; if it is empty, the request
    /// goes to that URL itself.
    ///
    /// ```no_run
    /// # async fn f(client: ics_entitlement::Client) -> Result<(), ics_entitlement::Unavailable> {
    /// let device = serde_json::json!({"device": "42"});
    /// let text = client.post("/v1/entitlement").json(&device).send().await?.text().await?;
    /// # Ok(()) }
    /// ```
    pub fn post(&self, path: &str) -> Request {
        Request::new(self.clone(), Method::POST, path)
    }

    /// Starts a check of the usual shape: a request for a token if the operator needs one, the question, and which
    /// response means what.
    ///
    /// ```no_run
    /// use ics_entitlement::{Client, Decision, Unavailable};
    ///
    /// async fn check(client: Client) -> Result<Decision, Unavailable> {
    ///     let check = client.check(client.get("/v1/entitlement"));
    ///     Ok(check.allow("/entitled", true).deny("/entitled", false).decide().await?)
    /// }
    /// ```
    pub fn check(&self, question: Request) -> CheckBuilder {
        CheckBuilder::new(question)
    }

    /// Reads the plugin's own settings, as [`Context::settings`] does.
    ///
    /// # Errors
    /// If the table `[plugin]` is not of type `T`; the error has file, line and column.
    ///
    /// ```no_run
    /// # use ics_entitlement::{Client, Decision, Unavailable};
    /// #[derive(serde::Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Own {
    ///     /// What the operator's server is asked; `/v1/entitlement` if the settings do not say.
    ///     path: Option<String>,
    /// }
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Reply { entitled: bool }
    /// async fn check(client: Client) -> Result<Decision, Unavailable> {
    ///     let own: Own = client.settings()?;
    ///     let path = own.path.as_deref().unwrap_or("/v1/entitlement");
    ///     let reply: Reply = client.get(path).send().await?.json().await?;
    ///     Ok(Decision::from(reply.entitled))
    /// }
    /// ```
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        self.context.settings()
    }

    /// The context of the call that this client belongs to.
    ///
    /// ```no_run
    /// # fn f(client: ics_entitlement::Client) {
    /// let left = client.context().time_left();
    /// # }
    /// ```
    pub fn context(&self) -> &Context {
        &self.context
    }
}

// Here and not beside `Context`, which must not depend on the client.
impl Context {
    /// The HTTP client, for [`block_on`](Self::block_on).
    ///
    /// ```no_run
    /// # use ics_entitlement::{Context, Decision, Unavailable};
    /// # #[derive(serde::Deserialize)]
    /// # struct Reply { entitled: bool }
    /// fn check(context: &Context) -> Result<Decision, Unavailable> {
    ///     let client = context.client();
    ///     let reply: Reply =
    ///         context.block_on(async { client.get("/v1/entitlement").send().await?.json().await })??;
    ///     Ok(Decision::from(reply.entitled))
    /// }
    /// ```
    pub fn client(&self) -> Client {
        Client {
            context: self.clone(),
        }
    }
}

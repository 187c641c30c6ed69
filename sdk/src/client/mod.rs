//! The HTTP client: it asks one server, and an answer that is not whole and in order is none.

mod crypto;
mod dns;
mod error;
mod request;
mod response;
mod retry;
mod tls;

use std::path::Path;

use reqwest::{Method, Proxy, redirect};
use serde::de::DeserializeOwned;

pub use error::{ClientError, Transport};
pub use request::Request;
pub use response::Response;

use crate::config::{Settings, SettingsError};
use crate::{Context, client};

/// Asks the operator's server.
///
/// It speaks https only, unless the settings say otherwise; follows no redirect; takes proxies
/// from the settings and never from the environment; reads no body beyond the limit; and is cut
/// off at the call's deadline.
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
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }

    /// A GET request. `path` is joined to the setting `url`; empty, it is that URL itself.
    ///
    /// ```no_run
    /// # async fn f(client: ics_entitlement::Client) -> Result<(), ics_entitlement::Unavailable> {
    /// let text = client.get("/v1/entitlement").send().await?.text().await?;
    /// # Ok(()) }
    /// ```
    pub fn get(&self, path: &str) -> Request {
        Request::new(self.clone(), Method::GET, path)
    }

    /// A POST request. `path` is joined to the setting `url`; empty, it is that URL itself.
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

    /// Reads the author's own settings, as [`Context::settings`] does.
    ///
    /// # Errors
    /// If the table `[plugin]` is not of type `T`, with file, line and column.
    ///
    /// ```no_run
    /// # use ics_entitlement::{Client, Decision, Unavailable};
    /// #[derive(serde::Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Own {
    ///     account: String,
    /// }
    ///
    /// async fn check(client: Client) -> Result<Decision, Unavailable> {
    ///     let own: Own = client.settings()?;
    ///     let text = client.get(&format!("/v1/{}", own.account)).send().await?.text().await?;
    ///     Ok(Decision::from(text == "yes"))
    /// }
    /// ```
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        self.context.settings()
    }

    /// The call that this client is for.
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

/// What is kept of a client between calls. It has no open connection and belongs to no runtime.
#[derive(Debug)]
pub(crate) struct Http(reqwest::Client);

impl Http {
    pub(crate) fn new(
        settings: &Settings,
        folder: &Path,
        ca: &'static [u8],
    ) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(client::tls::config(settings, folder, ca)?)
            .https_only(!settings.allow_http)
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("ics-entitlement/", env!("CARGO_PKG_VERSION")))
            // What is left of the deadline then is for tidying up.
            .dns_resolver(dns::Resolver {
                patience: settings.deadline().mul_f64(0.8),
            })
            // A connection belongs to the runtime of one call, so none is kept, and none lives
            // long enough to be watched over by TCP.
            .pool_max_idle_per_host(0)
            .tcp_keepalive(None)
            .tcp_keepalive_interval(None)
            .tcp_keepalive_retries(None)
            .tcp_user_timeout(None)
            // Divided by the number of the server's addresses, so that a dead one leaves time.
            .connect_timeout(settings.deadline())
            .local_address(settings.source_address);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(interface) = &settings.interface {
            builder = builder.interface(interface);
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        if settings.interface.is_some() {
            return Err(ClientError::setting(
                "interface",
                "it is only to be had on Linux",
            ));
        }
        if let Some(proxy) = &settings.proxy {
            let proxy = Proxy::all(proxy)
                .map_err(|error| ClientError::setting("proxy", error.to_string()))?;
            builder = builder.proxy(proxy);
        }
        builder
            .build()
            .map(Self)
            .map_err(ClientError::from_transport)
    }
}

//! The HTTP transport: what is made from the settings alone ([`Http`]), and what the requests of one call share
//! ([`Session`]). It must not depend on a call's context.

mod crypto;
mod dns;
mod error;
mod session;
mod tls;

use std::path::Path;

use reqwest::{Proxy, redirect};

use crate::config::Settings;
pub use error::{ClientError, Phase, Transport};
pub(crate) use session::Session;

/// What the clients of all calls have in common.
///
/// It has no open connection and belongs to no runtime, so it can be cached between calls.
#[derive(Debug)]
pub(crate) struct Http {
    /// Its copies share the store of TLS sessions.
    tls: rustls::ClientConfig,
    proxy: Option<Proxy>,
}

impl Http {
    pub(crate) fn new(settings: &Settings, folder: &Path, ca: &[u8]) -> Result<Self, ClientError> {
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        if settings.interface.is_some() {
            return Err(ClientError::setting(
                "interface",
                "it is only available on Linux",
            ));
        }
        let proxy = settings.proxy.as_ref().map(Proxy::all).transpose();
        Ok(Self {
            tls: tls::config(settings, folder, ca)?,
            proxy: proxy.map_err(|error| ClientError::setting("proxy", error.to_string()))?,
        })
    }

    /// The client of one call.
    ///
    /// A connection belongs to the call's runtime: a client that was kept would offer the next call a connection that
    /// no runtime serves.
    fn client(
        &self,
        settings: &Settings,
        resolver: dns::Resolver,
    ) -> Result<reqwest::Client, ClientError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .https_only(!settings.allow_http)
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("ics-entitlement/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(resolver)
            // For the next request of the same call. No call is long enough for a limit on idle time or for TCP
            // keep-alive.
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(None)
            .tcp_keepalive(None)
            .tcp_keepalive_interval(None)
            .tcp_keepalive_retries(None)
            // reqwest divides it by the number of addresses, so an unreachable one leaves time for
            // the others.
            .connect_timeout(settings.deadline())
            .local_address(settings.source_address);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            builder = builder.tcp_user_timeout(None);
            if let Some(interface) = &settings.interface {
                builder = builder.interface(interface);
            }
        }
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        builder.build().map_err(ClientError::from_transport)
    }
}

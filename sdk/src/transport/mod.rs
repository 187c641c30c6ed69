//! The HTTP transport: everything of the client that is made from the settings alone.
//!
//! It has no open connection and belongs to no runtime, so it can be cached between calls. It must
//! not depend on a call's context.

mod crypto;
mod dns;
mod error;
mod tls;

use std::path::Path;

use reqwest::{Proxy, redirect};

use crate::config::Settings;
pub use error::{ClientError, Transport};

/// A reqwest client with the settings applied.
#[derive(Debug)]
pub(crate) struct Http(pub(crate) reqwest::Client);

impl Http {
    pub(crate) fn new(
        settings: &Settings,
        folder: &Path,
        ca: &'static [u8],
    ) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(settings, folder, ca)?)
            .https_only(!settings.allow_http)
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("ics-entitlement/", env!("CARGO_PKG_VERSION")))
            // The rest of the deadline is for joining the look-up's thread.
            .dns_resolver(dns::Resolver {
                time_limit: settings.deadline().mul_f64(0.8),
            })
            // A connection belongs to the runtime of one call, so none is pooled, and none lives
            // long enough for TCP keep-alive.
            .pool_max_idle_per_host(0)
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
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        if settings.interface.is_some() {
            return Err(ClientError::setting(
                "interface",
                "it is only available on Linux",
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

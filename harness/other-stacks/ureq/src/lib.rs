//! carrier-json with ureq. ureq would call getaddrinfo on a thread that it cannot end, so it is given the addresses.

use std::sync::Arc;
use std::time::Instant;

use careful::{Response, remaining};
use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// Whether the device may share its connection.
#[unsafe(no_mangle)]
pub extern "C" fn IsEntitled() -> i32 {
    careful::call(ask)
}

fn ask(deadline: Instant) -> Option<Response> {
    let agent = agent(deadline)?;
    let request = agent
        .post(careful::URL)
        .header("Accept", "application/json")
        .content_type("application/json");
    let mut response = request.send("{}").ok()?;
    // ureq accepts a body up to the end of the connection, whether that end was signed by close_notify or not.
    let has_length = response.headers().contains_key("content-length")
        || response.headers().contains_key("transfer-encoding");
    // The request offers no content coding.
    if !has_length || response.headers().contains_key("content-encoding") {
        return None;
    }
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let status = response.status().as_u16();
    let body = response
        .body_mut()
        .with_config()
        .limit(careful::LONGEST_BODY)
        .read_to_vec()
        .ok()?;
    Some(Response {
        status,
        content_type,
        body,
    })
}

fn agent(deadline: Instant) -> Option<Agent> {
    let pem = careful::pem()?;
    let roots = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        Ok(_) | Err(_) => None,
    });
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::from(roots))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .https_only(true)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .user_agent("other-stack-ureq/0.1")
        .timeout_global(Some(remaining(deadline)?))
        .build();
    Some(Agent::with_parts(
        config,
        DefaultConnector::default(),
        Bounded { deadline },
    ))
}

/// ureq's list has no more room.
const MOST_ADDRESSES: usize = 16;

/// The look-up within the deadline.
#[derive(Debug)]
struct Bounded {
    deadline: Instant,
}

impl Resolver for Bounded {
    fn resolve(
        &self,
        uri: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let port = uri.port_u16().unwrap_or(443);
        let mut addresses = self.empty();
        for address in careful::lookup(host, self.deadline)
            .into_iter()
            .take(MOST_ADDRESSES)
        {
            addresses.push((address, port).into());
        }
        if addresses.is_empty() {
            Err(Error::HostNotFound)
        } else {
            Ok(addresses)
        }
    }
}

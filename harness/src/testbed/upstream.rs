//! A real server that responds in place of the profile: the test bed passes requests on to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::profile::{CannedResponse, Request};

/// The longest response, in bytes.
const MAX_BODY: usize = 4 << 20;

/// How long one exchange may take: as long as a slow server does, and less than a user would wait.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A server that requests are passed on to. It is reached from outside of the plugin's network.
#[derive(Debug)]
pub struct Upstream {
    /// The URL as the user wrote it, without a slash at the end.
    pub url: String,
    secure: bool,
    /// The name in the URL, for the handshake and the Host header.
    host: String,
    port: u16,
    /// What the path of every request begins with.
    base: String,
    addresses: Vec<SocketAddr>,
    tls: Arc<ClientConfig>,
}

/// How the reason begins for which a request could not be passed on.
pub(crate) const NO_RESPONSE: &str = "no response from the real server";

/// How the remark begins that a real server did not permit what the scenario permits.
pub(crate) const NO_PERMISSION: &str = "the real server sent";

/// Why a request could not be passed on.
#[derive(Debug, thiserror::Error)]
#[error("{NO_RESPONSE} {url}: {reason}")]
pub struct UpstreamError {
    url: String,
    reason: String,
}

/// Parts of an http or https URL.
#[derive(Debug, PartialEq, Eq)]
pub struct UrlParts {
    pub secure: bool,
    pub host: String,
    pub port: u16,
    pub path: String,
}

/// Reads an http or https URL without credentials, query or fragment.
///
/// # Errors
/// What is expected instead.
pub fn parse_url(url: &str) -> Result<UrlParts, String> {
    let uri: hyper::Uri = url.parse().map_err(|error| {
        format!("it is no URL ({error}); write for example https://test.operator.example:8443")
    })?;
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => {
            return Err(
                "write an http or https URL, such as https://test.operator.example".to_owned(),
            );
        }
    };
    let authority = uri.authority().ok_or("the URL names no host")?;
    if authority.as_str().contains('@') || uri.query().is_some() {
        return Err("write a URL without credentials and without a query".to_owned());
    }
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    Ok(UrlParts {
        secure,
        host: authority.host().to_owned(),
        port,
        path: uri.path().trim_end_matches('/').to_owned(),
    })
}

impl Upstream {
    /// A server at these addresses. `roots` are what it is trusted by.
    ///
    /// # Errors
    /// If the URL is none, or no root can be used.
    pub fn new(
        url: &str,
        addresses: Vec<SocketAddr>,
        roots: &[CertificateDer<'static>],
    ) -> Result<Self, String> {
        let UrlParts {
            secure,
            host,
            port,
            path,
        } = parse_url(url)?;
        let mut store = RootCertStore::empty();
        let (usable, _) = store.add_parsable_certificates(roots.iter().cloned());
        if secure && usable == 0 {
            return Err("there is no root certificate to check the server with; name one with --upstream-ca".to_owned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            secure,
            host,
            port,
            base: path,
            addresses,
            tls: Arc::new(tls),
        })
    }

    /// Passes a request on, and returns the response.
    ///
    /// # Errors
    /// If there is none in time, or it is longer than 4 MiB.
    pub(crate) async fn pass_on(&self, request: &Request) -> Result<CannedResponse, UpstreamError> {
        let failed = |reason: String| UpstreamError {
            url: self.url.clone(),
            reason,
        };
        match tokio::time::timeout(TIMEOUT, self.exchange(request)).await {
            Ok(result) => result.map_err(failed),
            Err(_) => Err(failed(format!("no answer within {} s", TIMEOUT.as_secs()))),
        }
    }

    async fn exchange(&self, request: &Request) -> Result<CannedResponse, String> {
        let stream = self.connect().await?;
        if !self.secure {
            return self.send(TokioIo::new(stream), request).await;
        }
        let host = self
            .host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, stream)
            .await
            .map_err(|error| format!("the TLS handshake failed: {error}"))?;
        self.send(TokioIo::new(stream), request).await
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        let mut last = "it has no address".to_owned();
        for address in &self.addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = format!("cannot connect to {address}: {error}"),
            }
        }
        Err(last)
    }

    async fn send(
        &self,
        io: impl Read + Write + Unpin + Send + 'static,
        request: &Request,
    ) -> Result<CannedResponse, String> {
        let (mut sender, connection) = http1::handshake(io)
            .await
            .map_err(|error| error.to_string())?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(self.translated(request)?).await;
        let response = response.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_BODY)
            .collect()
            .await
            .map_err(|error| format!("the body cannot be read: {error}"))?;
        connection.abort();
        let text = |value: &hyper::header::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let own = [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION];
        Ok(CannedResponse {
            status: head.status.as_u16(),
            content_type: head.headers.get(CONTENT_TYPE).map(text).unwrap_or_default(),
            headers: head
                .headers
                .iter()
                .filter(|(name, _)| !own.contains(name) && !is_of_connection(name.as_str()))
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: body.to_bytes().to_vec(),
        })
    }

    /// The request as the server gets it: for its own host, and otherwise as the plugin sent it.
    fn translated(&self, request: &Request) -> Result<hyper::Request<Full<Bytes>>, String> {
        let path = match request.target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
            None => &request.target,
        };
        let default = if self.secure { 443 } else { 80 };
        let host = match self.port {
            port if port == default => self.host.clone(),
            port => format!("{}:{port}", self.host),
        };
        let mut builder = hyper::Request::builder()
            .method(request.method.as_str())
            .uri(format!("{}{path}", self.base))
            .header(HOST, host);
        for (name, value) in &request.headers {
            let own = ["host", "content-length", "transfer-encoding"].contains(&name.as_str());
            if !own && !is_of_connection(name) {
                builder = builder.header(name, value);
            }
        }
        builder
            .body(Full::new(Bytes::from(request.body.clone())))
            .map_err(|error| error.to_string())
    }
}

/// Whether a header field is about one connection (RFC 9110, section 7.6.1).
fn is_of_connection(name: &str) -> bool {
    [
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "upgrade",
        "trailer",
    ]
    .contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_divided() {
        let parts = parse_url("https://test.operator.example:8443/v1/").unwrap();
        assert_eq!((parts.secure, parts.port), (true, 8443));
        assert_eq!(
            (parts.host.as_str(), parts.path.as_str()),
            ("test.operator.example", "/v1")
        );
        assert_eq!(parse_url("http://[::1]:80").unwrap().host, "[::1]");
        for wrong in [
            "ftp://a",
            "test.operator.example",
            "https://user@host",
            "https://a/?b",
            "",
        ] {
            assert!(parse_url(wrong).is_err(), "{wrong}");
        }
    }
}

//! The arguments that name a real server behind the test bed.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ics_device::printable;
use rustls::pki_types::CertificateDer;

use super::Failure;
use crate::testbed::upstream::{Upstream, parse_url};

/// A real server that responds in place of the profile.
#[derive(Debug, Args)]
#[command(next_help_heading = "Test bed")]
pub(crate) struct UpstreamArgs {
    /// Pass the plugin's requests on to this server, such as `https://test.operator.example:8443`, instead of answering them.
    /// It is reached from outside of the plugin's private network.
    #[arg(long, value_name = "URL", alias = "server")]
    upstream: Option<String>,
    /// The address of the server's host, instead of asking the system's resolver: `HOST:ADDRESS`.
    #[arg(long, value_name = "HOST:ADDRESS", requires = "upstream", value_parser = resolve)]
    resolve: Vec<(String, IpAddr)>,
    /// A PEM file with the certificates that the server is trusted by [default: the system's].
    #[arg(long, value_name = "FILE", requires = "upstream")]
    upstream_ca: Option<PathBuf>,
}

/// For clap: a host and its address.
fn resolve(text: &str) -> Result<(String, IpAddr), String> {
    let expected =
        || "write a host and its address, such as test.operator.example:192.0.2.7".to_owned();
    let (host, address) = text.split_once(':').ok_or_else(expected)?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), address.parse().map_err(|_| expected())?))
}

impl UpstreamArgs {
    /// The files that are read, which no output may overwrite.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.upstream_ca.iter()
    }

    /// The server, if one is named. The system's resolver and roots are read now: in the test bed they are covered.
    pub(crate) fn upstream(&self) -> Result<Option<Arc<Upstream>>, Failure> {
        let Some(url) = &self.upstream else {
            return Ok(None);
        };
        let usage = |reason: String| Failure::Usage(format!("--upstream {url}: {reason}"));
        let parts = parse_url(url).map_err(usage)?;
        if let Some((host, _)) = self.resolve.iter().find(|(host, _)| *host != parts.host) {
            return Err(usage(format!(
                "its host is {}, and --resolve names {host}; name the address of that host",
                parts.host
            )));
        }
        if !parts.secure && self.upstream_ca.is_some() {
            return Err(usage(
                "it is cleartext HTTP, for which --upstream-ca has no use; write an https URL, or leave it out".to_owned(),
            ));
        }
        let named = self.resolve.iter().find(|(host, _)| *host == parts.host);
        let addresses: Vec<SocketAddr> = match named {
            Some((_, address)) => vec![(*address, parts.port).into()],
            None => {
                let host = parts.host.trim_start_matches('[').trim_end_matches(']');
                let found = (host, parts.port).to_socket_addrs();
                found
                    .map_err(|error| usage(format!("the host cannot be resolved ({error}); name its address with --resolve {}:ADDRESS", parts.host)))?
                    .collect()
            }
        };
        let roots = if parts.secure {
            self.roots()?
        } else {
            Vec::new()
        };
        Upstream::new(url, addresses, &roots)
            .map(|upstream| Some(Arc::new(upstream)))
            .map_err(usage)
    }

    fn roots(&self) -> Result<Vec<CertificateDer<'static>>, Failure> {
        let Some(file) = &self.upstream_ca else {
            return Ok(rustls_native_certs::load_native_certs().certs);
        };
        let failed = |reason: String| {
            Failure::Usage(format!("--upstream-ca {}: {reason}", printable::path(file)))
        };
        let text = std::fs::read(file).map_err(|error| {
            failed(format!(
                "{error}; name a PEM file with the certificates that the server is trusted by"
            ))
        })?;
        let blocks = pem::parse_many(text).map_err(|error| failed(error.to_string()))?;
        let certificates = blocks
            .into_iter()
            .filter(|block| block.tag() == "CERTIFICATE");
        let all: Vec<_> = certificates
            .map(|block| CertificateDer::from(block.into_contents()))
            .collect();
        match all.as_slice() {
            [] => Err(failed(
                "it holds no certificate; name a PEM file".to_owned(),
            )),
            _ => Ok(all),
        }
    }
}

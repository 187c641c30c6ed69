//! The name look-up for stacks that would call getaddrinfo, which has no time limit, or run it on a thread that outlives
//! the call. Everything that is started here is dropped before it returns.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;

use crate::remaining;

/// How long one name server is waited for.
const ONE_SERVER: Duration = Duration::from_secs(3);

/// The addresses of a host, from the system's name servers. There may be none.
pub fn lookup(host: &str, deadline: Instant) -> Vec<IpAddr> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return Vec::new();
    };
    runtime.block_on(async {
        let Some(left) = remaining(deadline) else {
            return Vec::new();
        };
        let Ok(mut builder) = TokioResolver::builder_tokio() else {
            return Vec::new();
        };
        let options = builder.options_mut();
        options.timeout = ONE_SERVER;
        options.attempts = 1;
        options.cache_size = 0;
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        let Ok(resolver) = builder.build() else {
            return Vec::new();
        };
        // With the root's dot the search list is not used.
        match tokio::time::timeout(left, resolver.lookup_ip(format!("{host}."))).await {
            Ok(Ok(addresses)) => addresses.iter().collect(),
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    })
}

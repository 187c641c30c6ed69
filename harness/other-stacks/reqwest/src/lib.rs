//! carrier-json with reqwest's blocking client. Its runtime has a thread of its own, which is joined when the client is
//! dropped. With getaddrinfo that thread would start others, which are not, so the addresses are looked up before.

use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use careful::{Response, remaining};
use reqwest::blocking::Client;
use reqwest::{Certificate, redirect, retry};

/// Whether the device may share its connection.
#[unsafe(no_mangle)]
pub extern "C" fn IsEntitled() -> i32 {
    careful::call(ask)
}

/// The time that is left for the TLS handshake and the response when no address could be connected to earlier.
const AFTER_CONNECT: Duration = Duration::from_millis(500);

fn ask(deadline: Instant) -> Option<Response> {
    let addresses: Vec<SocketAddr> = careful::lookup(careful::HOST, deadline)
        .into_iter()
        .map(|address| (address, 0).into())
        .collect();
    if addresses.is_empty() {
        return None;
    }
    let client = client(&addresses, remaining(deadline)?)?;
    let request = client
        .post(careful::URL)
        .header("Accept", "application/json")
        .header("Content-Type", "application/json");
    let response = request.body("{}").send().ok()?;
    // The request offers no content coding.
    if response.headers().contains_key("content-encoding") {
        return None;
    }
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let status = response.status().as_u16();
    let body = read_body(response, deadline)?;
    Some(Response {
        status,
        content_type,
        body,
    })
}

/// Reads the body until the deadline. The blocking client's time limit begins anew with each read, so a body that arrives
/// byte by byte would never end. A last read may still wait as long as the whole call was given.
fn read_body(mut response: impl Read, deadline: Instant) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let mut piece = [0; 4096];
    loop {
        remaining(deadline)?;
        match response.read(&mut piece).ok()? {
            0 => return Some(body),
            length => body.extend_from_slice(&piece[..length]),
        }
        if body.len() as u64 > careful::LONGEST_BODY {
            return None;
        }
    }
}

fn client(addresses: &[SocketAddr], left: Duration) -> Option<Client> {
    // The process may have several providers; without a default, the client could not be built. This library has its own
    // copy of rustls, so the default is not the host's. It is set once: later calls find it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = Certificate::from_pem_bundle(&careful::pem()?).ok()?;
    Client::builder()
        .tls_certs_only(roots)
        .https_only(true)
        .http1_only()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .user_agent("other-stack-reqwest/0.1")
        .resolve_to_addrs(careful::HOST, addresses)
        .connect_timeout(left.saturating_sub(AFTER_CONNECT))
        .timeout(left)
        .build()
        .ok()
}

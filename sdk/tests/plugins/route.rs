//! The settings that control the route of a request: source address, interface and proxy.

use std::net::{IpAddr, Ipv4Addr};

use ics_entitlement::{ClientError, Context};

use crate::support::recording_proxy::{RecordedRequest, RecordingProxy};
use crate::support::server::{self, Server};

/// Sends a request to `url`, which may be cleartext HTTP, and returns the text of the response.
fn ask(url: &str, settings: &str) -> Result<String, ClientError> {
    let text = format!("url = \"{url}\"\nallow_http = true\n{settings}");
    let context = Context::from_settings(&text).unwrap();
    let client = context.client();
    context
        .block_on(async { client.get("/yes").send().await?.text().await })
        .unwrap()
}

#[test]
fn the_source_address_is_used() {
    let server = RecordingProxy::new();
    let url = format!("http://127.0.0.1:{}", server.port());
    assert_eq!(ask(&url, "").unwrap(), "yes");
    assert_eq!(ask(&url, "source_address = \"127.0.0.7\"").unwrap(), "yes");
    let from: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.from)
        .collect();
    let expected = [[127, 0, 0, 1], [127, 0, 0, 7]].map(|address| IpAddr::V4(address.into()));
    assert_eq!(from, expected);

    // An address reserved for documentation (RFC 5737), which no interface has.
    let refused = ask(&url, "source_address = \"192.0.2.7\"");
    assert!(
        matches!(refused, Err(ClientError::Transport(_))),
        "{refused:?}"
    );
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn the_interface_is_used_or_the_request_fails() {
    let server = RecordingProxy::new();
    let url = format!("http://127.0.0.1:{}", server.port());
    assert_eq!(ask(&url, "interface = \"lo\"").unwrap(), "yes");
    let refused = ask(&url, "interface = \"missing0\"");
    assert!(
        matches!(refused, Err(ClientError::Transport(_))),
        "{refused:?}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_proxy_gets_cleartext_requests() {
    let proxy = RecordingProxy::new();
    let settings = format!("proxy = \"http://127.0.0.1:{}\"", proxy.port());
    // Only the proxy looks up the name.
    let answer = ask("http://entitlement.invalid", &settings);
    assert_eq!(answer.unwrap(), "yes");
    let request = RecordedRequest {
        from: Ipv4Addr::LOCALHOST.into(),
        line: "GET http://entitlement.invalid/yes HTTP/1.1".to_owned(),
    };
    assert_eq!(proxy.requests(), [request]);
}

#[test]
fn a_proxy_tunnels_https() {
    let proxy = RecordingProxy::new();
    let server = Server::https(|_| server::text("yes"));
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, server.ca()).unwrap();
    let url = format!("https://localhost:{}", server.port());
    let settings = format!(
        "ca = [{ca:?}]\nproxy = \"http://127.0.0.1:{}\"",
        proxy.port()
    );
    assert_eq!(ask(&url, &settings).unwrap(), "yes");
    let lines: Vec<_> = proxy
        .requests()
        .into_iter()
        .map(|request| request.line)
        .collect();
    assert_eq!(
        lines,
        [format!("CONNECT localhost:{} HTTP/1.1", server.port())]
    );
    assert_eq!(server.requests(), 1);
}

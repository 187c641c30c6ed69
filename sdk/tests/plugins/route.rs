//! Which way a request takes: source address, interface and proxy, as the settings say.

use std::net::{IpAddr, Ipv4Addr};

use ics_entitlement::{ClientError, Context};

use crate::support::server::{self, Server};
use crate::support::witness::{Visit, Witness};

/// Asks `url` with some settings, in clear if need be.
fn ask(url: &str, settings: &str) -> Result<String, ClientError> {
    let text = format!("url = \"{url}\"\nallow_http = true\n{settings}");
    let context = Context::from_settings(&text).unwrap();
    let client = context.client();
    context
        .block_on(async { client.get("/yes").send().await?.text().await })
        .unwrap()
}

#[test]
fn a_request_goes_out_from_the_source_address() {
    let witness = Witness::new();
    let url = format!("http://127.0.0.1:{}", witness.port());
    assert_eq!(ask(&url, "").unwrap(), "yes");
    assert_eq!(ask(&url, "source_address = \"127.0.0.7\"").unwrap(), "yes");
    let from: Vec<_> = witness.visits().iter().map(|visit| visit.from).collect();
    let expected = [[127, 0, 0, 1], [127, 0, 0, 7]].map(|address| IpAddr::V4(address.into()));
    assert_eq!(from, expected);

    // An address of documentation's, which this machine does not have.
    let refused = ask(&url, "source_address = \"192.0.2.7\"");
    assert!(
        matches!(refused, Err(ClientError::Transport(_))),
        "{refused:?}"
    );
    assert_eq!(witness.visits().len(), 2);
}

#[test]
fn a_request_goes_out_by_the_interface_or_not_at_all() {
    let witness = Witness::new();
    let url = format!("http://127.0.0.1:{}", witness.port());
    assert_eq!(ask(&url, "interface = \"lo\"").unwrap(), "yes");
    let refused = ask(&url, "interface = \"missing0\"");
    assert!(
        matches!(refused, Err(ClientError::Transport(_))),
        "{refused:?}"
    );
    assert_eq!(witness.visits().len(), 1);
}

#[test]
fn a_proxy_is_asked_for_what_is_in_clear() {
    let proxy = Witness::new();
    let settings = format!("proxy = \"http://127.0.0.1:{}\"", proxy.port());
    // The proxy alone has to know the name.
    let answer = ask("http://entitlement.invalid", &settings);
    assert_eq!(answer.unwrap(), "yes");
    let visit = Visit {
        from: Ipv4Addr::LOCALHOST.into(),
        line: "GET http://entitlement.invalid/yes HTTP/1.1".to_owned(),
    };
    assert_eq!(proxy.visits(), [visit]);
}

#[test]
fn a_proxy_connects_through_and_sees_nothing_of_https() {
    let proxy = Witness::new();
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
    let lines: Vec<_> = proxy.visits().into_iter().map(|visit| visit.line).collect();
    assert_eq!(
        lines,
        [format!("CONNECT localhost:{} HTTP/1.1", server.port())]
    );
    assert_eq!(server.requests(), 1);
}

//! Each fault changes what some response means, and the protocol without a fault does not.

use std::time::{Duration, Instant};

use ics_entitlement::{Context, Decision};
use sample_testing::{Reply, Server};

use super::check;

const JSON: &str = "application/vnd.gsma.eap-relay.v1.0+json";
const XML: &str = "text/vnd.wap.connectivity-xml";
const VERS: &str = r#"<characteristic type="VERS"><parm name="version" value="1"/><parm name="validity" value="60"/></characteristic>"#;

fn application(id: &str, status: &str) -> String {
    format!(
        "<characteristic type=\"APPLICATION\"><parm name=\"AppID\" value=\"{id}\"/>\
         <parm name=\"EntitlementStatus\" value=\"{status}\"/></characteristic>"
    )
}

fn document(content: &str) -> Reply {
    let body = format!("<wap-provisioningdoc>{VERS}{content}</wap-provisioningdoc>");
    Reply::status(200).body(XML, body)
}

fn ours(status: &str) -> Reply {
    document(&application("ap2099", status))
}

fn with_status(status: u16) -> Reply {
    Reply::status(status).body(JSON, r#"{"ap2099":{"EntitlementStatus":"1"}}"#)
}

/// What the plugin decides, and how often it asks.
fn asked(fault: &str, reply: &Reply) -> (Option<Decision>, usize) {
    let reply = reply.clone();
    let server = Server::start(move |_| reply.clone());
    let settings = format!(
        "url = \"{}\"\nallow_http = true\ndeadline = \"500ms\"",
        server.url()
    );
    let context = Context::from_settings(&settings).unwrap();
    let decision = check(fault, &context).expect("there is such a fault").ok();
    (decision, server.requests().len())
}

#[test]
fn each_fault_gives_one_response_another_meaning() {
    let (allowed, denied) = (Some(Decision::Entitled), Some(Decision::NotEntitled));
    let (other, enabled) = (application("ap2004", "1"), application("ap2099", "1"));
    let disabled = application("ap2099", "0");
    let nested = "<characteristic type=\"APPLICATION\"><parm name=\"AppID\" value=\"ap2099\"/>\
        <characteristic type=\"x\"><parm name=\"EntitlementStatus\" value=\"1\"/></characteristic></characteristic>";
    let withdrawn = r#"{"Vers":{"version":"0","validity":"0"},"ap2099":{"EntitlementStatus":"1"}}"#;
    let withdrawn = || Reply::status(200).body(JSON, withdrawn);
    let twice = r#"{"ap2099":{"EntitlementStatus":"1","EntitlementStatus":"0"}}"#;
    let challenge = Reply::status(200).body(JSON, r#"{"eap-relay-packet":"AQEABQE="}"#);
    let case = document(&enabled.replace("EntitlementStatus", "entitlementstatus"));
    let token =
        "<characteristic type=\"TOKEN\"><parm name=\"token\" value=\"a&b\"/></characteristic>";
    let ampersand = document(&format!("{token}{enabled}"));
    let fragment = Reply::status(200).body(XML, format!("<wap-provisioningdoc>{enabled}"));
    let whole = format!("<wap-provisioningdoc>{enabled}</wap-provisioningdoc>");
    let short = Reply::status(200).body("text/vnd.wap.connectivity", whole);
    for (fault, reply, right, wrong) in [
        ("zero-allows", ours("0"), denied, allowed),
        ("incompatible-allows", ours("2"), denied, allowed),
        ("provisioning-allows", ours("3"), denied, allowed),
        ("provisioning-undecided", ours("3"), denied, None),
        ("unknown-status-denies", ours("4"), None, denied),
        (
            "first-application",
            document(&format!("{other}{disabled}")),
            denied,
            allowed,
        ),
        (
            "any-application",
            document(&format!("{disabled}{other}")),
            denied,
            allowed,
        ),
        ("nested-status", document(nested), None, allowed),
        (
            "first-of-two",
            Reply::status(200).body(JSON, twice),
            None,
            allowed,
        ),
        (
            "last-of-two",
            document(&format!("{disabled}{enabled}")),
            None,
            allowed,
        ),
        ("version-allows", document(""), None, allowed),
        ("no-status-denies", document(&other), None, denied),
        ("ignores-version", withdrawn(), None, allowed),
        ("withdrawn-denies", withdrawn(), None, denied),
        ("challenge-denies", challenge, None, denied),
        ("ignores-http-status", with_status(500), None, allowed),
        ("302-denies", with_status(302), None, denied),
        ("400-denies", with_status(400), None, denied),
        ("403-undecided", with_status(403), denied, None),
        ("406-denies", with_status(406), None, denied),
        ("500-denies", with_status(500), None, denied),
        ("503-denies", with_status(503), None, denied),
        ("503-allows", with_status(503), None, allowed),
        ("511-denies", with_status(511), None, denied),
        ("compares-case", case, allowed, None),
        ("strict-ampersands", ampersand, allowed, None),
        ("takes-fragments", fragment, None, allowed),
        ("refuses-short-type", short, allowed, None),
    ] {
        assert_eq!(asked("", &reply).0, right, "without the fault {fault}");
        assert_eq!(asked(fault, &reply).0, wrong, "{fault}");
        // It is one fault: the usual responses keep their meaning.
        assert_eq!(asked(fault, &ours("1")).0, allowed, "{fault}");
        if !fault.starts_with("zero") {
            assert_eq!(asked(fault, &ours("0")).0, denied, "{fault}");
        }
    }
}

#[test]
fn each_fault_of_patience_asks_more_often_or_is_late() {
    let later = |value: &str| Reply::status(503).header("retry-after", value);
    let date = "Fri, 31 Dec 9999 23:59:59 GMT";
    for (fault, reply, right) in [
        ("511-loop", Reply::status(511), 2),
        ("503-loop", later("0"), 2),
        ("503-loop", later("3600"), 1),
        ("503-date-loop", later(date), 1),
    ] {
        assert_eq!(
            asked("", &reply),
            (None, right),
            "without the fault {fault}"
        );
        let (decision, requests) = asked(fault, &reply);
        assert_eq!(decision, None, "{fault}");
        assert!(requests > 5, "{fault}: {requests} requests");
    }
}

#[test]
fn one_fault_waits_beyond_the_deadline() {
    let reply = Reply::status(503).header("retry-after", "1");
    for (fault, is_late) in [("", false), ("503-waits", true)] {
        let started = Instant::now();
        assert_eq!(asked(fault, &reply).0, None, "{fault}");
        assert_eq!(
            started.elapsed() >= Duration::from_secs(1),
            is_late,
            "{fault}"
        );
    }
}

#[test]
fn a_fault_that_does_not_exist_is_no_check() {
    let context = Context::from_settings("").unwrap();
    assert!(check("nonesuch", &context).is_none());
}

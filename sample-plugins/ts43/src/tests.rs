//! Whole calls against a server on loopback: what each status, type and sequence of responses means.

use std::sync::Mutex;

use ics_entitlement::{Check, Context, Decision, Unavailable};
use sample_testing::{Reply, Request, Server};

use crate::check;
use crate::eap::Sim;
use crate::settings::Settings;

const XML: &str = "text/vnd.wap.connectivity-xml";
const RELAY: &str = "application/vnd.gsma.eap-relay.v1.0+json";

/// The compiled-in settings, with more in the table `[plugin]`.
pub(crate) fn settings(more: &str) -> Settings {
    Context::from_settings(&document(None, more))
        .unwrap()
        .settings()
        .unwrap()
}

/// The compiled-in settings for a server in cleartext. Keys of `more` replace those of the table `[plugin]`.
fn document(url: Option<&str>, more: &str) -> String {
    let defaults = include_str!("settings.toml");
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let replaced: Vec<String> = more.lines().map(key).collect();
    let mut kept: Vec<&str> = Vec::new();
    for line in defaults.lines() {
        let is_url = url.is_some() && line.starts_with("url ");
        if !is_url && (line.is_empty() || !replaced.contains(&key(line))) {
            kept.push(line);
        }
    }
    let top = url.map_or_else(String::new, |url| {
        format!("url = \"{url}\"\nallow_http = true\n")
    });
    format!("{top}{}\n{more}\n", kept.join("\n"))
}

fn ask(server: &Server, more: &str) -> Result<Decision, Unavailable> {
    check.check(&Context::from_settings(&document(Some(&server.url()), more)).unwrap())
}

fn xml(status: &str) -> Reply {
    Reply::status(200).body(XML, format!(
        "<wap-provisioningdoc version=\"1.1\"><characteristic type=\"APPLICATION\">\
         <parm name=\"AppID\" value=\"ap2099\"/><parm name=\"EntitlementStatus\" value=\"{status}\"/>\
         </characteristic></wap-provisioningdoc>"
    ))
}

fn json(status: &str) -> Reply {
    let text = format!(
        r#"{{"Vers":{{"version":"1","validity":"60"}},"ap2099":{{"EntitlementStatus":"{status}"}}}}"#
    );
    Reply::status(200).body(RELAY, text)
}

/// A server that sends these responses one after the other.
fn script(replies: impl IntoIterator<Item = Reply>) -> Server {
    let mut replies = replies.into_iter().collect::<Vec<_>>().into_iter();
    Server::start(move |_| replies.next().unwrap_or_else(|| Reply::status(418)))
}

/// The decision after these responses, all of which must have been asked for.
#[track_caller]
fn decision(more: &str, replies: Vec<Reply>) -> Option<Decision> {
    let expected = replies.len();
    let server = script(replies);
    let decision = ask(&server, more).ok();
    assert_eq!(server.requests().len(), expected);
    decision
}

#[test]
fn the_status_of_a_document_decides_in_either_form() {
    for reply in [xml, json] {
        assert_eq!(decision("", vec![reply("1")]), Some(Decision::Entitled));
        for status in ["0", "2", "3"] {
            assert_eq!(
                decision("", vec![reply(status)]),
                Some(Decision::NotEntitled)
            );
        }
        assert_eq!(decision("", vec![reply("4")]), None);
    }
}

#[test]
fn the_types_that_servers_send_are_accepted_and_no_others() {
    let XmlAndJson { xml, json } = XmlAndJson::new();
    let of = |kind: &str, body: &str| decision("", vec![Reply::status(200).body(kind, body)]);
    for kind in [
        XML,
        "text/vnd.wap.connectivity",
        "Text/vnd.wap.Connectivity-XML; charset=utf-8",
    ] {
        assert_eq!(of(kind, &xml), Some(Decision::Entitled), "{kind}");
        assert_eq!(of(kind, &json), None, "{kind}");
    }
    for kind in [RELAY, "application/json"] {
        assert_eq!(of(kind, &json), Some(Decision::Entitled), "{kind}");
        assert_eq!(of(kind, &xml), None, "{kind}");
    }
    for kind in ["text/html", "text/plain", "text/xml"] {
        assert_eq!(of(kind, &xml), None, "{kind}");
        assert_eq!(of(kind, &json), None, "{kind}");
    }
}

/// Both forms of the allow response.
struct XmlAndJson {
    xml: String,
    json: String,
}

impl XmlAndJson {
    fn new() -> Self {
        let application =
            r#"<parm name="AppID" value="ap2099"/><parm name="EntitlementStatus" value="1"/>"#;
        Self {
            xml: format!(
                "<wap-provisioningdoc><characteristic type=\"APPLICATION\">{application}</characteristic></wap-provisioningdoc>"
            ),
            json: r#"{"ap2099":{"EntitlementStatus":"1"}}"#.to_owned(),
        }
    }
}

#[test]
fn of_the_other_statuses_only_403_decides() {
    assert_eq!(
        decision("", vec![Reply::status(403)]),
        Some(Decision::NotEntitled)
    );
    for status in [
        204, 302, 400, 401, 404, 405, 406, 500, 501, 502, 503, 504, 511,
    ] {
        let XmlAndJson { json, .. } = XmlAndJson::new();
        let reply = Reply::status(status)
            .header("location", "/oidc")
            .body(RELAY, json);
        assert_eq!(decision("", vec![reply]), None, "{status}");
    }
}

#[test]
fn get_has_the_parameters_in_the_query_and_says_what_it_accepts() {
    let server = script([json("1")]);
    let decision = ask(&server, "terminal_model = \"a b&c\"\ntoken = \"t\"").unwrap();
    assert_eq!(decision, Decision::Entitled);
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(request.method, "GET");
    assert!(request.target.contains("app=ap2099"), "{}", request.target);
    assert!(
        request.target.contains("terminal_model=a+b%26c"),
        "{}",
        request.target
    );
    assert!(request.target.contains("token=t"), "{}", request.target);
    let accept = format!("{RELAY}, {XML}");
    assert_eq!(request.header("accept"), Some(accept.as_str()));
}

#[test]
fn post_has_the_parameters_in_the_body() {
    let server = script([json("1")]);
    let decision = ask(&server, "method = \"POST\"\ntoken = \"t\"").unwrap();
    assert_eq!(decision, Decision::Entitled);
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/")
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.json()["app"], "ap2099");
    assert_eq!(request.json()["token"], "t");
}

#[test]
fn a_server_that_does_not_know_post_is_asked_with_get_once() {
    for status in [405, 501] {
        let server = script([Reply::status(status), json("1")]);
        assert_eq!(
            ask(&server, "method = \"POST\"").unwrap(),
            Decision::Entitled
        );
        let methods: Vec<_> = server
            .requests()
            .into_iter()
            .map(|request| request.method)
            .collect();
        assert_eq!(methods, ["POST", "GET"]);
        let twice = vec![Reply::status(status), Reply::status(status)];
        assert_eq!(decision("method = \"POST\"", twice), None);
    }
}

#[test]
fn the_server_is_waited_for_once_and_only_within_the_deadline() {
    let later = |value: &str| Reply::status(503).header("retry-after", value);
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    for value in ["0", past] {
        assert_eq!(
            decision("", vec![later(value), json("1")]),
            Some(Decision::Entitled)
        );
        assert_eq!(decision("", vec![later(value), later(value)]), None);
    }
    // None of these is followed by another request.
    for value in ["5", "3600", "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "-1"] {
        assert_eq!(decision("", vec![later(value)]), None, "{value}");
    }
}

#[test]
fn a_stale_token_is_dropped_and_the_subscriber_authenticated_once_more() {
    let more = "token = \"stale\"\nimsi = \"001010000000005\"";
    let server = script([Reply::status(511), json("1")]);
    assert_eq!(ask(&server, more).unwrap(), Decision::Entitled);
    let [first, second] = server.requests().try_into().unwrap();
    assert!(first.target.contains("token=stale"), "{}", first.target);
    assert!(!second.target.contains("token"), "{}", second.target);
    assert!(
        second.target.contains("EAP_ID=0001010000000005%40nai.epc"),
        "{}",
        second.target
    );
    assert_eq!(
        decision(more, vec![Reply::status(511), Reply::status(511)]),
        None
    );
    // There is no token that could be stale.
    assert_eq!(decision("", vec![Reply::status(511)]), None);
}

/// A SIM that answers with the request's bytes in reverse, and remembers them.
#[derive(Default)]
struct Reversing(Mutex<Vec<Vec<u8>>>);

impl Sim for Reversing {
    fn answer(&self, packet: &[u8]) -> Result<Vec<u8>, Unavailable> {
        self.0.lock().unwrap().push(packet.to_vec());
        Ok(packet.iter().rev().copied().collect())
    }
}

/// Asks with that SIM.
fn ask_with(sim: &impl Sim, server: &Server) -> Result<Decision, Unavailable> {
    let settings = document(Some(&server.url()), "imsi = \"001010000000005\"");
    let context = Context::from_settings(&settings).unwrap();
    let client = context.client();
    context.block_on(crate::ask(&client, &client.settings()?, sim))?
}

fn challenge(packet: &str) -> Reply {
    Reply::status(200).body(RELAY, format!(r#"{{"eap-relay-packet":"{packet}"}}"#))
}

#[test]
fn packets_are_relayed_with_the_cookie_until_a_document_comes() {
    let first = challenge("AQID").header("set-cookie", "session=7; Secure; Path=/");
    let server = script([first, challenge(r"BA\/U"), xml("1")]);
    let sim = Reversing::default();
    assert_eq!(ask_with(&sim, &server).unwrap(), Decision::Entitled);
    assert_eq!(*sim.0.lock().unwrap(), [vec![1, 2, 3], vec![4, 15, 212]]);
    let [question, one, two] = server.requests().try_into().unwrap();
    assert!(question.target.contains("EAP_ID=") && question.header("cookie").is_none());
    for (request, packet) in [(one, "AwIB"), (two, "1A8E")] {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("POST", "/")
        );
        assert_eq!(request.header("content-type"), Some(RELAY));
        assert_eq!(request.header("cookie"), Some("session=7"));
        assert_eq!(
            request.json(),
            serde_json::json!({"eap-relay-packet": packet})
        );
    }
}

#[test]
fn an_authentication_that_fails_or_does_not_end_decides_nothing() {
    let endless = Server::start(|_: &Request| challenge("AQID"));
    assert!(ask_with(&Reversing::default(), &endless).is_err());
    assert_eq!(endless.requests().len(), 5);
    for second in [
        Reply::status(403),
        Reply::status(511),
        challenge("no base64"),
    ] {
        let server = script([challenge("AQID"), second]);
        assert!(ask_with(&Reversing::default(), &server).is_err());
    }
}

#[test]
fn without_a_sim_a_challenge_decides_nothing() {
    assert_eq!(
        decision("imsi = \"001010000000005\"", vec![challenge("AQID")]),
        None
    );
}

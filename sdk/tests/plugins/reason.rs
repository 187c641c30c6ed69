//! A host in C that exports `ics_entitlement_reason` is told why there is no decision, and no other host is.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};

use crate::support::plugin::Plugin;
use crate::support::reasons::{told, told_to_another};
use crate::support::server::{self, Server};

#[test]
fn a_mistake_in_the_settings_is_told_with_its_place() {
    let plugin = Plugin::new("deadline = \"5s\"\nurl = 5\n");
    let [reason, answer] = &told(&plugin)[..] else {
        panic!("one reason and one answer");
    };
    let place = format!(
        "reason={}:2:7: ",
        plugin.library().with_extension("toml").display()
    );
    assert!(reason.starts_with(&place), "{reason}");
    assert_eq!(answer, "answer=2");
}

#[test]
fn what_the_server_answered_is_told() {
    fn refuse(_: &Request<Incoming>) -> Response<Full<Bytes>> {
        let mut response = server::json("{}");
        *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
    let server = Server::https(refuse);
    let told = told(&Plugin::asking(&server, "", "ask"));
    assert_eq!(
        told,
        ["reason=the server answered with status 500", "answer=2"]
    );
}

#[test]
fn a_decision_has_no_reason() {
    let server = Server::https(server::allow);
    let told = told(&Plugin::asking(&server, "", "ask"));
    assert_eq!(told, ["answer=0"]);
}

#[test]
fn a_host_that_does_not_export_the_function_is_told_nothing() {
    let plugin = Plugin::new("deadline = \"5s\"\nurl = 5\n");
    assert_eq!(told_to_another(&plugin), ["answer=2"]);
}

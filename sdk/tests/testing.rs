//! The server for unit tests: what a careful check makes of each fault, and what careless ones do.

#![cfg(feature = "testing")]

use ics_entitlement::testing::{Fault, Reply, Server};
use ics_entitlement::{CheckError, Client, ClientError, Context, Decision, Phase, Unavailable};

const SETTINGS: &str = "url = \"https://entitlement.operator.example/api\"";
const TOKEN: &str = "POST /api/token";
const QUESTION: &str = "GET /api/entitlement";

/// A token, then a question.
async fn check(client: Client) -> Result<Decision, Unavailable> {
    let login = serde_json::json!({"device": "42"});
    let decision = client
        .check(client.get("/entitlement"))
        .token(client.post("/token").json(&login), "/access_token")
        .allow("/status", "allowed")
        .deny("/status", "denied")
        .decide()
        .await?;
    Ok(decision)
}

fn server(status: &str) -> Server {
    let server = Server::start();
    let token = r#"{"access_token": "t-1", "token_type": "bearer"}"#;
    server.reply(TOKEN, Reply::json(token));
    server.reply(
        QUESTION,
        Reply::json(&format!(r#"{{"status": "{status}"}}"#)),
    );
    server
}

#[test]
fn the_decision_is_the_servers() {
    let server = server("allowed");
    assert_eq!(server.ask(check, SETTINGS).unwrap(), Decision::Entitled);
    let denied = Reply::json(r#"{"status": "denied"}"#);
    server.reply(QUESTION, denied);
    assert_eq!(server.ask(check, SETTINGS).unwrap(), Decision::NotEntitled);
}

#[test]
fn the_requests_are_recorded() {
    let server = server("allowed");
    assert!(server.ask(check, SETTINGS).is_ok());
    let [token, question] = &server.requests()[..] else {
        panic!("{:?}", server.requests());
    };
    assert_eq!(
        (token.method.as_str(), token.path.as_str()),
        ("POST", "/api/token")
    );
    assert_eq!(token.body, br#"{"device":"42"}"#);
    assert_eq!(question.header("Authorization"), Some("Bearer t-1"));
}

#[test]
fn no_fault_is_a_decision_at_either_step() {
    for status in ["allowed", "denied"] {
        let server = server(status);
        for route in [TOKEN, QUESTION] {
            for fault in Fault::ALL {
                server.fault_at(route, *fault);
                let answer = server.ask(check, SETTINGS);
                assert!(answer.is_err(), "{route}, {fault}: {answer:?}");
            }
        }
        server.no_fault();
        assert!(server.ask(check, SETTINGS).is_ok());
    }
}

/// A fault that a careless check would notice, too, would show nothing about a careful one.
#[test]
fn a_careless_check_decides_in_spite_of_faults_of_the_response() {
    async fn careless(client: Client) -> Result<Decision, Unavailable> {
        let mut request = client.get("/entitlement");
        for status in [204, 302, 404, 500, 503, 511] {
            request = request.accept_status(status);
        }
        let answer = request.send().await?;
        // Neither status nor type nor the rest of the body matters to it.
        let kind = answer.header("content-type").unwrap_or("").to_owned();
        let body = answer.bytes_of(&kind).await?;
        let text = String::from_utf8_lossy(&body);
        Ok(Decision::from(text.contains("allowed")))
    }

    let server = server("allowed");
    for fault in [
        Fault::TrailingData,
        Fault::NotUtf8,
        Fault::WrongType,
        Fault::Redirect,
        Fault::NotFound,
        Fault::ServerError,
        Fault::Overloaded,
        Fault::NetworkAuthentication,
    ] {
        server.fault(fault);
        let answer = server.ask(careless, SETTINGS);
        assert_eq!(answer.unwrap(), Decision::Entitled, "{fault}");
    }
}

#[test]
fn a_portal_s_response_is_a_decision_for_who_reads_the_status_alone() {
    async fn careless(client: Client) -> Result<Decision, Unavailable> {
        let answer = client.get("/entitlement").send().await?;
        Ok(Decision::from(answer.status() == 200))
    }

    let server = server("denied");
    server.fault(Fault::CaptivePortal);
    let answer = server.ask(careless, SETTINGS);
    assert_eq!(answer.unwrap(), Decision::Entitled);
}

#[test]
fn faults_differ_in_the_phase_that_they_end() {
    let server = server("allowed");
    for (fault, phase) in [
        (Fault::Refused, Phase::Connect),
        (Fault::UnknownAuthority, Phase::Tls),
        (Fault::WrongName, Phase::Tls),
        (Fault::CommonNameOnly, Phase::Tls),
        (Fault::Expired, Phase::Tls),
        (Fault::NotYetValid, Phase::Tls),
        (Fault::Cleartext, Phase::Tls),
        (Fault::ClosedWithoutResponse, Phase::Http),
        (Fault::NotHttp, Phase::Http),
        (Fault::TruncatedHead, Phase::Http),
    ] {
        server.fault(fault);
        let error = server.ask(check, SETTINGS).unwrap_err();
        let Some(CheckError::Token(ClientError::Transport(transport))) = error.cause() else {
            panic!("{fault}: {error:?}");
        };
        assert_eq!(transport.phase(), phase, "{fault}: {error}");
    }
    // RFC 2606 reserves the name, so that no one has it.
    let context =
        Context::from_settings("url = \"http://nobody.invalid\"\nallow_http = true").unwrap();
    let asked = context.block_on(context.client().get("").send()).unwrap();
    let Err(ClientError::Transport(transport)) = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(transport.phase(), Phase::LookUp);
}

#[test]
fn only_what_was_named_is_a_decision() {
    async fn check(client: Client) -> Result<Decision, Unavailable> {
        let decision = client
            .check(client.get("/entitlement").accept_status(403))
            .allow("/data/0/entitled", true)
            .deny("/data/0/entitled", false)
            .deny("/code", 1000)
            .decide()
            .await?;
        Ok(decision)
    }

    let server = Server::start();
    let ask = |status: u16, body: &str| {
        server.reply(QUESTION, Reply::new(status, "application/json", body));
        server.ask(check, SETTINGS)
    };
    let decide = |status, body| ask(status, body).unwrap();
    assert_eq!(
        decide(200, r#"{"data": [{"entitled": true}]}"#),
        Decision::Entitled
    );
    assert_eq!(
        decide(200, r#"{"data": [{"entitled": false}]}"#),
        Decision::NotEntitled
    );
    assert_eq!(decide(403, r#"{"code": 1000}"#), Decision::NotEntitled);
    for (status, body) in [
        (200, "true"),
        (200, r#"{"data": [{"entitled": "true"}]}"#),
        (200, r#"{"data": [{"entitled": 1}]}"#),
        (200, r#"{"data": []}"#),
        (200, r#"{"code": "1000"}"#),
        (403, r#"{"data": [{"entitled": true}]}"#),
    ] {
        let error = ask(status, body).unwrap_err();
        assert!(
            matches!(error.cause(), Some(CheckError::Undecided)),
            "{body}: {error}"
        );
    }
    let error = ask(200, r#"{"data": [{"entitled": true}], "code": 1000}"#).unwrap_err();
    assert!(
        matches!(error.cause(), Some(CheckError::Contradiction)),
        "{error}"
    );
    let error = ask(200, r#"{"data": [{"entitled": false, "entitled": true}]}"#).unwrap_err();
    assert!(
        error.to_string().contains("duplicate field `entitled`"),
        "{error}"
    );
}

#[test]
fn what_is_no_bearer_token_is_not_sent() {
    let server = server("allowed");
    for token in [
        r#"{"access_token": ""}"#,
        r#"{"access_token": 5}"#,
        r#"{"token": "t"}"#,
        r#"{"access_token": "t", "token_type": "DPoP"}"#,
        r#"{"access_token": "t", "token_type": null}"#,
    ] {
        server.reply(TOKEN, Reply::json(token));
        let error = server.ask(check, SETTINGS).unwrap_err();
        let cause = error.cause();
        assert!(
            matches!(
                cause,
                Some(CheckError::NoToken(_) | CheckError::TokenType(_))
            ),
            "{token}: {error}"
        );
    }
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.method == "POST")
    );
}
